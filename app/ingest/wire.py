"""An event as outsiders read it: the envelope as it was sent, with what the server adds."""

from typing import Any

import msgspec

from app.core.clock import rfc3339
from app.ingest.fields import ULID_EPOCH, ULID_FORM, id_text
from app.storage.base import REPLAY, Event
from scrapewatch.events import FLAGS


def event_json(event: Event) -> dict[str, Any]:
    """The contract's event object; `data` is kept as the JSON text that was stored, to be encoded as it is."""
    shown: dict[str, Any] = {
        "type": event.type,
        "jobId": event.job_id,
        "timestamp": rfc3339(event.at_ms),
        "data": msgspec.Raw(event.data.encode()),
    }
    if event.id is not None:
        shown["id"] = shown_id(event)
    if event.seq is not None:
        shown["seq"] = event.seq
    if event.epoch is not None:
        shown["epoch"] = id_text(event.epoch, ulid=bool(event.flags & ULID_EPOCH))
    if event.flags & REPLAY:
        shown["replay"] = True
    shown["cursor"] = event.cursor
    shown["receivedAt"] = rfc3339(event.received_ms)
    shown["flags"] = flag_names(event.flags)
    return shown


def body_of(event: Event) -> dict[str, Any]:
    """The event's body, decoded also where the server has no use for it."""
    found: dict[str, Any] = msgspec.json.decode(event.data) if event.body is None else dict(event.body)
    return found


def shown_id(event: Event) -> str | None:
    """The sender's id in the form that it was written in."""
    return None if event.id is None else id_text(event.id, ulid=bool(event.flags & ULID_FORM))


def flag_names(flags: int) -> list[str]:
    """The names of the set bits."""
    return [name for bit, name in enumerate(FLAGS) if flags >> bit & 1]
