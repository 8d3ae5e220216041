"""The fields of an envelope, each read by its rule."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from app.core.errors import InvalidInput
from app.core.said import said
from scrapewatch.events import EVENTS, MAX_JOB_ID, MAX_NUMBER, MAX_SAFE_INTEGER, Each, EventType, Fields, Kind

ULID_FORM: Final = 1 << 14
"""Stored flag bit, shown to nobody: the sender wrote this id as a ULID, so it is given back as one."""

ULID_EPOCH: Final = 1 << 13
"""The same for the epoch."""

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)
_SECOND = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d", re.ASCII)
_REST = re.compile(r"(?:\.(\d+))?(?:[Zz]|([+-]\d\d:\d\d))?", re.ASCII)
_RFC3339 = re.compile(rf"{_SECOND.pattern}(\.\d{{1,9}})?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)


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
    if not _RFC3339.fullmatch(value):
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
    fraction, zone = _REST.fullmatch(text).groups()  # type: ignore[union-attr]  # `_RFC3339` has matched
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


def check_known(body: Mapping[str, Any], known: Fields, path: str = "data") -> None:
    """Refuse a field of the catalogue whose value is not of its kind; null counts as absent."""
    for name, kind in known.items():
        value = body.get(name)
        if value is None:
            continue
        if isinstance(kind, Kind):
            if not _KINDS[kind](value):
                raise InvalidInput("must be a %(kind)s", kind=kind, field=f"{path}.{name}")
        elif not isinstance(value, Mapping):
            raise InvalidInput("must be an %(kind)s", kind=Kind.OBJECT, field=f"{path}.{name}")
        else:
            inner = dict.fromkeys(value, kind.fields) if isinstance(kind, Each) else kind
            check_known(value, inner, f"{path}.{name}")


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MAX_NUMBER


def _amount(value: Any) -> bool:
    return _number(value) and 0 <= value <= 2**63


def _count(value: Any) -> bool:
    return _amount(value) and float(value).is_integer() and value <= MAX_SAFE_INTEGER


def _time(value: Any) -> bool:
    try:
        read_time(value)
    except InvalidInput:
        return False
    return True


def _all(test: Callable[[Any], bool], container: type[dict[str, Any]] | type[list[Any]]) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        if not isinstance(value, container):
            return False
        parts: Iterable[Any] = value.values() if isinstance(value, dict) else value
        return all(map(test, parts))

    return check


_KINDS: Final[dict[Kind, Callable[[Any], bool]]] = {
    Kind.TEXT: lambda value: isinstance(value, str),
    Kind.COUNT: _count,
    Kind.AMOUNT: _amount,
    Kind.NUMBER: _number,
    Kind.TRUTH: lambda value: isinstance(value, bool),
    Kind.OBJECT: lambda value: isinstance(value, dict),
    Kind.LIST: lambda value: isinstance(value, list),
    Kind.COUNTS: _all(_amount, dict),
    Kind.NUMBERS: _all(_number, dict),
    Kind.AMOUNTS: _all(_amount, list),
    Kind.TIME: _time,
}
