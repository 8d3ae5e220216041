"""Events and jobs in SQLite or Postgres."""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Row,
    Select,
    Text,
    bindparam,
    cast,
    delete,
    func,
    or_,
    select,
)

from app.core.clock import Clock
from app.storage.base import Commit, Event, EventFilter, Fold, Job, JobFilter
from app.storage.sql.append import Append, MergePoints
from app.storage.sql.database import Database
from app.storage.sql.events_tables import event_keys, events, jobs
from app.storage.sql.rows import event_of, job_of

# A job that is being deleted goes before its events; they are out of sight at once.
_EVENTS = (
    select(events, jobs.c.id.label("job_id"))
    .outerjoin(jobs, events.c.job_key == jobs.c.key)
    .where(or_(jobs.c.key.is_not(None), events.c.job_key == 0))
)
# One by one: for many keys at once SQLite reads the whole table.
_DELETE_KEY = delete(event_keys).where(event_keys.c.owner == bindparam("b_owner"), event_keys.c.id == bindparam("b_id"))
_SLICE: Final = 1_000
"""Rows of a deleted job that one transaction takes: some 20 ms."""


class SqlEventStore:
    """`EventStore` over one database.

    Args:
        database: where the tables are.
        clock: gives the receive times.
        merge: puts the fold's points into their series, in the same transaction.
    """

    durable = True

    def __init__(self, database: Database, clock: Clock, merge: MergePoints) -> None:
        self._database = database
        self._clock = clock
        self._merge = merge

    def append(self, events: Sequence[Event], fold: Fold) -> Commit:
        """See `EventStore`."""
        append = Append(fold, self._clock, self._merge, sqlite=self._database.is_sqlite)
        return self._database.write(lambda connection: append(connection, events))

    def events(self, wanted: EventFilter, *, before: int | None = None, limit: int = 100) -> list[Event]:
        """See `EventStore`."""
        query = _EVENTS.where(*_event_conditions(wanted)).order_by(events.c.cursor.desc()).limit(limit)
        return self._events(query if before is None else query.where(events.c.cursor < before))

    def events_after(self, wanted: EventFilter, *, after: int, limit: int = 500) -> list[Event]:
        """See `EventStore`."""
        query = _EVENTS.where(*_event_conditions(wanted), events.c.cursor > after)
        return self._events(query.order_by(events.c.cursor).limit(limit))

    def _events(self, query: Select[Any]) -> list[Event]:
        return self._database.read(lambda connection: [event_of(row) for row in connection.execute(query)])

    def head(self) -> int:
        """See `EventStore`."""
        return self._scalar(select(func.max(events.c.cursor))) or 0

    def jobs(self, wanted: JobFilter, *, before: int | None = None, limit: int = 100) -> list[Job]:
        """See `EventStore`."""
        query = select(jobs).where(*_job_conditions(wanted)).order_by(jobs.c.key.desc()).limit(limit)
        if before is not None:
            query = query.where(jobs.c.key < before)
        return self._database.read(lambda connection: [job_of(row) for row in connection.execute(query)])

    def job(self, job_id: str) -> Job | None:
        """See `EventStore`."""
        query = select(jobs).where(jobs.c.id == job_id)
        row = self._database.read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else job_of(row)

    def job_counts(self, wanted: JobFilter) -> dict[str, int]:
        """See `EventStore`."""
        query = select(jobs.c.status, func.count()).where(*_job_conditions(wanted)).group_by(jobs.c.status)
        return self._database.read(lambda connection: dict(connection.execute(query).all()))

    def last_seqs(self, sender_id: int, epoch: bytes) -> dict[str, int]:
        """See `EventStore`."""
        query = (
            select(jobs.c.id, func.max(events.c.seq))
            .join(events, events.c.job_key == jobs.c.key)
            .where(jobs.c.sender_id == sender_id, jobs.c.status.in_(("queued", "running", "stalled", "lost")))
            .where(events.c.epoch == epoch, events.c.seq.is_not(None))
            .group_by(jobs.c.id)
        )
        return self._database.read(lambda connection: dict(connection.execute(query).all()))

    def delete_job(self, job_id: str) -> bool:
        """See `EventStore`."""
        job = delete(jobs).where(jobs.c.id == job_id).returning(jobs.c.key)
        key: int | None = self._database.write(lambda connection: connection.execute(job).scalar())
        if key is None:
            return False
        # A job made anew has another key, so that whatever lies under this one is nobody's any more.
        ids = select(event_keys.c.id).where(event_keys.c.owner == key).limit(_SLICE)
        cursors = select(events.c.cursor).where(events.c.job_key == key).order_by(events.c.cursor).limit(_SLICE)
        for statement in (
            delete(event_keys).where(event_keys.c.owner == key, event_keys.c.id.in_(ids)),
            delete(events).where(events.c.cursor.in_(cursors)),
        ):
            while self._database.write(partial(_deleted, statement)) == _SLICE:
                pass
        return True

    def prune(self, *, events_before_ms: int, logs_before_ms: int, limit: int) -> int:
        """See `EventStore`."""
        queries = (_oldest(events_before_ms, limit), _oldest(logs_before_ms, limit, events.c.type == "log"))
        found = self._database.read(
            lambda connection: {row.cursor: row for query in queries for row in connection.execute(query)}
        )
        old = list(found.values())[:limit]
        return self._database.write(partial(_delete_events, old)) if old else 0

    def _scalar(self, query: Select[Any]) -> Any:
        return self._database.read(lambda connection: connection.execute(query).scalar())


def _deleted(statement: Delete, connection: Connection) -> int:
    return connection.execute(statement).rowcount


def _oldest(before_ms: int, limit: int, *conditions: ColumnElement[bool]) -> Select[Any]:
    """Of the `limit` oldest events, those received before that time: receive times rise with the cursor."""
    columns = (events.c.cursor, events.c.job_key, events.c.sender_id, events.c.id, events.c.received_ms)
    oldest = select(*columns).where(*conditions).order_by(events.c.cursor).limit(limit).subquery()
    return select(oldest).where(oldest.c.received_ms < before_ms).order_by(oldest.c.cursor)


def _delete_events(old: Sequence[Row[Any]], connection: Connection) -> int:
    keys = [{"b_owner": row.job_key or -row.sender_id, "b_id": row.id} for row in old if row.id is not None]
    if keys:
        connection.execute(_DELETE_KEY, keys)
    return connection.execute(delete(events).where(events.c.cursor.in_([row.cursor for row in old]))).rowcount


def _event_conditions(wanted: EventFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.job_id is not None:
        owner = select(jobs.c.key).where(jobs.c.id == wanted.job_id).scalar_subquery()
        found.append(events.c.job_key == owner)
    if wanted.types:
        found.append(events.c.type.in_(wanted.types))
    if wanted.min_level is not None:
        found.append(events.c.level >= wanted.min_level)
    if wanted.q:
        found.append(events.c.data.icontains(wanted.q, autoescape=True))
    if wanted.from_ms is not None:
        found.append(events.c.at_ms >= wanted.from_ms)
    if wanted.to_ms is not None:
        found.append(events.c.at_ms <= wanted.to_ms)
    return found


def _job_conditions(wanted: JobFilter) -> list[ColumnElement[bool]]:
    began = func.coalesce(jobs.c.started_at, jobs.c.created_at)
    found: list[ColumnElement[bool]] = []
    if wanted.statuses:
        found.append(jobs.c.status.in_(wanted.statuses))
    if wanted.source is not None:
        found.append(jobs.c.source == wanted.source)
    if wanted.q:
        found.append(
            or_(*(column.icontains(wanted.q, autoescape=True) for column in (jobs.c.id, jobs.c.source, jobs.c.query)))
        )
    if wanted.tag is not None:
        found.append(cast(jobs.c.tags, Text).contains(json.dumps(wanted.tag), autoescape=True))
    if wanted.from_ms is not None:
        found.append(began >= wanted.from_ms)
    if wanted.to_ms is not None:
        found.append(began <= wanted.to_ms)
    return found
