"""Lists and numbers of jobs, on each store."""

import pytest

from app.storage.base import EventStore
from app.storage.base_jobs import Condition, JobFilter
from tests.fakes import NOW_MS, event, jobs_fold

SEARCHES: list[tuple[Condition, list[str]]] = [
    (Condition("text", "=", ("CARDS",)), ["e2", "e1"]),
    (Condition("text", "=", ("%",)), ["x%1"]),
    (Condition("text", "=", ("cards",), negated=True), ["plain", "x%1"]),
    (Condition("id", "=", ("e1", "plain")), ["plain", "e1"]),
    (Condition("id", "^", ("e",)), ["e2", "e1"]),
    (Condition("source", "=", ("ebay.com",)), ["e2", "e1"]),
    (Condition("source", "=", ("ebay.com",), negated=True), ["plain", "x%1"]),
    (Condition("source", "^", ("e_",)), ["x%1"]),
    (Condition("source", "^", ("EBAY", "zzz")), ["e2", "e1"]),
    (Condition("query", "^", ("vint",)), ["e2", "e1"]),
    (Condition("spider", "=", ("ebay.com: vintage cards",)), ["e2", "e1"]),
    (Condition("spider", "=", ("ebay.com: vintage cards",), negated=True), ["plain", "x%1"]),
    (Condition("tag", "=", ("night", "other")), ["e2", "e1"]),
    (Condition("tag", "=", ("a,b",), negated=True), ["plain", "x%1"]),
    (Condition("status", "=", ("failed",), negated=True), ["e2", "plain", "e1"]),
    (Condition("worker", "=", ("w",), negated=True), ["e2", "plain", "x%1", "e1"]),
    (Condition("errors", ">", (0,)), ["x%1"]),
    (Condition("errors", "<=", (2,)), ["e2", "plain", "e1"]),
    (Condition("attempt", "=", (1,)), ["e2", "plain", "x%1", "e1"]),
    (Condition("attempt", "=", (1, 999_999_999_999_999)), ["e2", "plain", "x%1", "e1"]),
    (Condition("attempt", "<", (999_999_999_999_999,)), ["e2", "plain", "x%1", "e1"]),
    (Condition("pinned", "=", ()), ["x%1"]),
    (Condition("pinned", "=", (), negated=True), ["e2", "plain", "e1"]),
    (Condition("began", ">=", (NOW_MS - 7_000,)), ["e2", "plain"]),
    (Condition("began", "<", (NOW_MS - 7_000,)), ["x%1", "e1"]),
]


@pytest.fixture
def jobs(event_store: EventStore) -> EventStore:
    """Four jobs: one runs, one failed with errors, one of nobody's source, one of the first's spider is done."""
    return filled(event_store)


def filled(store: EventStore) -> EventStore:
    """A store with the jobs in it."""
    first = {"source": "ebay.com", "query": "vintage cards", "tags": ["night", "a,b"]}
    store.append(
        [
            event("job_started", job_id="e1", at_ms=NOW_MS - 9_000, data=first),
            event("job_completed", job_id="e1"),
            event("job_started", job_id="x%1", at_ms=NOW_MS - 8_000, data={"source": "E_ay.com"}),
            event("error", job_id="x%1", data={"message": "no", "count": 3}),
            event("job_failed", job_id="x%1"),
            event("job_pinned", job_id="x%1"),
            event("job_started", job_id="plain", at_ms=NOW_MS - 7_000),
            event("job_cancelled", job_id="plain"),
            event("job_started", job_id="e2", at_ms=NOW_MS - 6_000, data=first),
        ],
        jobs_fold,
    )
    return store


def test_a_search_finds_the_same_on_every_store(jobs: EventStore):
    """Newest first, and counted alike; what a job does not have is nothing, and meets what is negated."""
    for condition, found in SEARCHES:
        wanted = JobFilter(conditions=(condition,))
        assert [job.id for job in jobs.jobs(wanted)] == found, condition
        assert sum(jobs.job_counts(wanted).values()) == len(found), condition


def test_jobs_of_several_states_come_in_one_order(jobs: EventStore):
    """Newest first over all of them, page by page."""
    wanted = JobFilter(statuses=("running", "failed", "completed"))
    first = jobs.jobs(wanted, limit=2)
    rest = jobs.jobs(wanted, before=first[-1].key, limit=2)

    assert [job.id for job in (*first, *rest)] == ["e2", "x%1", "e1"]


def test_the_newest_alone_are_counted_where_that_is_asked(jobs: EventStore):
    """However many there are."""
    assert jobs.job_counts(JobFilter(), most=2) == {"running": 1, "cancelled": 1}


def counted(store: EventStore) -> dict[str, int]:
    """How many jobs there are of each status, counted one by one."""
    statuses = [job.status for job in store.jobs(JobFilter(), limit=1_000)]
    return {status: statuses.count(status) for status in statuses}


def test_the_numbers_of_jobs_are_those_of_the_jobs(jobs: EventStore):
    """Whatever becomes of them: made, begun again, ended, spoken for by others, stored one by one, deleted."""
    assert jobs.job_counts(JobFilter()) == counted(jobs) == {"running": 1, "completed": 1, "failed": 1, "cancelled": 1}
    for events in (
        [event("job_started", job_id="e1"), event(job_id="new")],
        [event("job_completed", job_id="e2"), event(job_id="e2")],
        [event("job_failed", job_id="new", sender_id=2)],
    ):
        jobs.append(events, jobs_fold)
        assert jobs.job_counts(JobFilter()) == counted(jobs)
    jobs.append_singly([event(job_id="newer"), event("job_failed", job_id="new")], jobs_fold)
    assert jobs.job_counts(JobFilter()) == counted(jobs)
    jobs.delete_job("x%1")
    assert jobs.job_counts(JobFilter()) == counted(jobs) == {"running": 2, "completed": 1, "failed": 1, "cancelled": 1}


def test_the_last_runs_of_spiders_are_at_hand(jobs: EventStore):
    """Newest first, of each source and query, also where one of them is not there; unknown ones have none."""
    cards, half, none = ("ebay.com", "vintage cards"), ("E_ay.com", None), ("ebay.com", "none")
    jobs.append([event(job_id="e2")], jobs_fold)

    found = jobs.latest_runs([cards, half, none], limit=2)

    assert found == {cards: [("running", 1), ("completed", 0)], half: [("failed", 0)], none: []}
    assert jobs.latest_runs([cards], limit=1) == {cards: [("running", 1)]}
    assert jobs.latest_runs([], limit=1) == {}


def test_jobs_are_found_by_their_numbers(jobs: EventStore):
    """Those that are there, newest first."""
    first, *_, last = jobs.jobs(JobFilter())

    assert jobs.jobs(JobFilter(keys=(last.key, first.key, 99))) == [first, last]
    assert jobs.jobs(JobFilter(after=last.key, statuses=("running", "completed"))) == [first]
