"""Values as people read them."""

import flask
import flask_babel
import pytest

from app.dashboard import filters


@pytest.fixture(autouse=True)
def english():
    """A request in English, since numbers follow the page's language."""
    app = flask.Flask(__name__)
    flask_babel.Babel(app)
    with app.test_request_context():
        yield


@pytest.mark.parametrize(
    ("value", "digits", "shown"), [(1234567, 0, "1,234,567"), (12.35, 1, "12.4"), (0, 1, "0.0"), (None, 0, "–")]
)
def test_a_number_has_groups_and_a_fixed_number_of_decimals(value, digits, shown):
    """So that it keeps its width; what is missing is a dash, never 0."""
    assert filters.number(value, digits) == shown


@pytest.mark.parametrize(("ratio", "shown"), [(0.5, "50"), (1, "100"), (0.9999, "99"), (None, "–")])
def test_a_share_is_100_only_when_all_is_done(ratio, shown):
    """99.99 % rounded up would say that a job is over."""
    assert filters.percent(ratio) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, ("0", "B")), (999, ("999", "B")), (1_000, ("1.0", "kB")), (214_000_000, ("214", "MB")), (None, ("–", ""))],
)
def test_a_size_is_in_steps_of_a_thousand(count, shown):
    """As disks and networks count."""
    assert filters.size(count) == shown


@pytest.mark.parametrize(
    ("ms", "shown"),
    [
        (0, "0 ms"),
        (999, "999 ms"),
        (4_000, "4 s"),
        (60_000, "1 min"),
        (724_000, "12 min 4 s"),
        (3_600_000, "1 h"),
        (3_660_000, "1 h 1 min"),
        (86_400_000, "1 d"),
        (90_000_000, "1 d 1 h"),
        (None, "–"),
    ],
)
def test_a_span_is_told_in_its_two_greatest_units(ms, shown):
    """12 min 4 s, not 724 s and not 0.2 h."""
    assert filters.duration(ms) == shown


@pytest.mark.parametrize(
    ("moment", "shown"),
    [("14:32:07", "1 s"), ("14:30:00", "2 min"), ("11:00:00", "3 h"), ("14:32:09", "0 s")],
)
def test_an_age_is_told_in_its_greatest_unit(moment, shown):
    """A moment ahead of now, from a clock that is wrong, is 0 s ago."""
    assert filters.since(f"2026-11-23T{moment}.000Z", "2026-11-23T14:32:08.004Z") == shown


@pytest.mark.parametrize(("moment", "shown"), [("23T23:59", "23:59"), ("24T00:05", "24 Nov 2026, 00:05")])
def test_an_end_on_another_day_has_its_day(moment, shown):
    """Two times of day alone may be five minutes or three days and five minutes."""
    assert filters.end(f"2026-11-{moment}:08.000Z", "2026-11-23T14:32:08.004Z") == shown


@pytest.mark.parametrize("address", ["https://shop.example/1", "HTTP://shop.example"])
def test_a_web_address_may_be_followed(address):
    """Http and https, however they are written."""
    assert filters.safe_href(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "data:text/html,x",
        "//host/x",
        "/path",
        "https:",
        "http:/\n/example.com",
        "http://[",
        7,
        None,
    ],
)
@pytest.mark.statement(33)
def test_anything_else_may_not(address):
    """A scraped page must not run a script in ours, nor lead anywhere by surprise."""
    assert filters.safe_href(address) is None


def test_a_long_identifier_keeps_its_tail():
    """The end tells two runs apart; the middle is what gives way."""
    assert (filters.head("0190f3c9-51f0-7b42-8e1c"), filters.tail("0190f3c9-51f0-7b42-8e1c")) == (
        "0190f3c9-51f0-7b4",
        "2-8e1c",
    )
    assert (filters.head("123"), filters.tail("123")) == ("123", "")
