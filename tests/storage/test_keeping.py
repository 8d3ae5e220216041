"""Whose events stay when others of their age go: of pinned jobs, and for a time of those that went wrong."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, select

from app.jobs.grouping import Grouping
from app.storage.base import EventFilter
from app.storage.base_keeping import Ages
from app.storage.base_series import DAY_MS
from app.storage.base_upkeep import Edges
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.sql.events import SqlEventStore
from app.storage.sql.keeping import keepers, kept_jobs
from app.storage.sql.series_points import merge_points
from app.storage.stores import Stores
from tests.fakes import NOW_MS, StoppedClock, event, jobs_fold, new_id

ANY = EventFilter()
STEPS = 1_000
"""Steps of SQLite's machine; a look at a row takes about ten."""
ALL_OLD = Ages(NOW_MS + 1, NOW_MS + 1, NOW_MS)
"""Of what the tests begin with: all is too old, but not for a job that went wrong."""
LONG_AGO = Ages(NOW_MS + 1, NOW_MS + 1, NOW_MS + 1)
"""Of the same: it is too old for these as well."""


def run(name: str, *more: str) -> list[Any]:
    """What a job tells: an item, a line and an error, and whatever else."""
    told = [event(job_id=name, id=new_id()), event("log", name, data={"message": "a"})]
    return [*told, event("error", name, data={"message": f"of {name}"}), *(event(type_, name) for type_ in more)]


def pruned(stores: Stores, ages: Ages, limit: int = 3) -> int:
    """Let go whatever is to go; how many events that were."""
    went = 0
    while gone := stores.events.prune(ages, limit):
        assert gone <= limit
        went += gone
    while stores.groups.forget(ages, limit):
        pass
    return went


def foretold(stores: Stores, ages: Ages) -> dict[str, tuple[int, ...]] | None:
    """What goes, and what stays as its job is pinned or went wrong, by kind; None where the store can't tell."""
    if stores.upkeep is None:
        return None
    found = stores.upkeep.held(Edges(ages.events_ms, ages.logs_ms, ages.failed_ms or 0, 0, 0, 0))
    return {each.kind: each[-3:] for each in found if each.kind in {"events", "logs"}}


def left(stores: Stores) -> dict[str, int]:
    """How many events there are of each job, "" for none."""
    found: dict[str, int] = {}
    for each in stores.events.events(ANY):
        found[each.job_id] = found.get(each.job_id, 0) + 1
    return found


def test_events_of_kept_jobs_outlive_the_others(stores: Stores, clock: StoppedClock):
    """As long as they are kept: a pin is taken away, the time of a failure is over, a failed job runs again well."""
    stores.events.append([*run("fine", "job_completed"), event("log", "")], jobs_fold)
    stores.events.append([*run("failed", "job_failed"), *run("again", "job_failed")], jobs_fold)
    stores.events.append([*run("pinned", "job_pinned"), *run("both", "job_failed", "job_pinned")], jobs_fold)
    Grouping(stores.events, stores.groups).look()
    assert pruned(stores, Ages(NOW_MS, NOW_MS, NOW_MS)) == 0

    assert foretold(stores, ALL_OLD) in (None, {"events": (5, 9, 8), "logs": (2, 2, 2)})
    assert pruned(stores, ALL_OLD) == 5
    assert foretold(stores, ALL_OLD) in (None, {"events": (0, 9, 8), "logs": (0, 2, 2)})
    assert left(stores) == {"failed": 4, "again": 4, "pinned": 4, "both": 5}
    assert stores.events.reach().removed
    groups = {name: len(stores.groups.of_job(name)) for name in ("fine", "failed", "pinned", "both")}
    assert groups == {"fine": 0, "failed": 1, "pinned": 1, "both": 1}
    assert pruned(stores, ALL_OLD) == 0

    clock.advance(1_000)
    stores.events.append([event("job_started", "again"), event("job_completed", "again")], jobs_fold)
    assert pruned(stores, ALL_OLD) == 4
    assert left(stores) == {"failed": 4, "again": 2, "pinned": 4, "both": 5}

    assert foretold(stores, LONG_AGO) in (None, {"events": (4, 9, 0), "logs": (1, 2, 0)})
    assert pruned(stores, LONG_AGO) == 4
    assert left(stores) == {"again": 2, "pinned": 4, "both": 5}
    assert stores.groups.of_job("failed") == []

    stores.events.append([event("job_unpinned", "pinned"), event("job_unpinned", "both")], jobs_fold)
    assert pruned(stores, ALL_OLD) == 4
    assert left(stores) == {"again": 2, "pinned": 1, "both": 6}
    assert pruned(stores, LONG_AGO) == 5
    assert left(stores) == {"again": 2, "pinned": 1, "both": 1}
    assert stores.groups.of_job("both") == []


def test_logs_of_kept_jobs_stay_as_long_as_the_rest(stores: Stores):
    """Logs go earlier than other events, of jobs that are not kept; an unpinned one's go at once, its items do not."""
    stores.events.append([*run("fine"), *run("failed", "job_failed"), *run("pinned", "job_pinned")], jobs_fold)
    logs_old = Ages(NOW_MS, NOW_MS + 1, NOW_MS)

    assert pruned(stores, logs_old) == 1
    assert left(stores) == {"fine": 2, "failed": 4, "pinned": 4}

    stores.events.append([event("job_unpinned", "pinned")], jobs_fold)
    assert pruned(stores, logs_old) == 1
    assert left(stores) == {"fine": 2, "failed": 4, "pinned": 4}

    assert pruned(stores, ALL_OLD._replace(events_ms=NOW_MS + 1)) == 6


def test_what_is_kept_longer_after_all_stays_when_a_pin_goes(stores: Stores, clock: StoppedClock):
    """The times were set back: what had been passed over by the shorter ones goes by the longer ones."""
    stores.events.append(run("pinned", "job_pinned"), jobs_fold)
    clock.advance(1_000)
    stores.events.append(run("pinned"), jobs_fold)
    assert pruned(stores, Ages(NOW_MS + 2_000, NOW_MS + 2_000)) == 0
    stores.events.append([event("job_unpinned", "pinned")], jobs_fold)

    assert pruned(stores, ALL_OLD) == 4
    assert left(stores) == {"pinned": 4}
    assert pruned(stores, Ages(NOW_MS + 2_000, NOW_MS + 2_000)) == 4


def test_a_clock_that_was_ahead_for_a_while_holds_nothing_up(stores: Stores, clock: StoppedClock):
    """What was received meanwhile goes with what follows it, and not before; of a kept job with what is kept of others.

    The last of such a job stays, since nothing shows how old it is.
    """
    now_ms = clock.time_ms
    for ahead_ms, name in ((0, "before"), (500 * DAY_MS, "ahead"), (1_000, "after"), (900 * DAY_MS, "again")):
        clock.time_ms = now_ms + ahead_ms
        stores.events.append([*run(name), *run(f"failed {name}", "job_failed")], jobs_fold)
    clock.time_ms = now_ms + 2_000
    stores.events.append(run("last"), jobs_fold)
    clock.time_ms = now_ms + 4_000
    stores.events.append([event("log", "")], jobs_fold)
    failed = {"failed before": 4, "failed ahead": 4, "failed after": 4, "failed again": 4}

    def ages(since_ms: int, failed_ms: int) -> Ages:
        return Ages(now_ms + since_ms, now_ms + since_ms, now_ms + failed_ms, now_ms=now_ms + 5_000)

    def told(wanted: Ages) -> tuple[int, ...] | None:
        assert wanted.failed_ms is not None
        edges = Edges(wanted.events_ms, wanted.logs_ms, wanted.failed_ms, 0, 0, 0, wanted.now_ms)
        found = stores.upkeep.held(edges) if stores.upkeep else []
        return next((each[-3:] for each in found if each.kind == "events"), None)

    assert told(ages(1_000, 0)) in (None, (3, 0, 4))
    assert pruned(stores, ages(1_000, 0)) == 3
    assert left(stores) == {**failed, "ahead": 3, "after": 3, "again": 3, "last": 3, "": 1}
    assert told(ages(2_000, 0)) in (None, (6, 0, 12))
    assert pruned(stores, ages(2_000, 0)) == 6
    assert pruned(stores, ages(2_000, 0)) == 0
    assert left(stores) == {**failed, "again": 3, "last": 3, "": 1}
    assert pruned(stores, ages(3_000, 2_000)) == 3 + 3 + 12
    assert left(stores) == {"failed again": 4, "": 1}


def test_a_kept_job_may_be_deleted(stores: Stores):
    """And nothing is remembered of it."""
    stores.events.append([*run("pinned", "job_pinned"), *run("other", "job_pinned")], jobs_fold)
    assert pruned(stores, ALL_OLD) == 0

    assert stores.events.delete_job("pinned", later=True)
    stores.events.append([event("job_started", "pinned")], jobs_fold)

    pruned(stores, ALL_OLD)
    assert left(stores) == {"other": 4}
    job = stores.events.job("pinned")
    assert job is not None
    assert not job.pinned


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """With the sender 1."""
    opened = Database(database_url)
    SqlAccountStore(opened).sender("one", at_ms=NOW_MS)
    yield opened
    opened.close()


def test_what_was_passed_over_is_not_looked_at_again(sqlite_url: str):
    """Of 6,000 old events that are kept hardly any is read once they were passed, and nothing is written."""
    database = Database(sqlite_url)
    SqlAccountStore(database).sender("one", at_ms=NOW_MS)
    store = SqlEventStore(database, StoppedClock(), merge_points)
    store.append([event("job_pinned", "kept"), event("job_failed", "failed")], jobs_fold)
    for job_id in ("kept", "failed"):
        for _ in range(5):
            batch = [event(job_id=job_id, id=new_id()) for _ in range(500)]
            store.append([*batch, *(event("log", job_id, id=new_id()) for _ in range(100))], jobs_fold)
    assert store.prune(ALL_OLD, limit=500) == 0
    steps: list[int] = []

    def count(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(lambda: steps.append(STEPS), STEPS)

    assert store.prune(Ages(0, 0), limit=500) == 0  # as whoever finishes deletions does in between
    database.read(count)
    assert store.prune(ALL_OLD, limit=500) == 0
    database.close()
    assert sum(steps) <= 8 * STEPS


def test_a_range_of_cursors_has_its_keepers(database: Database):
    """Whoever deletes it as a whole asks which jobs' events must stay, and learns of no others."""
    store = SqlEventStore(database, StoppedClock(), merge_points)
    store.append([*run("pinned", "job_pinned"), *run("failed", "job_failed"), *run("fine")], jobs_fold)
    last = store.reach().newest
    later = run("pinned")
    store.append([*run("late", "job_failed"), *later], jobs_fold)
    keys = {name: getattr(store.job(name), "key") for name in ("pinned", "failed", "late")}  # noqa: B009  (it is there)

    def asked(first: int, last: int, failed_ms: int | None) -> list[int]:
        return database.read(lambda connection: keepers(connection, first, last, Ages(0, 0, failed_ms)))

    assert asked(1, last, NOW_MS) == [keys["pinned"], keys["failed"]]
    assert asked(1, last, NOW_MS + 1) == asked(1, last, None) == [keys["pinned"]]
    assert asked(last - 2, last, NOW_MS) == []
    assert asked(last + 1, last + 9, NOW_MS) == [keys["pinned"], keys["late"]]


def test_nothing_is_remembered_of_jobs_that_are_kept_no_longer(database: Database):
    """The table of those that were passed over is empty when nothing of them is left behind."""
    store = SqlEventStore(database, StoppedClock(), merge_points)
    store.append([*run("pinned", "job_pinned"), *run("failed", "job_failed"), *run("gone", "job_pinned")], jobs_fold)
    remembered = select(kept_jobs.c.job_key)
    assert store.prune(ALL_OLD, limit=100) == 0
    assert len(database.read(lambda connection: connection.scalars(remembered).all())) == 3

    store.append([event("job_unpinned", "pinned")], jobs_fold)
    store.delete_job("gone")
    while store.prune(LONG_AGO, limit=100):
        pass
    assert database.read(lambda connection: connection.scalars(remembered).all()) == []
