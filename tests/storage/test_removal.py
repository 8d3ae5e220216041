"""Deleting and pruning hold the one who writes only for moments, and look only at what goes."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from app.storage.base import EventFilter
from app.storage.base_keeping import Ages
from app.storage.memory import MemoryEventStore
from app.storage.memory_groups import MemoryGroupStore
from app.storage.memory_series import MemorySeriesStore
from app.storage.redis.events import RedisEventStore
from app.storage.retention import Retention
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.sql.events import SqlEventStore
from app.storage.sql.events_tables import events
from app.storage.sql.series_points import merge_points
from tests.fakes import NOW_MS, StoppedClock, event, jobs_fold, new_id, no_fold, no_points, said

pytestmark = pytest.mark.usefixtures("at_full_pace")

ANY = EventFilter()
STEPS = 1_000
"""Steps of SQLite's machine; a look at a row takes about ten."""


class Watched(Database):
    """A database that counts its transactions of writing, and lets a test step in between two."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.writes = 0
        self.after_write: Callable[[], object] = lambda: None

    def write(self, work: Callable[[Connection], Any], *, gives: bool = False) -> Any:
        self.writes += 1
        result = super().write(work, gives=gives)
        self.after_write()
        return result


@pytest.fixture
def database(database_url: str) -> Iterator[Watched]:
    """With the sender 1."""
    opened = Watched(database_url)
    SqlAccountStore(opened).sender("one", at_ms=NOW_MS)
    yield opened
    opened.close()


@pytest.fixture
def store(database: Watched) -> SqlEventStore:
    return SqlEventStore(database, StoppedClock(), merge_points)


def held(database: Database) -> int:
    """How many events there are, in sight or not."""
    return database.read(lambda connection: connection.execute(select(func.count()).select_from(events)).scalar_one())


def test_a_deleted_job_goes_in_slices(database, store, monkeypatch):
    """The job first, then its events a few at a time, then their mark; nobody sees events of a job that is gone."""
    monkeypatch.setattr("app.storage.sql.events._SLICE", 2)
    store.append([event(job_id="big", id=new_id()) for _ in range(5)] + [event(job_id="other")], jobs_fold)
    seen, rows = [], []

    def look() -> None:
        seen.append(len(store.events(ANY)))
        rows.append(held(database))

    database.after_write = look

    assert store.delete_job("big")

    assert set(seen) == {1}
    assert [before - after for before, after in zip([6, *rows], rows, strict=False)] == [0, 2, 2, 1, 0]
    assert held(database) == 1


def test_the_events_of_a_deleted_job_may_be_left_for_later(database, store):
    """Out of sight at once; they go with the next clean-up, however new they are."""
    store.append([event(job_id="big", id=new_id()) for _ in range(5)] + [event(job_id="other")], jobs_fold)
    writes = database.writes

    assert store.delete_job("big", later=True)

    assert (database.writes - writes, held(database)) == (1, 6)
    assert [kept.job_id for kept in store.events(ANY)] == ["other"]
    series, groups = MemorySeriesStore(), MemoryGroupStore(store)
    assert Retention(store, series, groups, StoppedClock(), 30, 30, 30).finish_deletions() == 5
    assert held(database) == 1


def test_a_latecomer_makes_a_new_job(database, store, monkeypatch):
    """What comes while the old job's events are still going belongs to another of the same name, and stays."""
    monkeypatch.setattr("app.storage.sql.events._SLICE", 2)
    sent = [event(id=new_id()) for _ in range(5)]
    store.append(sent, jobs_fold)
    first = store.job("123").key

    def come_late() -> None:
        database.after_write = lambda: None
        store.append([event(id=sent[4].id, data={"title": "late"})], jobs_fold)

    database.after_write = come_late
    assert store.delete_job("123")

    assert store.job("123").key > first
    assert store.job("123").items == 1
    assert [said(kept) for kept in store.events(ANY)] == [{"title": "late"}]
    assert held(database) == 1


def test_pruning_looks_at_little(sqlite_url):
    """The oldest tell: of 5,000 events and 1,000 logs hardly any is read; where none is old nothing is written."""
    database = Watched(sqlite_url)
    SqlAccountStore(database).sender("one", at_ms=NOW_MS)
    store = SqlEventStore(database, StoppedClock(), merge_points)
    for _ in range(10):
        batch = [event(id=new_id()) for _ in range(500)] + [event("log", id=new_id()) for _ in range(100)]
        store.append(batch, no_fold)
    steps: list[int] = []

    def count(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(lambda: steps.append(STEPS), STEPS)

    database.read(count)
    database.write(count)
    writes = database.writes
    gone = store.prune(Ages(NOW_MS, NOW_MS), limit=20)
    assert (gone, database.writes) == (0, writes)
    assert sum(steps) <= 5 * STEPS

    assert store.prune(Ages(NOW_MS + 1, NOW_MS), limit=20) == 20
    database.close()
    assert sum(steps) <= 15 * STEPS


def test_logs_are_kept_no_longer_than_other_events(store, redis):
    """Whichever time says that they go: in every store alike."""
    for kept in (store, MemoryEventStore(StoppedClock(), list), RedisEventStore(redis, StoppedClock(), no_points)):
        kept.append([event("log"), event()], no_fold)

        assert kept.prune(Ages(NOW_MS + 1, NOW_MS), limit=9) == 2


def test_pruning_ends_a_deletion_that_was_cut_off(database, store, monkeypatch):
    """The process ended between two slices; what is left goes in slices, too, and nothing of other jobs."""
    monkeypatch.setattr("app.storage.sql.events._SLICE", 2)
    store.append([event(job_id="big", id=new_id()) for _ in range(8)] + [event(job_id="other")], jobs_fold)
    writes = iter([None, None])

    def crash() -> None:
        if next(writes, database) is database:
            raise KeyboardInterrupt

    database.after_write = crash
    with pytest.raises(KeyboardInterrupt):
        store.delete_job("big")
    database.after_write = lambda: None
    assert held(database) == 5

    prune = partial(store.prune, Ages(NOW_MS, NOW_MS), limit=3)

    assert [prune(), held(database), prune(), prune()] == [3, 2, 1, 0]
    assert [kept.job_id for kept in store.events(ANY)] == ["other"]
    writes_before = database.writes
    assert (prune(), database.writes) == (0, writes_before)
