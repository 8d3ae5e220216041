"""Who lets partitions go, and who deletes their events row by row, are in each other's way."""

import threading
from contextlib import closing
from functools import partial

from sqlalchemy import Connection

from app.storage.base_series import DAY_MS
from app.storage.sql import dropping, event_keys
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.stores import open_stores
from tests.fakes import NOW_MS, StoppedClock
from tests.several.conftest import until
from tests.storage.sql.parted import ANY, FIRST, Keeper, filled, held, number


def _waiting(connection: Connection) -> int:
    """How many wait for an advisory lock."""
    query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    return int(connection.exec_driver_sql(query).scalar_one())


def test_two_that_clean_at_once_leave_no_key_without_its_event(postgres_url: str):
    """One process alone lets partitions go; and who deletes rows waits for who takes their keys again."""
    clock = StoppedClock()
    with closing(Database(postgres_url, readers=2)) as database, closing(Database(postgres_url, readers=1)) as other:
        SqlAccountStore(database).sender("one", at_ms=NOW_MS)
        stores = open_stores(postgres_url, database, clock)
        filled(stores, database, [0, 1], clock)
        clock.time_ms = NOW_MS + 40 * DAY_MS
        cursors = [found.cursor for found in stores.events.events(ANY) if found.cursor < FIRST]
        deleting = threading.Thread(target=other.write, args=[partial(event_keys.delete_events, cursors=cursors)])

        def take_again(connection: Connection) -> None:
            event_keys.remove(connection, 0, FIRST)
            event_keys.put_back(connection, 0, FIRST)
            deleting.start()
            until(lambda: database.read(_waiting))

        database.write(take_again)
        deleting.join()
        assert number(database, "event_keys") == number(database, "events") == 4

        def drop_elsewhere(connection: Connection) -> None:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (dropping.ALONE,))
            assert Keeper(stores, clock).clean_up() == 4
            assert held(database)[0].low == 0

        other.write(drop_elsewhere)
        Keeper(stores, clock).clean_up()
        assert held(database)[0].low == 2 * FIRST
        assert number(database, "event_keys") == number(database, "events") == 0
