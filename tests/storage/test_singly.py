"""A batch of which something can't be stored: the rest is stored, or nothing at all."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError

from app.core.errors import Unavailable
from app.jobs.fold import fold
from app.storage.base import EventFilter
from app.storage.base_series import Point
from app.storage.memory import MemoryEventStore
from app.storage.redis.events import RedisEventStore
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.sql.events import SqlEventStore
from app.storage.sql.series_points import merge_points
from tests.fakes import NOW_MS, StoppedClock, event, new_id, no_fold, no_points, said

ANY = EventFilter()


@pytest.fixture
def sql_store(database_url: str) -> Iterator[SqlEventStore]:
    """An empty store with the sender 1."""
    database = Database(database_url)
    SqlAccountStore(database).sender("one", at_ms=NOW_MS)
    yield SqlEventStore(database, StoppedClock(), merge_points)
    database.close()


def failing(*errors: Exception):
    """A fold that can't take the events after the first: each says the next error."""
    waiting = iter(errors)

    def run(commit, jobs) -> list[Point]:
        fold(commit, jobs)
        if any(said(each)["n"] for each in commit.events):
            raise next(waiting)
        return []

    return run


@pytest.mark.parametrize("error", [Unavailable("storage_full", 5_000), DatabaseError("UPDATE", {}, Exception("torn"))])
def test_a_fault_of_the_store_leaves_nothing_of_the_message(sql_store, error):
    """Also when its first event could be stored: its sender will send all of it again, ids or not."""
    with pytest.raises(type(error)):
        sql_store.append_singly([event(data={"n": n}) for n in range(2)], failing(error))

    assert (sql_store.events(ANY), sql_store.job("123"), sql_store.tallies()) == ([], None, {})


def test_an_event_that_can_not_be_stored_leaves_no_trace(sql_store, redis):
    """Neither a row nor a job nor a figure; its neighbours are stored, in one chain, and all are counted."""
    for store in (sql_store, MemoryEventStore(StoppedClock(), list), RedisEventStore(redis, StoppedClock(), no_points)):
        store.append([event(data={"n": 0})], fold_nothing_measured)
        twin = new_id()
        sent = [
            event(data={"n": 0}, id=twin),
            event("log", job_id="bad", data={"n": 1}),
            event(data={"n": 0}, id=twin),
            event("heartbeat", data={"n": 0}),
        ]

        commit = store.append_singly(sent, failing(OverflowError("too much")), {(1, "rejected", "too_deep"): 1})

        assert [each.code or each.state for each in commit.outcomes] == ["stored", "invalid", "duplicate", "stored"]
        assert commit.events == [sent[0], sent[3]]
        assert [(job.id, job.items, job.last_cursor, job.news) for job in commit.jobs] == [
            ("123", 2, sent[3].cursor, True)
        ]
        assert commit.tails == {"123": commit.prev}
        assert store.job("bad") is None
        assert {each.cursor for each in store.events(ANY)} == {commit.prev, sent[0].cursor, sent[3].cursor}
        assert store.tallies() == {
            (1, "stored", ""): 3,
            (1, "duplicate", ""): 1,
            (1, "rejected", "invalid"): 1,
            (1, "rejected", "too_deep"): 1,
        }


def test_figures_that_meet_a_limit_are_counted_with_what_is_stored(sql_store, redis):
    """As the fold tells; of an event that could not be stored none is."""

    def limiting(commit, jobs) -> list[Point]:
        commit.excess[1, "merged", "label_values"] += len(commit.events)
        if any(said(each)["n"] for each in commit.events):
            raise OverflowError
        return []

    for store in (sql_store, MemoryEventStore(StoppedClock(), list), RedisEventStore(redis, StoppedClock(), no_points)):
        store.append([event(data={"n": 0}), event(data={"n": 0})], limiting)
        store.append_singly([event(data={"n": 0}), event(data={"n": 1})], limiting)

        assert store.tallies() == {
            (1, "stored", ""): 3,
            (1, "rejected", "invalid"): 1,
            (1, "merged", "label_values"): 3,
        }


def test_what_the_database_refuses_by_itself_goes_alone(sql_store):
    """A trigger stands for whatever rule of the database an event may break."""
    sql_store._database.write(_forbid_logs)

    commit = sql_store.append_singly([event(), event("log", data={"level": "info"}), event()], no_fold)

    assert [each.code or each.state for each in commit.outcomes] == ["stored", "invalid", "stored"]
    assert len(sql_store.events(ANY)) == 2


def fold_nothing_measured(commit, jobs) -> list[Point]:
    fold(commit, jobs)
    return []


def _forbid_logs(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(
            text(
                "CREATE TRIGGER no_logs BEFORE INSERT ON events WHEN NEW.type = 'log'"
                " BEGIN SELECT RAISE(ABORT, 'no logs'); END"
            )
        )
    else:
        connection.execute(text("ALTER TABLE events ADD CONSTRAINT no_logs CHECK (type <> 'log')"))
