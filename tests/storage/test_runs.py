"""Jobs, and the events of jobs, that are named exactly: every store finds the same."""

import pytest

from app.storage.base import EventFilter, EventStore, JobFilter
from app.storage.base_runs import Runs
from app.storage.base_series import Cells
from tests.fakes import NOW_MS, event, jobs_fold

OVER = Cells(NOW_MS, 60_000, 1)
JOBS = {
    "1": {"source": "ebay.com", "query": "cards"},
    "10": {"source": "ebay.com", "query": "vintage cards"},
    "a": {"source": "ebay.com", "query": "cards: new"},
    "b": {"source": "ebay.com"},
    "c": {"query": "ebay.com"},
    "d": {},
}


@pytest.fixture
def store(event_store: EventStore) -> EventStore:
    """A store in which each of `JOBS` has begun; an alert belongs to none."""
    return filled(event_store)


def filled(store: EventStore) -> EventStore:
    """The same with what the tests look for in it."""
    store.append([event("job_started", name, data=told) for name, told in JOBS.items()], jobs_fold)
    store.append([event("system_alert", "", data={"name": "n"})], jobs_fold)
    return store


@pytest.mark.parametrize(
    ("runs", "names"),
    [
        (Runs(), ["1", "10", "a", "b", "c", "d"]),
        (Runs(id="1"), ["1"]),
        (Runs(id="none"), []),
        (Runs(source="ebay.com"), ["1", "10", "a", "b"]),
        (Runs(source="ebay"), []),
        (Runs(spider="ebay.com: cards"), ["1"]),
        (Runs(spider="ebay.com: cards: new"), ["a"]),
        (Runs(spider="ebay.com"), ["b", "c"]),
        (Runs(spider="cards"), []),
        (Runs(id="10", source="ebay.com", spider="ebay.com: vintage cards"), ["10"]),
        (Runs(id="10", spider="ebay.com: cards"), []),
    ],
)
def test_jobs_and_their_events_are_found_by_their_names(store: EventStore, runs: Runs, names: list[str]):
    """As rows and as numbers; a name that is part of another is another name."""
    jobs, events = JobFilter(of=runs), EventFilter(of=runs)

    assert sorted(job.id for job in store.jobs(jobs)) == names
    assert sorted(found.job_id for found in store.events(events)) == names
    assert sum(store.count(jobs, OVER, 100).cells.values()) == len(names)
    assert sum(store.count(events, OVER, 100).cells.values()) == len(names)
