"""What drivers complain of, in the house's words."""

import sqlite3
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import Connection, exc

from app.core.errors import Unavailable
from app.core.way import RightOfWay
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database, translated
from app.storage.sql.events import SqlEventStore
from app.storage.sql.series_points import merge_points
from app.storage.turns import Turns
from app.storage.writer import Writer
from tests.fakes import StoppedClock, event


def test_a_closed_connection_is_a_storage_that_is_down():
    """Postgres's driver calls it an interface error."""
    with pytest.raises(Unavailable) as told, translated():
        raise exc.InterfaceError("SELECT 1", {}, psycopg.InterfaceError("the connection is closed"))

    assert told.value.code == "storage_down"


def test_a_wrong_call_stays_loud():
    """SQLite's interface errors are faults of ours."""
    with pytest.raises(exc.InterfaceError), translated():
        raise exc.InterfaceError("SELECT 1", {}, sqlite3.InterfaceError("bad parameter or other API misuse"))


def test_no_free_connection_is_busy(sqlite_url: str):
    """Whoever waited in vain for one may try again."""
    database = Database(sqlite_url, readers=1)
    database._reader.pool._timeout = 0.05  # type: ignore[attr-defined]
    try:
        with pytest.raises(Unavailable) as told:
            database.read(lambda _: database.read(lambda connection: connection.exec_driver_sql("SELECT 1")))
    finally:
        database.close()

    assert told.value.code == "busy"


class Spied(RightOfWay):
    """Counts how often the writer asks, and who pressed it meanwhile."""

    def __init__(self) -> None:
        super().__init__(lambda: 0)
        self.asked: list[int] = []

    def give(self) -> None:
        self.asked.append(self._pressed)


def test_commits_of_events_let_readers_go_first(database_url: str):
    """Between their statements on SQLite, before they begin on Postgres; nobody presses them but who waits for another.

    Nothing else that is written waits: a slice of retention would hold the lock for longer than it promises.
    """
    way, clock = Spied(), StoppedClock()
    database = Database(database_url, way=way)
    SqlAccountStore(database).sender("one", at_ms=0)
    store = SqlEventStore(database, clock, merge_points)
    writer = Writer(store, lambda commit, jobs: [], lambda commit: None, Turns(9, 9), clock=clock, gap_ms=0)
    database.attach(writer.run)
    writer.start()
    try:
        assert way.asked == []
        done = writer.run(lambda: store.append([event()], lambda commit, jobs: []))
        assert done.result().outcomes[0].state == "stored"
        commits = way.asked.copy()
        database.write(lambda connection: connection.exec_driver_sql("DELETE FROM events"))
    finally:
        assert writer.close(10)
        database.close()

    assert commits == ([0] * len(commits) if database.is_sqlite else [0])
    assert len(commits) >= 1 + 2 * database.is_sqlite
    assert way.asked == commits


def test_a_page_that_takes_too_long_is_given_up_and_told(postgres_url: str, monkeypatch: pytest.MonkeyPatch):
    """Postgres ends it, its connection serves the next; what nobody waits for may take its time."""
    monkeypatch.setattr("app.storage.sql.database.READ_MS", 50)
    database = Database(postgres_url, readers=1)

    def sleep(connection: Connection) -> None:
        connection.exec_driver_sql("SELECT pg_sleep(0.2)")

    with closing(database):
        with pytest.raises(Unavailable, match="busy"):
            database.read(sleep)
        database.read(sleep, long=True)
        with pytest.raises(Unavailable, match="busy"):
            database.read(sleep)
        database.write(sleep)
