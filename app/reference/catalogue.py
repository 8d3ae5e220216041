"""The catalogue of events as shapes: the envelope of each type, and what its data must be where it is known."""

from collections.abc import Mapping
from typing import Final

from app.reference.shapes import (
    AMOUNT,
    ANYTHING,
    COUNT,
    TEXT,
    TRUTH,
    Schema,
    about,
    by_name,
    listed,
    loose,
    number,
    ref,
    text,
    thing,
)
from scrapewatch.events import EVENTS, MAX_JOB_ID, MAX_NUMBER, MAX_SAFE_INTEGER, Each, EventType, Fields, Kind

_TIME: Final[Schema] = {"type": ["string", "integer"], "description": "RFC 3339, no zone is UTC; or ms since 1970 UTC"}
_IDENTITY: Final[Schema] = about(TEXT, "a UUID or a ULID")
_OWN_FIGURE: Final = number(-MAX_NUMBER, MAX_NUMBER)
_KINDS: Final[Mapping[Kind, Schema]] = {
    Kind.TEXT: TEXT,
    Kind.COUNT: COUNT,
    Kind.AMOUNT: AMOUNT,
    Kind.NUMBER: _OWN_FIGURE,
    Kind.TRUTH: TRUTH,
    Kind.OBJECT: {"type": "object"},
    Kind.LIST: {"type": "array", "items": ANYTHING},
    Kind.COUNTS: by_name(AMOUNT),
    Kind.NUMBERS: by_name(_OWN_FIGURE),
    Kind.AMOUNTS: listed(AMOUNT),
    Kind.TIME: _TIME,
}


def envelope_name(name: str) -> str:
    """What the envelope of a type is called among the shapes."""
    return f"Envelope.{name}"


def data_name(name: str) -> str:
    """What the data of a type is called among the shapes."""
    return f"Data.{name}"


def _fields(known: Fields) -> Schema:
    """They may be left out, and others are kept as they come."""
    return loose({"type": "object", "properties": {name: _kind(kind) for name, kind in known.items()}})


def _kind(kind: Kind | Mapping[str, Kind] | Each) -> Schema:
    if isinstance(kind, Kind):
        return _KINDS[kind]
    return by_name(_fields(kind.fields)) if isinstance(kind, Each) else _fields(kind)


def _data(kind: EventType) -> Schema:
    return about(
        _fields(kind.fields), f"{kind.about[0].upper()}{kind.about[1:]}. Fields not named are kept as they come."
    )


def _envelope(name: str, kind: EventType) -> Schema:
    job = text(1, MAX_JOB_ID) if kind.needs_job else about(text(most=MAX_JOB_ID), "may be empty: of no job")
    return thing(
        {
            "type": {"const": name},
            "jobId": job,
            "timestamp": _TIME,
            "data": ref(data_name(name)),
            "id": about(_IDENTITY, "a UUID or a ULID, made before the first try: what is sent again is kept once"),
            "seq": about(
                {"type": "integer", "minimum": 1, "maximum": MAX_SAFE_INTEGER}, "by job and epoch, without gaps"
            ),
            "epoch": about(_IDENTITY, "of the sending process"),
            "replay": about(TRUTH, "whether it comes from a spool, after an outage"),
        },
        optional=("data", "id", "seq", "epoch", "replay"),
    )


_FROM_OUTSIDE: Final = {name: kind for name, kind in EVENTS.items() if not kind.by_server}
ENVELOPES: Final = {name: _envelope(name, kind) for name, kind in _FROM_OUTSIDE.items()}
"""Type to what may be sent."""
DATA: Final = {data_name(name): _data(kind) for name, kind in EVENTS.items()}
"""Shapes of data, of all types."""
