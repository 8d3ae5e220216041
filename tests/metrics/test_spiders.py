"""What spiders have done since the start."""

from app.metrics.reported import OTHER
from app.metrics.spiders import MAX_SPIDERS, Spiders
from tests.fakes import NOW_MS, event
from tests.metrics.house import House


def start(job_id: str = "123", **fields):
    """The start of a run of the one spider of these tests."""
    return event("job_started", job_id, data={"source": "ebay.com", "query": "cards", **fields})


def test_runs_of_a_spider_add_up(house: House):
    """Two jobs of one: 3 items, 5 errors, 110 requests; one completed after 2 s, one failed; no id is kept."""
    house.send(start("a"), event(job_id="a"), event("item_summary", "a", data={"count": 2}))
    house.send(start("b"), event("error", "b", data={"count": 4}), event("error", "b"))
    house.send(event("job_progress", "a", data={"requests": {"total": 100, "failed": 2}, "bytes": {"sent": 7}}))
    house.send(event("job_progress", "b", data={"requests": {"total": 10}}))
    house.send(event("job_completed", "a", data={"duration": 2_000}), event("job_failed", "b"))

    assert house.figures.by_spider() == {
        "ebay.com: cards": {
            ("jobs.started", ""): 2,
            ("items", ""): 3,
            ("errors", ""): 5,
            ("requests", ""): 110,
            ("requestsFailed", ""): 2,
            ("bytesSent", ""): 7,
            ("bytes", ""): 7,
            ("jobs.ended", "completed"): 1,
            ("jobs.duration", "completed"): 2_000,
            ("jobs.ended", "failed"): 1,
            ("jobs.duration", "failed"): 0,
        }
    }


def test_what_comes_late_counts_as_it_does_elsewhere(house: House):
    """A second end and a report after it count for nothing, an item for one."""
    house.send(start(), event("job_completed"), event("job_failed"), event())
    house.send(event("job_progress", data={"requests": {"total": 9}}))

    (sums,) = house.figures.by_spider().values()
    assert sums == {
        ("jobs.started", ""): 1,
        ("jobs.ended", "completed"): 1,
        ("jobs.duration", "completed"): 0,
        ("items", ""): 1,
    }


def test_attempts_are_counted_as_they_begin(house: House):
    """Not while a job waits; by whatever it runs with, and again when it is tried again; the same as in the series."""
    started = "ebay.com: cards"
    house.send(event("job_queued", data={"source": "ebay.com", "query": "cards"}))
    assert house.figures.by_spider() == {}
    house.send(event())
    assert house.figures.by_spider()[started]["jobs.started", ""] == 1
    house.send(start())
    assert house.figures.by_spider()[started]["jobs.started", ""] == 1
    house.send(event("job_failed"), start(), event("job_failed"), start())
    assert house.figures.by_spider()[started]["jobs.started", ""] == 3


def test_a_restart_begins_at_zero(house: House):
    """What was done before it is in the series; these sums would count it twice."""
    house.send(start(), event(at_ms=NOW_MS), event("job_progress", data={"requests": {"total": 9}}))

    assert house.restarted().by_spider() == {}


def test_spiders_are_bounded():
    """The first two hundred have their names; all others are one."""
    spiders = Spiders()
    for number in range(MAX_SPIDERS + 30):
        spiders.add(f"spider {number}", {"items": 1})
    spiders.add("spider 0", {"items": 1})

    sums = spiders.read()
    assert len(sums) == MAX_SPIDERS + 1
    assert (sums["spider 0"]["items", ""], sums[OTHER]["items", ""]) == (2, 30)
