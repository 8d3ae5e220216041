"""Events as rows, in the way that each database takes them fastest: a whole batch at once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, exc

from app.storage.base import Event
from app.storage.sql import event_keys
from app.storage.sql.partitions import make_ahead

_SHARED: Final = ("job_key", "type", "epoch", "flags", "level")
"""What the events of a batch mostly have in common: then it is bound once for all rows of a statement."""

_OWN: Final = ("cursor", "at_ms", "id", "seq", "digest", "data")
_COLUMNS: Final = (*_SHARED, *_OWN)
"""Of each event; `received_ms` is one for all, but for Postgres, which is given that of each."""

_POSTGRES: Final = {
    "job_key": "int8", "type": "text", "epoch": "bytea", "flags": "int2", "level": "int2",
    "cursor": "int8", "at_ms": "int8", "id": "bytea", "seq": "int8", "digest": "int8", "data": "text",
}  # fmt: skip

_shared: Final[Callable[[Event], tuple[Any, ...]]] = attrgetter(*_SHARED)
_own: Final[Callable[[Event], tuple[Any, ...]]] = attrgetter(*_OWN)
_dated: Final[Callable[[Event], tuple[Any, ...]]] = attrgetter("received_ms", *_COLUMNS)


class SqliteRows:
    """One statement a few hundred rows: binding and stepping in one call costs half of `executemany`."""

    _AT_ONCE: Final = 500  # × 11 values, of the 32,766 that a statement may have

    def insert(self, connection: Connection, events: Sequence[Event]) -> int:
        """Insert all but those whose (job, id) is taken; how many were inserted."""
        written = 0
        for start in range(0, len(events), self._AT_ONCE):
            some = events[start : start + self._AT_ONCE]
            own, shared, alike = map(_own, some), _shared(some[0]), list(map(_shared, some))
            if alike.count(shared) == len(alike):
                statement = _sqlite_insert(len(some), shared=True)
                values = (some[0].received_ms, *shared, *chain.from_iterable(own))
            else:
                statement = _sqlite_insert(len(some), shared=False)
                values = (some[0].received_ms, *chain.from_iterable(chain.from_iterable(zip(alike, own, strict=True))))
            written += connection.exec_driver_sql(statement, values).rowcount
        return written

    def undone(self) -> None:
        """Nothing is known here that could be."""

    def held(self, connection: Connection, keys: Sequence[tuple[int, bytes]]) -> dict[tuple[int, bytes], int | None]:
        """The digests of the events that hold these (job, id)."""
        found = {}
        for start in range(0, len(keys), self._AT_ONCE):
            some = keys[start : start + self._AT_ONCE]
            statement = (
                f"SELECT job_key, id, digest FROM (VALUES {', '.join(['(?, ?)'] * len(some))}) AS w"  # noqa: S608
                " CROSS JOIN events WHERE job_key = w.column1 AND id = w.column2 AND id IS NOT NULL"
            )
            for job_key, id_, digest in connection.exec_driver_sql(statement, tuple(chain.from_iterable(some))):
                found[job_key, id_] = digest
        return found


class PostgresRows:
    """By COPY, after the keys: two thirds of the time that one statement takes, or less; see decision 0024."""

    _COPY: Final = f"COPY events (received_ms, {', '.join(_COLUMNS)}) FROM STDIN (FORMAT binary)"
    _TYPES: Final = ("int8", *(_POSTGRES[name] for name in _COLUMNS))

    def __init__(self) -> None:
        self._partitions_until = 0

    def insert(self, connection: Connection, events: Sequence[Event]) -> int:
        """See `SqliteRows`. Its cursors must have been given in the same transaction, so that others wait."""
        if events[-1].cursor >= self._partitions_until:
            self._partitions_until = make_ahead(connection, events[-1].cursor)
        taken = event_keys.take(connection, events)
        new = events if taken is None else [event for event in events if event.id is None or event.cursor in taken]
        driver: Any = connection.connection.driver_connection
        with _as_sqlalchemy(connection, self._COPY), driver.cursor().copy(self._COPY) as copy:
            copy.set_types(self._TYPES)
            for row in map(_dated, new):
                copy.write_row(row)
        return len(new)

    def held(self, connection: Connection, keys: Sequence[tuple[int, bytes]]) -> dict[tuple[int, bytes], int | None]:
        """See `SqliteRows`."""
        return event_keys.held(connection, keys)

    def undone(self) -> None:
        """What this one knows of partitions may have been undone with a transaction."""
        self._partitions_until = 0


@lru_cache(maxsize=1_000)
def _sqlite_insert(rows: int, *, shared: bool) -> str:
    """An insert of `rows` rows; `shared` ones take what they have in common from the first numbers."""
    common = [f"?{number}" for number in range(1, 2 + len(_SHARED))] if shared else ["?1", *"?" * len(_SHARED)]
    one = f"({', '.join(common)}, {', '.join('?' * len(_OWN))})"
    head = f"INSERT INTO events (received_ms, {', '.join(_COLUMNS)}) VALUES "  # noqa: S608  (constants)
    return f"{head}{', '.join([one] * rows)} ON CONFLICT DO NOTHING"


@contextmanager
def _as_sqlalchemy(connection: Connection, statement: str) -> Iterator[None]:
    """Its errors for the driver's, which nobody else turns into those."""
    try:
        yield
    except psycopg.Error as error:
        told = exc.DBAPIError.instance(statement, (), error, psycopg.Error, dialect=connection.dialect)
        raise told from error
