"""The fields of an envelope, each read by its rule."""

import re
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from app.core.errors import InvalidInput
from app.core.said import said
from scrapewatch.events import EVENTS, MAX_JOB_ID, MAX_SAFE_INTEGER, EventType

ULID_FORM: Final = 1 << 14
"""Stored flag bit, shown to nobody: the sender wrote this id as a ULID, so it is given back as one."""

ULID_EPOCH: Final = 1 << 13
"""The same for the epoch."""

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)
_SECOND = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d", re.ASCII)
_REST = re.compile(r"(?:\.(\d+))?(?:[Zz]|([+-]\d\d:\d\d))?", re.ASCII)
RFC3339: Final = re.compile(rf"{_SECOND.pattern}(\.\d{{1,9}})?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)
"""A time with its second; no zone is UTC."""


def read_type(value: Any) -> str:
    """A type of the catalogue that may come from outside."""
    if not isinstance(value, str) or "\x00" in value:
        raise InvalidInput(said("must be a text") if value is not None else said("is required"), field="type")
    kind = EVENTS.get(value)
    if kind is None or kind.by_server:
        raise InvalidInput("%(value)r is not a type of event", value=value[:64], field="type", code="unknown_type")
    return value


def read_job_id(value: Any, kind: EventType) -> str:
    """A job's id, or "" where the type allows an event without a job."""
    if value == "" and not kind.needs_job:
        return ""
    if value is None:
        raise InvalidInput("is required", field="jobId")
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_JOB_ID:
        raise InvalidInput("must be a text of 1 to %(most)s characters", most=MAX_JOB_ID, field="jobId")
    return _good_job_id(value)


@lru_cache(maxsize=10_000)  # a job's events come by the thousand
def _good_job_id(value: str) -> str:
    if not value.isprintable() or value.isspace():
        raise InvalidInput("must be printable", field="jobId")
    if value.endswith("/events") or {".", ".."} & set(value.split("/")):
        raise InvalidInput("must not end in /events or hold a . or .. segment", field="jobId")
    return value


def read_time(value: Any, field: str = "timestamp") -> int:
    """RFC 3339 text (no zone is UTC) or integer ms, as ms since 1970 UTC."""
    if isinstance(value, int) and not isinstance(value, bool):
        if abs(value) > MAX_SAFE_INTEGER:
            raise InvalidInput("must be in milliseconds", field=field)
        return value
    if not isinstance(value, str):
        raise InvalidInput(
            said("must be RFC 3339 or integer ms") if value is not None else said("is required"), field=field
        )
    if not RFC3339.fullmatch(value):
        raise InvalidInput("must be RFC 3339, like 2026-11-23T14:32:08Z, or integer ms", field=field)
    try:
        return second_ms(value[:19]) + rest_ms(value[19:])
    except ValueError:
        raise InvalidInput("is not a time that exists", field=field) from None


@lru_cache(maxsize=10_000)  # a batch's events fall into few seconds
def second_ms(text: str) -> int:
    """``2026-11-23T14:32:08`` in UTC as ms since 1970.

    Raises:
        ValueError: there is no such second.
    """
    if not _SECOND.fullmatch(text):  # a calendar knows weeks as well
        raise ValueError(text)
    if text[17:] == "60":  # a leap second has no place in ms since 1970; it counts as the second before
        text = f"{text[:17]}59"
    moment = datetime.fromisoformat(f"{text[:10]}T{text[11:]}+00:00")
    return round(moment.timestamp()) * 1000


@lru_cache(maxsize=10_000)
def rest_ms(text: str) -> int:
    """What follows the second, a fraction and a zone or neither, as ms to add to it; half a ms is rounded up.

    Raises:
        ValueError: there is no such zone.
    """
    fraction, zone = _REST.fullmatch(text).groups()  # type: ignore[union-attr]  # `RFC3339` has matched
    micros = int(f"{fraction or 0:0<6}"[:6])
    hours, minutes = (int(zone[1:3]), int(zone[4:])) if zone else (0, 0)
    if hours > 23 or minutes > 59:
        raise ValueError(text)
    offset_ms = (hours * 60 + minutes) * 60_000
    return (micros + 500) // 1000 + (offset_ms if "-" in text else -offset_ms)


def read_id(value: Any, field: str) -> tuple[bytes | None, bool]:
    """A UUID or ULID as 16 bytes, and whether it was a ULID; None when absent."""
    if value is None:
        return None, False
    if isinstance(value, str):
        if _UUID.fullmatch(value):
            return bytes.fromhex(value.replace("-", "")), False
        if _ULID.fullmatch(value):
            number = 0
            for letter in value.upper():
                number = number * 32 + _CROCKFORD.index(letter)
            return number.to_bytes(16), True
    raise InvalidInput("must be a UUID or a ULID", field=field)


def id_text(value: bytes, *, ulid: bool) -> str:
    """What `read_id` read."""
    if not ulid:
        return str(UUID(bytes=value))
    number = int.from_bytes(value)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def read_seq(value: Any) -> int | None:
    """A whole number from 1; None when absent."""
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_SAFE_INTEGER:
        raise InvalidInput("must be a whole number from 1", field="seq")
    return value


def read_replay(value: Any) -> bool:
    """True or false; absent is false."""
    if value is not None and not isinstance(value, bool):
        raise InvalidInput("must be true or false", field="replay")
    return bool(value)
