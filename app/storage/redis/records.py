"""Events and jobs as the server keeps them: short, and read without looking at what is in them."""

from operator import attrgetter
from typing import Any, Final

import msgspec

from app.storage.base import Event, Job

_JOB: Final = (
    "id", "sender_id", "created_at", "key", "source", "query", "tags", "config", "status", "attempt", "done", "total",
    "unit", "items", "items_reported", "errors", "started_at", "finished_at", "duration", "last_event_at", "worker",
    "reason", "totals", "first_cursor", "last_cursor", "pinned",
)  # fmt: skip
"""What is kept of a job, in the order of `Job`: to add a field, add it at the end of both."""


_EVENT: Final = (
    "sender_id", "type", "job_id", "at_ms", "data", "digest", "id", "seq", "epoch", "flags", "level", "received_ms",
    "job_key",
)  # fmt: skip
"""What is kept of an event: to add a field, add it at the end."""

_of_event: Final = attrgetter(*_EVENT)
_of_job: Final = attrgetter(*_JOB)
_encode: Final = msgspec.msgpack.Encoder().encode
_list: Final = msgspec.msgpack.Decoder(list[Any]).decode


def event_bytes(event: Event) -> bytes:
    """An event with all that is kept of it, but for its cursor."""
    return _encode(_of_event(event))


def event_of(cursor: int, told: bytes) -> Event:
    """The reverse; its `body` is not decoded yet."""
    sender, type_, job_id, at_ms, data, digest, id_, seq, epoch, flags, level, received_ms, key = _list(told)
    return Event(
        sender, type_, job_id, at_ms, data, digest, None, id_, seq, epoch, flags, level, "", received_ms, cursor, key
    )


def with_body(event: Event) -> Event:
    """The same event, its data decoded as well."""
    event.body = msgspec.json.decode(event.data)
    return event


def job_bytes(job: Job) -> bytes:
    """A job with all that is kept of it."""
    return _encode(_of_job(job))


def job_of(told: bytes) -> Job:
    """The reverse."""
    return Job(*_list(told))
