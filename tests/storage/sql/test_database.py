"""What drivers complain of, in the house's words."""

import sqlite3

import psycopg
import pytest
from sqlalchemy import exc

from app.core.errors import Unavailable
from app.storage.sql.database import Database, translated


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
