"""Packing bodies of finished jobs' events in SQLite or Postgres, and back.

Rows stay where they are, with all that is asked of them but their bodies; those go into chunks. A chunk is read and
made beside the writer, who then only puts it in and empties its rows, in one transaction that is done as a whole or not
at all: if any of those rows has changed meanwhile, it is not.

Two kinds of events keep their bodies. What no job has is never over. And alerts say how severe they are in their body
alone, which the database is asked for; there are few.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    TextClause,
    delete,
    func,
    insert,
    select,
    text,
    update,
)

from app.core.clock import Clock, cpu_us
from app.storage.base_packing import Packed
from app.storage.sql.bodies import LOG
from app.storage.sql.chunks import packed, unpacked
from app.storage.sql.chunks_tables import PACKED, event_chunks
from app.storage.sql.conditions import ALERT
from app.storage.sql.database import Database
from app.storage.sql.events_tables import UNPACKED, events, jobs, meta
from app.storage.sql.pace import Pace

MOST_EVENTS: Final = 500
MOST_LETTERS: Final = 256 * 1024
"""Of a chunk, before it is packed: a page that needs one event of it unpacks all in about 0.2 ms."""
_LEAST_EVENTS: Final = 50
_MOST_JOBS: Final = 50
"""Of one transaction."""
_EVENTS: Final = "packed events"
_US: Final = "packed us"
_COUNT: Final = (
    "INSERT INTO meta (key, value) VALUES (:key, :value)"
    " ON CONFLICT (key) DO UPDATE SET value = meta.value + excluded.value"
)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """What is to be put in, and how long it took to make, microseconds of CPU."""

    is_log: bool
    cursors: Sequence[int]
    letters: int
    packed: bytes
    took_us: int


class _Part(NamedTuple):
    """A job's chunks, after which all is packed up to a cursor."""

    job_key: int
    upto: int
    chunks: Sequence[_Chunk]


class SqlPacking:
    """See `Packing`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._pace = Pace(clock)

    def pack(self, ended_before_ms: int) -> int | None:
        """See `Packing`."""
        most = max(_LEAST_EVENTS, int(MOST_EVENTS * self._pace.share))
        found = self._database.read(partial(_next, ended_before_ms=ended_before_ms, most=most))
        return self._database.write(self._pace.timed(partial(_put, parts=found))) if found else None

    def waiting(self, ended_before_ms: int) -> int:
        """See `Packing`."""
        query = select(func.count()).select_from(jobs).where(*_over(ended_before_ms))
        return int(self._database.read(lambda connection: connection.execute(query).scalar_one()))

    def unpack(self, before: int | None = None) -> tuple[int, int] | None:
        """See `Packing`."""
        # From the newest on, so that what is left packed of a job comes before what is not.
        query = select(event_chunks).order_by(event_chunks.c.last_cursor.desc()).limit(1)
        query = query if before is None else query.where(event_chunks.c.last_cursor < before)
        chunk = self._database.read(lambda connection: connection.execute(query).one_or_none())
        if chunk is None:
            return None
        bodies = unpacked(chunk.packed, chunk.letters, chunk.first_cursor, chunk.last_cursor)
        return chunk.last_cursor, self._database.write(partial(_put_back, chunk=chunk, bodies=bodies))

    def packed(self) -> Packed:
        """See `Packing`."""
        sums = (func.coalesce(func.sum(each), 0) for each in _SUMMED)
        costs = select(meta.c.key, meta.c.value).where(meta.c.key.in_((_EVENTS, _US)))

        def read(connection: Connection) -> Packed:
            spent: dict[str, int] = dict(iter(connection.execute(costs).all()))
            number, letters, size = map(int, connection.execute(select(*sums)).one())
            return Packed(number, letters, size, spent.get(_US, 0), spent.get(_EVENTS, 0))

        return self._database.read(read)


_SUMMED: Final = (event_chunks.c.events, event_chunks.c.letters, func.length(event_chunks.c.packed))


def _over(ended_before_ms: int) -> tuple[TextClause, ColumnElement[bool]]:
    """Jobs that ended before that time and have something left; written as their index is."""
    return text(UNPACKED), jobs.c.finished_at < ended_before_ms


def _next(connection: Connection, ended_before_ms: int, most: int) -> list[_Part]:
    """What is to be packed next, of as many jobs as it takes; nothing where no job has anything left."""
    columns = (jobs.c.key, jobs.c.packed_cursor, jobs.c.last_cursor)
    over = select(*columns).where(*_over(ended_before_ms)).order_by(jobs.c.key).limit(_MOST_JOBS)
    parts = []
    left = most
    for job in connection.execute(over).all():
        rows, is_all = _unpacked(connection, job, left)
        by_kind = ((is_log, _of_kind(rows, is_log=is_log)) for is_log in (False, True))
        chunks = [_made(some, is_log=is_log) for is_log, some in by_kind if some]
        parts.append(_Part(job.key, job.last_cursor if is_all else rows[-1].cursor, chunks))
        left -= len(rows)
        if left <= 0 or not is_all:
            break
    return parts


def _unpacked(
    connection: Connection, job: Row[*tuple[Any, ...]], most: int
) -> tuple[list[Row[*tuple[Any, ...]]], bool]:
    """The job's first events whose body is in their row, as many as a chunk may have, and whether these are all."""
    query = (
        select(events.c.cursor, events.c.type, events.c.data)
        .where(events.c.job_key == job.key, events.c.cursor > job.packed_cursor, events.c.cursor <= job.last_cursor)
        .where(events.c.data != PACKED)
        .order_by(events.c.cursor)
        .limit(most)
    )
    rows: list[Row[*tuple[Any, ...]]] = []
    letters = 0
    with connection.execute(query) as found:
        for row in found:
            letters += len(row.data)
            if rows and letters > MOST_LETTERS:
                return rows, False
            rows.append(row)
    return rows, len(rows) < most


def _of_kind(rows: Sequence[Row[*tuple[Any, ...]]], *, is_log: bool) -> list[tuple[int, str]]:
    """Cursors and bodies for a chunk of logs or of others; a body with line breaks, as old versions took it, stays."""
    some = [row for row in rows if (row.type == LOG) == is_log and row.type != ALERT]
    return [(row.cursor, row.data) for row in some if "\n" not in row.data]


def _made(some: Sequence[tuple[int, str]], *, is_log: bool) -> _Chunk:
    began_us = cpu_us()
    cursors, bodies = zip(*some, strict=True)
    letters = sum(len(body.encode()) for body in bodies)
    chunk = packed(cursors, bodies)
    if unpacked(chunk, letters, cursors[0], cursors[-1]) != dict(some):
        raise ValueError(f"The bodies of events {cursors[0]} to {cursors[-1]} would not be read as they are")
    return _Chunk(is_log, cursors, letters, chunk, cpu_us() - began_us)


def _put(connection: Connection, share: float, parts: Sequence[_Part]) -> int:  # noqa: ARG001  (they are as large as that)
    """Put all of it in but what has changed meanwhile; returns how many events."""
    done = took_us = 0
    for part in parts:
        began_us = cpu_us()
        if _put_part(connection, part):
            done += sum(len(chunk.cursors) for chunk in part.chunks)
            took_us += sum(chunk.took_us for chunk in part.chunks) + cpu_us() - began_us
    if done:
        connection.execute(text(_COUNT), [{"key": _EVENTS, "value": done}, {"key": _US, "value": took_us}])
    return done


def _put_part(connection: Connection, part: _Part) -> bool:
    """False if any of its events are gone, or packed by somebody else: then nothing is changed."""
    with connection.begin_nested() as nested:
        for chunk in part.chunks:
            rows = update(events).where(events.c.cursor.in_(chunk.cursors), events.c.data != PACKED)
            if connection.execute(rows.values(data=PACKED)).rowcount != len(chunk.cursors):
                nested.rollback()
                return False
            connection.execute(
                insert(event_chunks).values(
                    last_cursor=chunk.cursors[-1],
                    first_cursor=chunk.cursors[0],
                    job_key=part.job_key,
                    logs=chunk.is_log,
                    events=len(chunk.cursors),
                    letters=chunk.letters,
                    packed=chunk.packed,
                )
            )
        connection.execute(update(jobs).where(jobs.c.key == part.job_key).values(packed_cursor=part.upto))
    return True


def _put_back(connection: Connection, chunk: Row[*tuple[Any, ...]], bodies: dict[int, str]) -> int:
    gone = delete(event_chunks).where(event_chunks.c.last_cursor == chunk.last_cursor)
    if not connection.execute(gone).rowcount:  # somebody else has
        return 0
    connection.execute(text(_BACK), [{"cursor": cursor, "data": body} for cursor, body in bodies.items()])
    connection.execute(update(jobs).where(jobs.c.key == chunk.job_key).values(packed_cursor=0))
    return len(bodies)


_BACK: Final = f"UPDATE events SET data = :data WHERE cursor = :cursor AND data = '{PACKED}'"  # noqa: S608  (a constant)
