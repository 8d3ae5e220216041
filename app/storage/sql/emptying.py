"""A database of which the store's part goes, or all: rows are not deleted, but tables as a whole."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, delete, insert, text

from app.storage.sql.database import Database
from app.storage.sql.events_tables import meta
from app.storage.sql.partitions import PARENTS, held, make_ahead
from app.storage.sql.presence import processes
from app.storage.sql.schema import NOTED
from app.storage.sql.texts import TABLE
from app.storage.sql.transfer_tables import MADE, OF_STORES, TABLES, kept_in_meta

_OF_STORE: Final = tuple(
    str(table.name) for table in (*MADE, *reversed(tuple(OF_STORES.values()))) if table is not processes
)
"""But for the index of words; whoever refers to another comes before it."""
_OF_SQLITE: Final = tuple(name for name in _OF_STORE if name != "event_keys")
_ALL: Final = tuple(sorted({str(table.name) for table in (*TABLES.values(), *MADE)} | {TABLE, NOTED}))
_TRIGGERED: Final = "refuse_change_of_audit"
"""What triggers of our tables call on Postgres, which does not go with them."""


def empty_store(connection: Connection) -> None:
    """Delete events, jobs, series and all that is kept beside them; what is of the house stays."""
    if connection.dialect.name == "sqlite":
        _empty_sqlite(connection)
    else:
        _empty_postgres(connection)
    connection.execute(delete(meta).where(~kept_in_meta()))
    connection.execute(insert(meta).values(key="cursor", value=0))


def remove(database: Database) -> None:
    """Delete all that there is of ours: SQLite's file, or on Postgres each table; nobody else may use it."""
    if not database.is_sqlite:
        database.write(_drop_all)
        return
    database.close()
    file = Path(database.url.database or "")
    for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
        file.with_name(name).unlink(missing_ok=True)


def _empty_sqlite(connection: Connection) -> None:
    ask = connection.exec_driver_sql
    made = ask("SELECT sql FROM sqlite_schema WHERE name = ?", (TABLE,)).scalar_one()
    ask(f"DROP TABLE {TABLE}")  # word by word it would take hours
    ask(made)
    for name in _OF_SQLITE:
        ask(f"DELETE FROM {name}")  # noqa: S608  (constants)
        ask("DELETE FROM sqlite_sequence WHERE name = ?", (name,))


def _empty_postgres(connection: Connection) -> None:
    connection.execute(text(f"TRUNCATE {', '.join(_OF_STORE)}, {TABLE} RESTART IDENTITY"))
    for partition in held(connection):
        connection.execute(text(f"DROP TABLE {', '.join(map(partition.of, PARENTS))}"))
    make_ahead(connection, 0)


def _drop_all(connection: Connection) -> None:
    connection.execute(text(f"DROP TABLE IF EXISTS {', '.join(_ALL)} CASCADE"))
    connection.execute(text(f"DROP FUNCTION IF EXISTS {_TRIGGERED}"))
