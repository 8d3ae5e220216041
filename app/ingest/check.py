"""One envelope to one `Event`: every rule of the contract's section 3, in one place, for socket and HTTP alike."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from app.core.errors import InvalidInput
from app.ingest.decode import decode, normalise
from app.ingest.fields import (
    ULID_EPOCH,
    ULID_FORM,
    check_known,
    read_id,
    read_job_id,
    read_replay,
    read_seq,
    read_time,
    read_type,
)
from app.ingest.split import depth
from app.storage.base import Event
from scrapewatch.events import EVENTS, FLAGS, LEVELS, MAX_AHEAD_MS, MAX_DEPTH, MAX_EVENT_BYTES

WRAPPED: Final = 1 << FLAGS.index("wrapped")
SKEW: Final = 1 << FLAGS.index("skew")
_SYNONYMS: Final = {"warn": "warning", "fatal": "critical", "err": "error", "trace": "debug"}
_DEFAULT_LEVEL: Final = {"log": "info", "error": "error"}
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True, frozen=True)
class Checker:
    """Checks envelopes.

    Attributes:
        now_ms: the present, ms since 1970 UTC.
        retention_ms: how long after its time an event may still come.
    """

    now_ms: Callable[[], int]
    retention_ms: int

    def check(self, text: bytes, sender_id: int, named: str | None = None) -> Event:
        """The event in the JSON `text`, normalised.

        Args:
            text: one envelope.
            sender_id: whose it is.
            named: the type by which a socket called it; the envelope may leave its own out.

        Raises:
            InvalidInput: with the contract's code and the field at fault.
        """
        if len(text) > MAX_EVENT_BYTES:
            raise InvalidInput(f"must be at most {MAX_EVENT_BYTES} bytes", code="too_large")
        if text.count(b"{") + text.count(b"[") > MAX_DEPTH and depth(text) > MAX_DEPTH:
            raise InvalidInput(f"must nest at most {MAX_DEPTH} deep", field="data", code="too_deep")
        envelope, suspect = decode(text)
        if not isinstance(envelope, dict):
            raise InvalidInput("an event must be a JSON object")
        name = read_type(envelope.get("type") if named is None else named)
        if envelope.get("type", name) != name:
            raise InvalidInput(f"must be {named}, the name it was sent by", field="type")
        return self._event(envelope, name, sender_id, suspect=suspect)

    def _event(self, envelope: Mapping[str, Any], name: str, sender_id: int, *, suspect: bool) -> Event:
        kind = EVENTS[name]
        job_id = read_job_id(envelope.get("jobId"), kind)
        at_ms, flags = self._time(envelope.get("timestamp"))
        id_, ulid = read_id(envelope.get("id"), "id")
        epoch, ulid_epoch = read_id(envelope.get("epoch"), "epoch")
        body, changed = _body(envelope.get("data"), suspect=suspect)
        check_known(body, kind.fields)
        data = _encode(body)
        return Event(
            sender_id=sender_id,
            type=name,
            job_id=job_id,
            at_ms=at_ms,
            data=data.decode(),
            body=body,
            digest=hashlib.blake2b(b"%s %r " % (name.encode(), envelope["timestamp"]) + data, digest_size=16).digest(),
            id=id_,
            seq=read_seq(envelope.get("seq")),
            epoch=epoch,
            replay=read_replay(envelope.get("replay")),
            flags=flags | changed | (ULID_FORM if ulid else 0) | (ULID_EPOCH if ulid_epoch else 0),
            level=_level(name, body),
        )

    def _time(self, value: Any) -> tuple[int, int]:
        at_ms = read_time(value)
        now_ms = self.now_ms()
        if at_ms > now_ms + MAX_AHEAD_MS:
            return now_ms, SKEW
        if at_ms < now_ms - self.retention_ms:
            hint = "; is it in seconds? it must be in ms" if 0 < at_ms * 1000 <= now_ms + MAX_AHEAD_MS else ""
            raise InvalidInput(f"is older than events are kept{hint}", field="timestamp", code="expired")
        return at_ms, 0


def _body(data: Any, *, suspect: bool) -> tuple[dict[str, Any], int]:
    """The body as an object, whatever was sent, and the flags of what that took."""
    clean, flags = normalise(data) if suspect else (data, 0)
    if clean is None:
        return {}, flags
    if not isinstance(clean, dict):
        return {"value": clean}, flags | WRAPPED
    return clean, flags


def _level(name: str, body: Mapping[str, Any]) -> int | None:
    if name not in _DEFAULT_LEVEL:
        return None
    said = str(body.get("level") or "").lower()
    level = _SYNONYMS.get(said, said)
    return LEVELS.index(level if level in LEVELS else _DEFAULT_LEVEL[name])
