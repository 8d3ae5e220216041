"""A whole batch at once: the fast way for batches in which nothing is wrong, which are nearly all.

The JSON text is decoded once, into structs whose `data` stays text; then each rule is applied to a column of all
events rather than to one event after another. This way never refuses anything: at the first doubt it gives the batch
up, and `check` decides event by event and finds the words. What both take, both make the same of.
"""

from collections.abc import Iterable, Sequence
from itertools import product, repeat
from typing import Any, Final
from zlib import crc32

import msgspec
from msgspec.structs import astuple

from app.core.errors import InvalidInput
from app.core.redaction import Redactor, fold
from app.ingest.check import digest, from_outside, level_of
from app.ingest.decode import is_plain, read_data
from app.ingest.fields import (
    ULID_EPOCH,
    ULID_FORM,
    read_id,
    read_job_id,
    read_time,
    read_type,
    rest_ms,
    second_ms,
)
from app.ingest.kinds import check_known
from app.ingest.split import split_array
from app.storage.base import REPLAY, Event
from scrapewatch.events import (
    EVENTS,
    MAX_AHEAD_MS,
    MAX_BATCH_EVENTS,
    MAX_DEPTH,
    MAX_EVENT_BYTES,
    MAX_SAFE_INTEGER,
)

SHORTEST: Final = len('{"type":"log","jobId":"","timestamp":0,"data":}')
"""Bytes of an envelope around its data, at least."""
OPENING: Final = ord("{")
_OPAQUE: Final = frozenset(name for name, kind in EVENTS.items() if kind.opaque)
_UUID_FORM: Final = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh"
_TO_FORM: Final = str.maketrans(dict.fromkeys("0123456789abcdefABCDEF", "h") | {"h": "?"})


class _Envelope(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    type: str
    jobId: str  # noqa: N815  (the contract's name)
    timestamp: int | str
    data: msgspec.Raw = msgspec.Raw(b"{}")
    id: str | None = None
    seq: int | None = None
    epoch: str | None = None
    replay: bool = False


_decode = msgspec.json.Decoder(list[_Envelope]).decode

_Datum = tuple[str, bytes, dict[str, object] | None, int, int | None]
"""Of an event: its data as text and as bytes, its body, flags, level."""

_Data = tuple[Sequence[str], Sequence[bytes], Sequence[dict[str, object] | None], Sequence[int], Sequence[int | None]]
"""The same as columns."""


def read_batch(
    text: bytes, sender_id: int, origin: str, span: tuple[int, int], redactor: Redactor
) -> list[Event] | None:
    """The events of the JSON array `text`, or None when there is any doubt that all of them are good.

    Args:
        text: at most `MAX_BATCH_BYTES`.
        sender_id: whose they are.
        origin: the socket that they came over.
        span: earliest time that is kept and the present, ms since 1970 UTC.
        redactor: takes secrets out.
    """
    try:
        envelopes = _decode(text)
        if not 0 < len(envelopes) <= MAX_BATCH_EVENTS:
            return None
        types, job_ids, times, raws, ids, seqs, epochs, replays = zip(*map(astuple, envelopes), strict=True)
        found = _data(types, list(map(bytes, raws)), text, redactor)
        if found is None or not _are_jobs(types, job_ids) or not _are_numbers(seqs):
            return None
        at_ms = _times(times)
        earliest, now_ms = span
        if min(at_ms) < earliest or max(at_ms) > now_ms + MAX_AHEAD_MS:
            return None
        data, octets, bodies, flags, levels = found
        keys, forms = _ids(ids)
        marks = _marks(flags, forms, epochs, replays)
    except (msgspec.MsgspecError, RecursionError, InvalidInput, ValueError, LookupError, TypeError):
        return None
    digests = map(crc32, octets, at_ms) if bodies.count(None) == len(bodies) else map(digest, types, at_ms, octets)
    made = (repeat(sender_id), types, job_ids, at_ms, data, digests, bodies, keys, seqs)
    return list(map(Event, *made, _epochs(epochs), marks, levels, repeat(origin)))


def _data(types: Sequence[str], octets: list[bytes], text: bytes, redactor: Redactor) -> _Data | None:
    """The bodies, looked into only where they mean something or look odd; None if one is not to be kept as it is."""
    joined = b"".join(octets)
    rest = len(text) - len(joined) - SHORTEST * (len(octets) - 1)  # around the longest data, were all others shortest
    if rest + max(map(len, octets)) > MAX_EVENT_BYTES and max(map(len, split_array(text))) > MAX_EVENT_BYTES:
        return None
    if {data[0] for data in octets} != {OPENING}:
        return None
    is_flat = b"[" not in joined and joined.count(b"{") == len(octets)
    if not is_flat and max(data.count(b"{") + data.count(b"[") for data in octets) >= MAX_DEPTH:
        return None
    suspected = redactor.suspected(octets) if redactor.suspects(fold(joined)) else set[int]()
    if not (_distinct(types) <= _OPAQUE and is_plain(joined)):
        read = [
            _datum(*one, redactor, is_suspect=place in suspected)
            for place, one in enumerate(zip(types, octets, strict=True))
        ]
        return tuple(zip(*read, strict=True))  # type: ignore[return-value]  # mypy takes no columns from rows
    nothing = (None,) * len(octets)
    columns: _Data = [data.decode() for data in octets], octets, nothing, (0,) * len(octets), nothing
    return _with_clean(columns, types, suspected, redactor) if suspected else columns


def _with_clean(columns: _Data, types: Sequence[str], suspected: Iterable[int], redactor: Redactor) -> _Data:
    """The columns of plain data, with that which may hold secrets read by itself."""
    texts, octets, bodies, flags, levels = map(list, columns)
    for place in suspected:
        datum = _datum(types[place], columns[1][place], redactor, is_suspect=True)
        texts[place], octets[place], bodies[place], flags[place], levels[place] = datum
    return texts, octets, bodies, flags, levels  # type: ignore[return-value]  # nor columns from lists of them


def _datum(name: str, sent: bytes, redactor: Redactor, *, is_suspect: bool) -> _Datum:
    if name in _OPAQUE and not is_suspect and is_plain(sent):
        return sent.decode(), sent, None, 0, None
    text, body, changed = read_data(sent, redactor if is_suspect or b"\\u" in sent else None)
    check_known(body, EVENTS[name].fields)
    text, body = from_outside(EVENTS[name], text, body)
    return text, text.encode(), None if name in _OPAQUE else body, changed, level_of(name, body)


def _distinct(column: Sequence[str]) -> frozenset[str]:
    """The values of a column, which mostly are one: counting is cheaper than a set."""
    return frozenset(column[:1] if column.count(column[0]) == len(column) else column)


def _are_jobs(types: Sequence[str], job_ids: Sequence[str]) -> bool:
    """Whether every type may come from outside and every job's id is one; raises like `check` where not."""
    names, jobs = _distinct(types), _distinct(job_ids)
    pairs = product(names, jobs) if len(names) == 1 or len(jobs) == 1 else set(zip(types, job_ids, strict=True))
    for name, job_id in pairs:
        read_job_id(job_id, EVENTS[read_type(name)])
    return True


def _are_numbers(seqs: Sequence[int | None]) -> bool:
    given: Sequence[Any] = [seq for seq in seqs if seq is not None] if None in seqs else seqs
    return not given or (min(given) >= 1 and max(given) <= MAX_SAFE_INTEGER)


def _times(times: Sequence[int | str]) -> list[int]:
    if set(map(type, times)) == {int}:
        return list(times)  # type: ignore[arg-type]  # mypy can't see it
    return [_time(time) for time in times]


def _time(value: int | str) -> int:
    if isinstance(value, str) and value[10:11] == "T" and value[19:].endswith("Z") and value.isascii():
        seconds, rest = value[:19], value[19:-1]
        if seconds[17:] != "60" and (not rest or (rest[0] == "." and rest[1:].isdigit() and len(rest) <= 10)):
            return second_ms(seconds) + rest_ms(value[19:])
    return read_time(value)


def _ids(ids: Sequence[str | None]) -> tuple[Iterable[bytes | None], Sequence[bool]]:
    """The ids as bytes, and which of them were ULIDs."""
    if None not in ids:
        given: Sequence[Any] = ids
        joined = "".join(given)
        if set(map(len, given)) == {len(_UUID_FORM)} and joined.translate(_TO_FORM) == _UUID_FORM * len(given):
            keys = bytes.fromhex(joined.replace("-", ""))
            return [keys[start : start + 16] for start in range(0, len(keys), 16)], ()
    read = [read_id(id_, "id") for id_ in ids]
    return [key for key, _ in read], [ulid for _, ulid in read]


def _epochs(epochs: Sequence[str | None]) -> Iterable[bytes | None]:
    if epochs.count(epochs[0]) == len(epochs):
        return repeat(read_id(epochs[0], "epoch")[0])
    known = {epoch: read_id(epoch, "epoch")[0] for epoch in set(epochs)}
    return [known[epoch] for epoch in epochs]


def _marks(
    flags: Sequence[int], ulids: Sequence[bool], epochs: Sequence[str | None], replays: Sequence[bool]
) -> Sequence[int]:
    """The flags, with the hidden ones."""
    ulid_epochs = {epoch for epoch in set(epochs) if read_id(epoch, "epoch")[1]}
    if not (ulids or ulid_epochs or True in replays):
        return flags
    forms = ulids or (False,) * len(flags)
    return [
        flag | ULID_FORM * ulid | ULID_EPOCH * (epoch in ulid_epochs) | REPLAY * replay
        for flag, ulid, epoch, replay in zip(flags, forms, epochs, replays, strict=True)
    ]
