"""When a job will end, and how sure that is."""

import pytest

from app.jobs.ending import FARTHEST_MS, ends_between
from app.jobs.view import detailed_json
from app.storage.base import Job
from tests.fakes import NOW_MS

MINUTE_MS = 60_000
AVERAGE = 100 / (10 * MINUTE_MS)


def job(**fields):
    """A hundred of four hundred in ten minutes: half an hour is left."""
    told = {"status": "running", "done": 100, "total": 400, "last_event_at": NOW_MS, **fields}
    return Job("123", 1, created_at=NOW_MS, started_at=NOW_MS - 10 * MINUTE_MS, **told)


def minutes(doubt):
    """From now."""
    return None if doubt is None else tuple(None if end is None else (end - NOW_MS) / MINUTE_MS for end in doubt)


@pytest.mark.parametrize(
    ("faster", "ends"),
    [(2.0, (15, 30)), (0.5, (30, 60)), (1.0, None), (0.95, None), (1.05, None), (1.5, (20, 30))],
)
def test_a_job_ends_between_its_two_paces(faster, ends):
    """That of the attempt is always one of the ends; less than a tenth of the time left is no difference."""
    assert minutes(ends_between(job(), faster * AVERAGE, NOW_MS)) == ends


def test_a_minute_is_no_difference():
    """A job that ends in 90 s or in 45 does so soon."""
    assert ends_between(job(total=115), 2 * AVERAGE, NOW_MS) is None


@pytest.mark.parametrize("pace", [0.0, 5e-324, 300 / (2 * FARTHEST_MS), float("nan")])
def test_one_that_does_nothing_has_no_later_end(pace):
    """Nor has one that would take ten years."""
    assert minutes(ends_between(job(), pace, NOW_MS)) == (30, None)


def test_a_stalled_one_does_nothing_whatever_it_did_before():
    """The watchdog knows sooner than five minutes do, and also where no pace is known."""
    assert minutes(ends_between(job(status="stalled"), 2 * AVERAGE, NOW_MS)) == (30, None)
    assert minutes(ends_between(job(status="stalled"), None, NOW_MS)) == (30, None)


@pytest.mark.parametrize("fields", [{"done": 400}, {"done": 500}, {"done": 0}, {"done": None}, {"total": None}])
def test_without_an_estimate_there_is_no_doubt(fields):
    """Nothing done, no total, or the total reached: there is no end to tell."""
    assert ends_between(job(**fields), AVERAGE / 9, NOW_MS) is None


def test_without_a_pace_there_is_the_average_alone():
    """Of a job that has just begun, or after a restart."""
    assert ends_between(job(), None, NOW_MS) is None


def test_no_end_lies_in_the_past():
    """An overdue one ends now at the soonest."""
    late = job(done=399, last_event_at=NOW_MS - 5 * MINUTE_MS)

    assert minutes(ends_between(late, AVERAGE / 200, NOW_MS))[0] == 0


def test_the_object_says_how_much_is_sure_at_the_earlier_end():
    """Twice as fast, three quarters take 15 min; at the old pace half of them would be done by then."""
    doubt = detailed_json(job(), None, 2 * AVERAGE, NOW_MS)["etaRange"]
    still = detailed_json(job(), None, 0.0, NOW_MS)["etaRange"]

    assert doubt["sure"] == 0.625
    assert doubt["from"] < doubt["to"]
    assert (still["to"], still["sure"]) == (None, 0.25)


@pytest.mark.parametrize(("status", "pace"), [("lost", 0.0), ("completed", 0.0), ("running", None)])
def test_the_object_knows_no_doubt_without_an_end(status, pace):
    """Of a job that is over or lost none is expected."""
    assert detailed_json(job(status=status), None, pace, NOW_MS)["etaRange"] is None
