"""Documents of events and jobs, to records and back."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Final

import msgspec

from app.storage.base import Event, Job
from app.storage.counting import severity
from app.storage.mongo.client import Document

ALERT: Final = "system_alert"
"""The type of events that tell how severe they are in their body; the document says it, so that it can be asked for."""

_EVENT: Final = (
    "job_key", "job_id", "sender_id", "type", "at_ms", "received_ms", "flags", "digest", "data",
)  # fmt: skip
_EVENT_OPTIONAL: Final = ("id", "seq", "epoch", "level")
"""Fields that are left out where there is nothing to say, and so are out of their indexes."""

_told: Final[Callable[[Event], tuple[Any, ...]]] = attrgetter(*_EVENT)
_told_perhaps: Final[Callable[[Event], tuple[Any, ...]]] = attrgetter(*_EVENT_OPTIONAL)

_JOB: Final = (
    "id", "sender_id", "created_at", "source", "query", "tags", "status", "attempt", "done", "total", "unit", "items",
    "items_reported", "errors", "started_at", "finished_at", "duration", "last_event_at", "worker", "reason",
    "first_cursor", "last_cursor",
)  # fmt: skip
_JOB_JSON: Final = ("config", "totals")
"""Whatever a scraper said; kept as text, so that no name in it means anything to the database."""


def event_document(event: Event, fence: int) -> Document:
    """How an event is kept, by whoever has that number of the fence."""
    document: Document = dict(zip(_EVENT, _told(event), strict=True))
    document["_id"], document["fence"] = event.cursor, fence
    for name, value in zip(_EVENT_OPTIONAL, _told_perhaps(event), strict=True):
        if value is not None:
            document[name] = value
    if event.type == ALERT and (said := severity(event)) is not None:
        document["severity"] = said
    return document


def event_of(document: Mapping[str, Any]) -> Event:
    """The record of a document."""
    fields: Document = {name: document[name] for name in _EVENT}
    fields |= {name: document.get(name) for name in _EVENT_OPTIONAL}
    return Event(cursor=document["_id"], body=msgspec.json.decode(document["data"]), **fields)


def job_fields(job: Job) -> Document:
    """What is kept of a job under its key; `began` is for those who ask when that was."""
    fields = {name: getattr(job, name) for name in _JOB}
    fields |= {name: msgspec.json.encode(getattr(job, name)).decode() for name in _JOB_JSON}
    fields["pinned"] = job.pinned
    fields["began"] = job.created_at if job.started_at is None else job.started_at
    return fields


def job_of(document: Mapping[str, Any]) -> Job:
    """The record of a document."""
    return Job(
        key=document["_id"],
        **{name: document[name] for name in _JOB},
        pinned=document.get("pinned", False),  # older documents don't say
        **{name: msgspec.json.decode(document[name]) for name in _JOB_JSON},
    )
