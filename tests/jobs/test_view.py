"""The job object that outsiders see."""

import json
import math

import pytest

from app.jobs.ending import estimated_end_ms
from app.jobs.view import job_json
from app.storage.base import Job
from tests.fakes import NOW_MS


def job(**fields):
    return Job("123", 1, created_at=NOW_MS, **{"started_at": NOW_MS, "last_event_at": NOW_MS, **fields})


def test_the_object_has_the_fields_of_the_contract():
    """No name is missing, also for a job of which nothing is known."""
    shown = job_json(Job("x", 1, created_at=NOW_MS), None, NOW_MS)

    assert set(shown) >= {
        "id", "source", "query", "tags", "status", "attempt", "progress", "items", "itemsReported", "errors",
        "itemsPerSecond", "eta", "startedAt", "finishedAt", "duration", "lastEventAt", "worker", "verdict",
    }  # fmt: skip
    assert shown["progress"] == {"done": None, "total": None, "unit": None, "ratio": None}


def test_a_running_job_ends_when_its_average_pace_says():
    """A quarter done in 10 s leaves 30 s."""
    quarter = job(done=25, total=100, last_event_at=NOW_MS + 10_000)

    assert estimated_end_ms(quarter, NOW_MS + 11_000) == NOW_MS + 40_000


def test_there_is_no_estimate_without_a_basis():
    """Nothing done, no total, or already there: rather none than a wrong one."""
    assert all(estimated_end_ms(each, NOW_MS) is None for each in (job(), job(done=0, total=9), job(done=9, total=9)))


@pytest.mark.parametrize(("done", "total"), [(1, 1e10), (5e-324, 1e308), (1e-300, 1), (math.nan, 9)])
def test_an_estimate_of_centuries_is_none(done, total):
    """One page of ten billion in a minute has no end that a calendar knows; the job is shown all the same."""
    endless = job(done=done, total=total, last_event_at=NOW_MS + 60_000)

    assert job_json(endless, None, NOW_MS + 60_000)["eta"] is None


@pytest.mark.parametrize(("status", "estimated"), [("running", True), ("stalled", True), ("lost", False)])
def test_nobody_works_on_a_lost_job_so_it_has_no_end(status, estimated):
    """A stalled one may still get there."""
    half = job(status=status, done=1, total=2, last_event_at=NOW_MS + 60_000)

    assert (job_json(half, None, NOW_MS + 60_000)["eta"] is not None) is estimated


@pytest.mark.parametrize("number", [5e-324, 1e-300, 2.0**63, 1e300, 1.7e308, math.inf, math.nan])
@pytest.mark.parametrize("status", ["running", "completed"])
def test_no_number_breaks_the_object(number, status):
    """Whatever a store holds, what is shown is JSON of a reasonable length."""
    huge = job(status=status, done=number, total=number, duration=number, items=2**53 - 1)

    text = json.dumps(job_json(huge, 1.0, NOW_MS + 1), allow_nan=False)

    assert len(text) < 1_000


def test_an_ended_job_shows_its_average_rate():
    """60 items in 30 s are 2 a second, whatever the last minute was; it has no time left."""
    shown = job_json(job(status="completed", items=60, duration=30_000, done=60, total=99), 0.5, NOW_MS + 99_000)

    assert (shown["itemsPerSecond"], shown["duration"], shown["eta"]) == (2.0, 30_000, None)


def test_a_running_job_shows_how_long_it_has_run():
    """Measured to the present."""
    assert job_json(job(), 1.5, NOW_MS + 4_000)["duration"] == 4_000


def test_the_ratio_never_passes_one():
    """A frontier that shrank under what is done reads as done."""
    assert job_json(job(done=12, total=10), None, NOW_MS)["progress"]["ratio"] == 1.0
