"""Rows of the tables to records and back."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Row, select

from app.storage.base import Event, Job
from app.storage.sql.conditions import VISIBLE
from app.storage.sql.events_tables import events, jobs

EVENTS = (
    select(events, jobs.c.id.label("job_id"), jobs.c.sender_id)
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
    """The record of a row of `events` joined with its job's `id` as `job_id` and its `sender_id`; `data`: its body."""
    return Event(
        sender_id=-row.job_key if row.job_key < 0 else row.sender_id,
        type=row.type,
        job_id=row.job_id or "",
        at_ms=row.at_ms,
        data=data,
        digest=row.digest or 0,
        body=msgspec.json.decode(data),
        id=row.id,
        seq=row.seq,
        epoch=row.epoch,
        flags=row.flags,
        level=row.level,
        received_ms=row.received_ms,
        cursor=row.cursor,
        job_key=row.job_key,
    )
