"""One envelope to one `Event`: every rule of the contract's section 3, in one place, for socket and HTTP alike.

`batch` has a second way for whole batches that breaks none of these rules, faster and without words.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from zlib import crc32

import msgspec

from app.core.errors import InvalidInput
from app.core.redaction import Redactor
from app.core.said import said
from app.ingest.decode import as_body, decode, decode_leniently, read_data, redacted
from app.ingest.fields import (
    ULID_EPOCH,
    ULID_FORM,
    read_id,
    read_job_id,
    read_replay,
    read_seq,
    read_time,
    read_type,
)
from app.ingest.kinds import check_known
from app.ingest.split import depth
from app.storage.base import REPLAY, Event
from scrapewatch.events import EVENTS, FLAGS, LEVELS, MAX_AHEAD_MS, MAX_DEPTH, MAX_EVENT_BYTES, EventType

SKEW: Final = 1 << FLAGS.index("skew")
_SYNONYMS: Final = {"warn": "warning", "fatal": "critical", "err": "error", "trace": "debug"}
_DEFAULT_LEVEL: Final = {"log": "info", "error": "error"}
_SALTS: Final = {name: 0 if kind.opaque else crc32(name.encode()) for name, kind in EVENTS.items()}
_split = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True, frozen=True)
class Checker:
    """Checks envelopes.

    Attributes:
        now_ms: the present, ms since 1970 UTC.
        retention_ms: how long after its time an event may still come.
        redactor: takes secrets out of data.
    """

    now_ms: Callable[[], int]
    retention_ms: int
    redactor: Redactor = field(default_factory=Redactor)

    def check(self, text: bytes, sender_id: int, named: str | None = None, origin: str = "") -> Event:
        """The event in the JSON `text`, normalised.

        Args:
            text: one envelope.
            sender_id: whose it is.
            named: the type by which a socket called it; the envelope may leave its own out.
            origin: the socket that it came over, if it came over one.

        Raises:
            InvalidInput: with the contract's code and the field at fault.
        """
        if len(text) > MAX_EVENT_BYTES:
            raise InvalidInput("must be at most %(most)s bytes", most=MAX_EVENT_BYTES, code="too_large")
        if text.count(b"{") + text.count(b"[") > MAX_DEPTH and depth(text, MAX_DEPTH) > MAX_DEPTH:
            raise InvalidInput("must nest at most %(most)s deep", most=MAX_DEPTH, field="data", code="too_deep")
        envelope = _envelope(text, self.redactor)
        name = read_type(envelope.get("type") if named is None else named)
        if envelope.get("type", name) != name:
            raise InvalidInput("must be %(named)s, the name it was sent by", named=named, field="type")
        return self._event(envelope, name, sender_id, origin)

    def _event(self, envelope: Mapping[str, Any], name: str, sender_id: int, origin: str) -> Event:
        kind = EVENTS[name]
        job_id = read_job_id(envelope.get("jobId"), kind)
        sent_ms = read_time(envelope.get("timestamp"))
        at_ms, flags = self._time(sent_ms)
        id_, ulid = read_id(envelope.get("id"), "id")
        epoch, ulid_epoch = read_id(envelope.get("epoch"), "epoch")
        data, body, changed = envelope["data"]
        check_known(body, kind.fields)
        data, body = from_outside(kind, data, body)
        seq, replay = read_seq(envelope.get("seq")), read_replay(envelope.get("replay"))
        return Event(
            sender_id=sender_id,
            type=name,
            job_id=job_id,
            at_ms=at_ms,
            data=data,
            digest=digest(name, sent_ms, data.encode()),
            body=None if kind.opaque else body,
            id=id_,
            seq=seq,
            epoch=epoch,
            flags=flags | changed | REPLAY * replay | ULID_FORM * ulid | ULID_EPOCH * ulid_epoch,
            level=level_of(name, body),
            origin=origin,
        )

    def _time(self, at_ms: int) -> tuple[int, int]:
        now_ms = self.now_ms()
        if at_ms > now_ms + MAX_AHEAD_MS:
            return now_ms, SKEW
        if at_ms < now_ms - self.retention_ms:
            hint = said("; is it in seconds? it must be in ms") if 0 < at_ms * 1000 <= now_ms + MAX_AHEAD_MS else ""
            raise InvalidInput("is older than events are kept%(hint)s", hint=hint, field="timestamp", code="expired")
        return at_ms, 0


def from_outside(kind: EventType, data: str, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """`data` and the same decoded, without what only the server may say: no scraper speaks for another's incident."""
    if body.keys().isdisjoint(kind.ours):
        return data, body
    theirs = {name: value for name, value in body.items() if name not in kind.ours}
    return _encode(theirs).decode(), theirs


def digest(name: str, sent_ms: int, data: bytes) -> int:
    """A number that differs, but for one case in 2³², when the type, the time or the data of two events differ.

    It tells a repetition from another event under the same id; a sender could fool only itself with it. Of items it is
    the CRC-32 begun with the time, which `batch` computes for many at once.
    """
    return crc32(data, (_SALTS[name] + sent_ms) & 0xFFFFFFFF)


def level_of(name: str, body: Mapping[str, Any]) -> int | None:
    """The level of a `log` or `error` event; None for others."""
    if name not in _DEFAULT_LEVEL:
        return None
    said = str(body.get("level") or "").lower()
    level = _SYNONYMS.get(said, said)
    return LEVELS.index(level if level in LEVELS else _DEFAULT_LEVEL[name])


def _envelope(text: bytes, redactor: Redactor) -> dict[str, Any]:
    """The fields of an envelope, decoded; ``data`` as what `read_data` makes of it."""
    try:
        fields = _split(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _envelope_leniently(text, redactor)
    data = bytes(fields.pop("data", b"null"))
    return {**{name: decode(bytes(field))[0] for name, field in fields.items()}, "data": read_data(data, redactor)}


def _envelope_leniently(text: bytes, redactor: Redactor) -> dict[str, Any]:
    envelope = decode_leniently(text)
    if not isinstance(envelope, dict):
        raise InvalidInput("an event must be a JSON object")
    body, flags = as_body(envelope.get("data"), suspect=True)
    data, body, flags = redacted(_encode(body), body, flags, redactor)
    return {**envelope, "data": (data.decode(), body, flags)}
