"""Rows of the tables to records and back."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Row, select

from app.storage.base import Event, Job
from app.storage.sql.conditions import VISIBLE
from app.storage.sql.events_tables import events, jobs

_EVENT: Final = (
    "cursor", "job_key", "type", "at_ms", "received_ms", "id", "seq", "epoch", "flags", "level", "digest", "data",
)  # fmt: skip

EVENTS = (
    select(*(events.c[name] for name in _EVENT), jobs.c.id.label("job_id"), jobs.c.sender_id)
    .outerjoin(jobs, events.c.job_key == jobs.c.key)
    .where(VISIBLE)
)
"""Events as `app.storage.sql.bodies` reads them."""

JOB_CHANGING: Final = (
    "source", "query", "tags", "config", "status", "attempt", "done", "total", "unit", "items", "items_reported",
    "errors", "started_at", "finished_at", "duration", "last_event_at", "worker", "reason", "totals",
    "first_cursor", "last_cursor", "pinned",
)  # fmt: skip
"""The columns of `jobs` that may change after the row was made."""

JOB_JSON: Final = ("tags", "config", "totals")
"""Those that hold JSON."""

JOB_FIELDS: Final = ("id", "sender_id", "created_at", "key", *JOB_CHANGING)
"""All of them, in the order of `Job`."""

JOBS = select(*(jobs.c[name] for name in JOB_FIELDS))
"""Jobs as `job_of` takes them."""


def job_of(row: Sequence[Any]) -> Job:
    """The record of a row of `JOBS`."""
    return Job(*row)


def event_of(row: Row[Any], data: str) -> Event:
    """The record of a row of `EVENTS`; `data`: its body. Taken apart at once, as they come by the hundred."""
    cursor, job_key, type_, at_ms, received_ms, id_, seq, epoch, flags, level, digest, _, job_id, sender_id = tuple(row)
    return Event(
        sender_id=-job_key if job_key < 0 else sender_id,
        type=type_,
        job_id=job_id or "",
        at_ms=at_ms,
        data=data,
        digest=digest or 0,
        body=msgspec.json.decode(data),
        id=id_,
        seq=seq,
        epoch=epoch,
        flags=flags,
        level=level,
        received_ms=received_ms,
        cursor=cursor,
        job_key=job_key,
    )
