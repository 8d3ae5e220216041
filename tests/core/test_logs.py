"""Log lines."""

import json
import logging

import pytest

from app.core.logs import MINUTE_MS, MOST_A_MINUTE, SparingLog, set_up_logging
from tests.fakes import StoppedClock


@pytest.fixture
def line(capsys):
    """Logs through the shape given and returns what was written."""
    root = logging.getLogger()
    before = (root.level, list(root.handlers))

    def write(shape, message, *args, level="INFO"):
        set_up_logging("INFO", shape)
        logging.getLogger("test").log(getattr(logging, level), message, *args)
        return capsys.readouterr().err

    yield write
    root.setLevel(before[0])
    root.handlers[:] = before[1]


@pytest.mark.parametrize("shape", ["console", "json"])
def test_what_came_from_outside_cannot_begin_a_line_of_its_own(line, shape):
    """Line ends and terminal escapes are written as escapes."""
    written = line(shape, "refused: %s", "x\r\n2026 INFO all is well\x1b[2J")

    assert written.count("\n") == 1
    assert "\x1b" not in written


def test_a_json_line_has_its_parts(line):
    """For programs."""
    written = json.loads(line("json", "%d events", 5, level="WARNING"))

    assert (written["level"], written["logger"], written["message"]) == ("warning", "test", "5 events")
    assert written["time"].endswith("Z")


def test_what_is_below_the_level_is_not_written(line):
    """LOG_LEVEL counts."""
    assert line("console", "detail", level="DEBUG") == ""


def test_warnings_that_strangers_cause_are_few(caplog):
    """The first of a minute are written; those left out are counted in the next."""
    clock = StoppedClock()
    sparing = SparingLog(logging.getLogger("test"), clock)
    for number in range(1_000):
        sparing.warning("A stranger said %s", number)
    assert [record.getMessage() for record in caplog.records] == [f"A stranger said {n}" for n in range(MOST_A_MINUTE)]

    clock.advance(MINUTE_MS)
    sparing.warning("A stranger said %s", "more")
    assert caplog.records[-1].getMessage() == "A stranger said more (990 more like this were not logged)"
    sparing.warning("And")
    assert caplog.records[-1].getMessage() == "And"


@pytest.mark.statement(45)
@pytest.mark.parametrize("shape", ["console", "json"])
def test_no_line_tells_a_secret(line, shape):
    """As console and as JSON."""
    written = line(shape, "Authorization: Bearer %s", "canary")
    assert "canary" not in written
    assert "[redacted]" in written


@pytest.mark.statement(45)
@pytest.mark.parametrize("shape", ["console", "json"])
def test_no_stack_tells_a_secret(line, shape, capsys):
    """What was raised is often raised with an address."""
    line(shape, "begun")
    try:
        int("https://me:canary@host")
    except ValueError:
        logging.getLogger("test").exception("failed")
    written = capsys.readouterr().err
    assert "canary" not in written
    assert "me:[redacted]@host" in written
