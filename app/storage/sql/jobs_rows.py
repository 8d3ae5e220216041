"""Rows of jobs for the write path, by the driver: a batch may be of as many jobs as it has events.

SQLAlchemy takes ten times as long for a row, and most of that for columns that are as they were. So only those that
have changed are written, of all jobs that have changed in the same ones together. What the indexes hold of a job hardly
ever changes, and writing it would mean writing them.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Dialect

from app.storage.base import Job
from app.storage.sql.events_tables import jobs
from app.storage.sql.rows import JOB_FIELDS, JOB_JSON

_JSON: Final = frozenset(JOB_JSON)
_PINNED: Final = JOB_FIELDS.index("pinned")
_JSON_PLACES: Final = [place for place, name in enumerate(JOB_FIELDS) if name in _JSON]
_NEW: Final = (
    "id", "sender_id", "created_at", "tags", "config", "status", "attempt", "items", "errors", "last_event_at",
    "totals", "first_cursor", "last_cursor",
)  # fmt: skip
"""What a new job's row is made with; nothing else is known of it."""

_AT_ONCE: Final = 500
_SELECT: Final = f"SELECT {', '.join(JOB_FIELDS)} FROM jobs WHERE id"  # noqa: S608  (constants)


def read_jobs(connection: Connection, ids: Sequence[str]) -> dict[str, Job]:
    """Those of these ids that there are."""
    if _is_postgres(connection):  # whose driver decodes JSON
        rows = connection.exec_driver_sql(f"{_SELECT} = ANY(%s)", (list(ids),)).cursor.fetchall()
        return {row[0]: Job(*row) for row in rows}
    found = {}
    for start in range(0, len(ids), _AT_ONCE):
        some = tuple(ids[start : start + _AT_ONCE])
        for row in connection.exec_driver_sql(_select(len(some)), some).cursor.fetchall():
            values = list(row)
            for place in _JSON_PLACES:
                values[place] = msgspec.json.decode(values[place])
            values[_PINNED] = bool(values[_PINNED])
            found[values[0]] = Job(*values)
    return found


def insert_jobs(connection: Connection, new: Sequence[Job]) -> None:
    """Insert new jobs, which learn their keys; these rise in the same order."""
    one = f"({', '.join(['%s' if _is_postgres(connection) else '?'] * len(_NEW))})"
    for start in range(0, len(new), _AT_ONCE):
        some = new[start : start + _AT_ONCE]
        rows = ", ".join([one] * len(some))
        statement = f"INSERT INTO jobs ({', '.join(_NEW)}) VALUES {rows} RETURNING id, key"  # noqa: S608  (marks only)
        values = tuple(value for job in some for value in _values(job, _NEW))
        keys = dict(connection.exec_driver_sql(statement, values).cursor.fetchall())
        for job in some:
            job.key = keys[job.id]


def update_jobs(connection: Connection, names: tuple[str, ...], changed: Sequence[Job]) -> Sequence[Job]:
    """Write these columns of the jobs; those of them that are there, as one may be deleted meanwhile on Postgres."""
    wanted = (*names, "key")
    rows = [_values(job, wanted) for job in changed]
    if not _is_postgres(connection):
        connection.exec_driver_sql(_update(names), rows)
        return changed
    # One JSON argument for all: psycopg's adaptation of single values costs more than the update.
    records = json.dumps([dict(zip(wanted, row, strict=True)) for row in rows])
    written = set(connection.exec_driver_sql(_update_from_json(names, connection.dialect), (records,)).scalars())
    return [job for job in changed if job.key in written]


def _is_postgres(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def _values(job: Job, names: tuple[str, ...]) -> tuple[Any, ...]:
    """The columns of a job as a driver takes them, more than one."""
    values: tuple[Any, ...] = _getter(names)(job)
    if _JSON.isdisjoint(names):
        return values
    return tuple(json.dumps(value) if name in _JSON else value for name, value in zip(names, values, strict=True))


@lru_cache(maxsize=1_000)
def _getter(names: tuple[str, ...]) -> "attrgetter[tuple[Any, ...]]":
    return attrgetter(*names)


@lru_cache(maxsize=_AT_ONCE)
def _select(number: int) -> str:
    return f"{_SELECT} IN ({', '.join('?' * number)})"


@lru_cache(maxsize=1_000)
def _update(names: tuple[str, ...]) -> str:
    return f"UPDATE jobs SET {', '.join(f'{name} = ?' for name in names)} WHERE key = ?"  # noqa: S608  (columns)


@lru_cache(maxsize=1_000)
def _update_from_json(names: tuple[str, ...], dialect: Dialect) -> str:
    types = {name: "text" if name in _JSON else jobs.c[name].type.compile(dialect) for name in names}
    new = ", ".join(f"{name} = r.{name}{'::json' if name in _JSON else ''}" for name in names)
    columns = ", ".join(f"{name} {type_}" for name, type_ in types.items())
    source = f"json_to_recordset(%s) AS r(key bigint, {columns})"
    return f"UPDATE jobs SET {new} FROM {source} WHERE jobs.key = r.key RETURNING jobs.key"  # noqa: S608  (columns)
