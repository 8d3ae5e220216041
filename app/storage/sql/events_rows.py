"""Events as rows, in the way that each database takes them fastest: one statement for a whole batch."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from app.storage.base import Event

_SHARED: Final = ("job_key", "type", "epoch", "flags", "level")
"""What the events of a batch mostly have in common: then it is bound once for all rows of a statement."""

_OWN: Final = ("cursor", "at_ms", "id", "seq", "digest", "data")
_COLUMNS: Final = (*_SHARED, *_OWN)
"""Of each event; `received_ms` is one for all."""

_shared: Final[Callable[[Event], tuple[Any, ...]]] = attrgetter(*_SHARED)
_own: Final[Callable[[Event], tuple[Any, ...]]] = attrgetter(*_OWN)
_row: Final[Callable[[Event], tuple[Any, ...]]] = attrgetter(*_COLUMNS)


class SqliteRows:
    """One statement a few hundred rows: binding and stepping in one call costs half of `executemany`."""

    _AT_ONCE: Final = 500  # × 11 values, of the 32,766 that a statement may have

    def insert(self, connection: Connection, events: Sequence[Event]) -> int:
        """Insert all but those whose (job, id) is taken; how many that were."""
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
    """The whole batch as one JSON argument: psycopg's adaptation of single values costs more than the insert."""

    _INSERT: Final = (  # noqa: S608  (made of constants)
        "INSERT INTO events (received_ms, {names}) SELECT %s, {values}"
        " FROM json_to_recordset(%s) AS r(cursor bigint, job_key bigint, type text, at_ms bigint, id text, seq bigint,"
        " epoch text, flags smallint, level smallint, digest bigint, data text) ON CONFLICT DO NOTHING"
    ).format(
        names=", ".join(_COLUMNS),
        values=", ".join(f"decode({name}, 'hex')" if name in {"id", "epoch"} else name for name in _COLUMNS),
    )
    _HELD: Final = (
        "SELECT e.job_key, e.id, e.digest FROM events e JOIN"
        " (SELECT DISTINCT job_key, decode(id, 'hex') AS id FROM json_to_recordset(%s) AS r(job_key bigint, id text)) w"
        " ON e.job_key = w.job_key AND e.id = w.id AND e.id IS NOT NULL"
    )

    def insert(self, connection: Connection, events: Sequence[Event]) -> int:
        """See `SqliteRows`."""
        values = (events[0].received_ms, _json(_COLUMNS, list(map(_row, events))))
        return connection.exec_driver_sql(self._INSERT, values).rowcount

    def held(self, connection: Connection, keys: Sequence[tuple[int, bytes]]) -> dict[tuple[int, bytes], int | None]:
        """See `SqliteRows`."""
        rows = connection.exec_driver_sql(self._HELD, (_json(("job_key", "id"), keys),))
        return {(row.job_key, bytes(row.id)): row.digest for row in rows}


@lru_cache(maxsize=1_000)
def _sqlite_insert(rows: int, *, shared: bool) -> str:
    """An insert of `rows` rows; `shared` ones take what they have in common from the first numbers."""
    common = [f"?{number}" for number in range(1, 2 + len(_SHARED))] if shared else ["?1", *"?" * len(_SHARED)]
    one = f"({', '.join(common)}, {', '.join('?' * len(_OWN))})"
    head = f"INSERT INTO events (received_ms, {', '.join(_COLUMNS)}) VALUES "  # noqa: S608  (constants)
    return f"{head}{', '.join([one] * rows)} ON CONFLICT DO NOTHING"


def _json(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    hexed = [
        {name: value.hex() if isinstance(value, bytes) else value for name, value in zip(names, row, strict=True)}
        for row in rows
    ]
    return msgspec.json.encode(hexed).decode()
