"""Events and jobs as the server keeps them: short, and read without looking at what is in them."""

from typing import Any, Final

import msgspec

from app.storage.base import Event, Job

_JOB: Final = (
    "id", "sender_id", "created_at", "key", "source", "query", "tags", "config", "status", "attempt", "done", "total",
    "unit", "items", "items_reported", "errors", "started_at", "finished_at", "duration", "last_event_at", "worker",
    "reason", "totals", "first_cursor", "last_cursor",
)  # fmt: skip
"""What is kept of a job, in the order of `Job`: to add a field, add it at the end of both."""


class _Kept(msgspec.Struct, array_like=True, gc=False):
    sender_id: int
    job_key: int
    job_id: str
    type: str
    at_ms: int
    received_ms: int
    data: str
    digest: int
    id: bytes | None = None
    seq: int | None = None
    epoch: bytes | None = None
    flags: int = 0
    level: int | None = None


_FIELDS: Final = tuple(name for name in _Kept.__struct_fields__)
_encode: Final = msgspec.msgpack.Encoder().encode
_kept: Final = msgspec.msgpack.Decoder(_Kept).decode
_list: Final = msgspec.msgpack.Decoder(list[Any]).decode


def event_bytes(event: Event) -> bytes:
    """An event with all that is kept of it, but for its cursor."""
    return _encode([getattr(event, name) for name in _FIELDS])


def event_of(cursor: int, body: bytes) -> Event:
    """The reverse; its `body` is not decoded yet."""
    kept = _kept(body)
    return Event(cursor=cursor, **{name: getattr(kept, name) for name in _FIELDS})


def with_body(event: Event) -> Event:
    """The same event, its data decoded as well."""
    event.body = msgspec.json.decode(event.data)
    return event


def job_bytes(job: Job) -> bytes:
    """A job with all that is kept of it."""
    return _encode([getattr(job, name) for name in _JOB])


def job_of(told: bytes) -> Job:
    """The reverse."""
    return Job(*_list(told))
