"""The file of counted items: whatever a job is called, its count outlives the process."""

import json
import logging

import pytest

from scrapewatch.encoding import encode
from scrapewatch.events import MAX_JOB_ID, MAX_SAFE_INTEGER
from scrapewatch.ids import uuid7
from scrapewatch.tally import Tally, untold

LONGEST = ["\U0001f600", "é", '"', "\\", "\x00"]


@pytest.mark.parametrize("character", LONGEST)
def test_the_longest_id_of_a_job_has_room(tmp_path, character):
    """Also of characters that take the most bytes, escaped or not, and beside the largest counts."""
    path = tmp_path / "tally"
    tally = Tally(uuid7(), path)
    names = [f"{number}{character * (MAX_JOB_ID - 1)}" for number in range(2)]
    for name in names:
        tally.add(encode(name), MAX_SAFE_INTEGER)
    tally.close(remove=False)

    told = [json.loads(payload) for payload in untold(path)]
    assert [(event["jobId"], event["data"]["count"]) for event in told] == [(name, 1) for name in names]


def test_an_id_that_no_server_takes_is_spoken_of(tmp_path, caplog):
    """One that is too long for the file is too long for a job: its count ends with the process, and the log says so."""
    tally = Tally(uuid7(), tmp_path / "tally")
    with caplog.at_level(logging.DEBUG, "scrapewatch.tally"):
        tally.add(encode("x" * 5_000), 1)
    tally.close(remove=True)

    assert "can not be noted" in caplog.text
