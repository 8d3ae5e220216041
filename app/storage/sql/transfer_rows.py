"""Pages of a table in the order of its key, and the way of such rows into the same table elsewhere."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from msgspec.structs import replace
from sqlalchemy import Connection, Table, insert, literal, select, tuple_
from sqlalchemy.exc import IntegrityError

from app.core.errors import ScrapewatchError
from app.storage.base import Event, Job
from app.storage.base_copying import COLUMNS, Key, Page, Row
from app.storage.labels import series_number
from app.storage.sql.events_rows import PostgresRows, SqliteRows
from app.storage.sql.events_tables import jobs
from app.storage.sql.groups import group_of, group_row
from app.storage.sql.inserts import insert_rows
from app.storage.sql.rows import JOB_FIELDS
from app.storage.sql.transfer_tables import APPENDED, META, TABLES, kept_in_meta

_received: Final = attrgetter("received_ms")


def page(connection: Connection, part: str, after: Key | None, limit: int) -> Page:
    """See `Transfer.dump`."""
    table = TABLES[part]
    keys = list(table.primary_key)
    query = select(table).order_by(*keys).limit(limit)
    if part == META:
        query = query.where(kept_in_meta())
    if after is not None:
        bound = [literal(value, column.type) for value, column in zip(after, keys, strict=True)]
        query = query.where(tuple_(*keys) > tuple_(*bound))
    found = connection.execute(query).all()
    last = found[-1]._mapping if len(found) == limit else None  # noqa: SLF001  (its public name)
    onward = None if last is None else tuple(last[key] for key in keys)
    return Page([_OUT.get(part, tuple)(row) for row in found], onward)


def load(connection: Connection, part: str, rows: Sequence[Row]) -> None:
    """See `Transfer.load`."""
    if not rows:
        return
    if part in _IN:
        _IN[part](connection, rows)
        return
    table = TABLES[part]
    if part in COLUMNS:
        _insert(connection, table, rows)
        return
    names = table.c.keys()
    connection.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])


def _insert(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    insert_rows(connection, (f"INSERT INTO {table.name} ({', '.join(table.c.keys())}) VALUES", ""), rows)


def _load_audit(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add what is not there yet."""
    table = TABLES[APPENDED]
    head = f"INSERT INTO {table.name} ({', '.join(table.c.keys())}) VALUES"
    insert_rows(connection, (head, "ON CONFLICT (id) DO NOTHING"), rows)


def _load_events(connection: Connection, rows: Sequence[Event]) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    insert = (SqliteRows if is_sqlite else PostgresRows)().insert
    # An event of before there were digests is taken for the same as any of its id.
    stored = [event if event.digest else replace(event, digest=None) for event in rows]
    # What SQLite stores by one statement was received at one time.
    groups = [list(some) for _, some in groupby(stored, key=_received)] if is_sqlite else [stored]
    try:
        written = sum(insert(connection, some) for some in groups)
    except IntegrityError:
        written = 0
    if written < len(rows):
        raise ScrapewatchError(f"{len(rows) - written} events can't be copied: their cursor or their id is taken.")


def _load_jobs(connection: Connection, rows: Sequence[Job]) -> None:
    connection.execute(insert(jobs), [{name: getattr(job, name) for name in JOB_FIELDS} for job in rows])


def _load_groups(connection: Connection, rows: Sequence[Any]) -> None:
    _insert(connection, TABLES["groups"], list(map(group_row, rows)))


def _load_series(connection: Connection, rows: Sequence[tuple[str, str, int]]) -> None:
    numbered = [(series_number(name, labels), name, labels, last_ms) for name, labels, last_ms in rows]
    _insert(connection, TABLES["series"], numbered)


_OUT: Final[Mapping[str, Callable[[Any], Row]]] = {"groups": group_of, "series": lambda row: tuple(row[1:])}
_IN: Final[Mapping[str, Callable[[Connection, Sequence[Any]], None]]] = {
    APPENDED: _load_audit,
    "events": _load_events,
    "jobs": _load_jobs,
    "groups": _load_groups,
    "series": _load_series,
}
