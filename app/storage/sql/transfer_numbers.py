"""Numbers of a database that are in no row: the last keys that were given, and whether anything was written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, func, select, text

from app.storage.base_copying import Numbers
from app.storage.sql import set_back
from app.storage.sql.database import Database
from app.storage.sql.groups import MARK as GROUPED
from app.storage.sql.inserts import insert_rows
from app.storage.sql.removal import REMOVED
from app.storage.sql.transfer_tables import TABLES

_SET: Final = (
    "INSERT INTO meta (key, value) VALUES",
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
)


def version(database: Database) -> str:
    """See `Transfer.version`."""
    if not database.is_sqlite:
        newest = text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
        return str(database.read(lambda connection: connection.scalar(newest)))
    file = Path(database.url.database or "")
    places = (file, file.with_name(f"{file.name}-wal"))
    found = [place.stat() for place in places if place.is_file()]
    return " ".join(f"{each.st_mtime_ns}:{each.st_size}" for each in found if each.st_size)


def counters(connection: Connection) -> dict[str, int]:
    """The last number given by each table that numbers its rows by itself and never gives a number twice."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")
        return {str(name): int(last) for name, last in rows}
    last = text("SELECT pg_sequence_last_value(CAST(:sequence AS regclass))")  # null before the first
    return {
        name: connection.scalar(last, {"sequence": sequence}) or 0 for name, sequence in _sequences(connection).items()
    }


def raise_counters(connection: Connection, known: Mapping[str, int]) -> None:
    """Give no number up to these any more, nor one that a row has."""
    now = counters(connection)
    if connection.dialect.name == "sqlite":  # which looks at the rows by itself
        for name, last in known.items():
            if now.get(name, 0) < last and name in TABLES:
                connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": name})
                row = {"name": name, "seq": last}
                connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)"), row)
        return
    for name, sequence in _sequences(connection).items():
        (key,) = TABLES[name].primary_key
        greatest = connection.scalar(select(func.max(key))) or 0
        last = max(greatest, known.get(name, 0), now[name])
        if last:
            connection.execute(text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last})


def take_over(connection: Connection, numbers: Numbers) -> None:
    """See `Transfer.finish`."""
    raise_counters(connection, numbers.given)
    marks = {"cursor": numbers.cursor, REMOVED: numbers.removed, GROUPED: numbers.grouped}
    insert_rows(connection, _SET, sorted(marks.items()))
    set_back.measure(connection)


def _sequences(connection: Connection) -> dict[str, str]:
    """The sequence of each table of Postgres that has one, by the table's name."""
    found = {}
    for name, table in TABLES.items():
        keys = list(table.primary_key)
        if len(keys) != 1 or table.name != name:
            continue
        asked = {"name": name, "key": keys[0].name}
        sequence = connection.scalar(text("SELECT pg_get_serial_sequence(:name, :key)"), asked)
        if sequence is not None:
            found[name] = str(sequence)
    return found
