"""Anything a scraper hands in, as JSON text that the server takes.

Encoding happens in the caller, once: the text is a copy that a later change of the item can't reach, and
its length is what bounds the buffer. Nothing here raises. The common case costs one run of the C encoder;
what that refuses is walked through and made plain.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import PurePath
from typing import Final
from uuid import UUID

from scrapewatch.events import MAX_DEPTH

SHORTENED: Final = "_truncated"
"""Field that names the fields cut to fit; at most `NAMED` of them."""

NAMED: Final = 20
DEEPEST: Final = MAX_DEPTH - 2  # the list of a batch and the envelope are levels too
MAX_REPR: Final = 1_000

_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_AS_TEXT: Final = (Decimal, datetime, date, time, UUID, PurePath)


def encode(value: object) -> str:
    """`value` as compact JSON.

    Decimals, dates, UUIDs and paths become text, dataclasses and mappings objects, sets lists, not-a-number
    and the infinities the texts ``NaN``, ``Infinity``, ``-Infinity``; anything else its ``repr``.
    """
    try:
        text = _encode(value)
    except Exception:  # noqa: BLE001 - odd keys, not-a-number, a circle, too deep, or objects of the scraper's own
        text = _encode(_plain(value, 0))
    return text if text.isascii() else _LONE_SURROGATE.sub("\ufffd", text)


def size(text: str) -> int:
    """Bytes of `text` on the wire."""
    return len(text) if text.isascii() else len(text.encode())


def shorten(value: object, room: int) -> str:
    """`value` as JSON of at most `room` bytes, its largest fields cut; the cut ones stand in `SHORTENED`.

    Args:
        value: what was too large as a whole; what is no mapping becomes the field ``value`` of one.
        room: bytes, at least a few thousand.
    """
    source = value if isinstance(value, Mapping) else {"value": value}
    parts = {_key(key): encode(part) for key, part in _items(source)}
    lengths = {key: size(encode(key)) + size(part) + 2 for key, part in parts.items()}
    excess = sum(lengths.values()) - (room - 2_048)  # left over for the names of what was cut
    cut: list[str] = []
    for key in sorted(lengths, key=lambda key: lengths[key], reverse=True):
        if excess <= 0:
            break
        kept = _cut(parts[key], max(0, size(parts[key]) - excess))
        excess -= size(parts[key]) - size(kept)
        parts[key] = kept
        cut.append(key[:80])
    if excess > 0:  # the names alone are too long
        return encode({SHORTENED: ["*"]})
    parts[SHORTENED] = encode(cut[:NAMED])
    return "{" + ",".join(f"{encode(key)}:{part}" for key, part in parts.items()) + "}"


def _cut(text: str, room: int) -> str:
    """A JSON value as a JSON string of at most `room` bytes, two at the least."""
    value = json.loads(text)
    whole = value if isinstance(value, str) else text
    kept = whole[: max(0, room - 5)]
    while size(shorter := encode(kept + "…" if kept else "")) > max(2, room):
        kept = kept[: len(kept) // 2]
    return shorter


def _default(value: object) -> object:
    if isinstance(value, _AS_TEXT):
        return str(value)
    if isinstance(value, Mapping):
        return dict(_items(value))
    if isinstance(value, set | frozenset):
        return list(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name, None) for field in fields(value)}
    return _described(value)


def _fastest() -> Callable[[object], str]:
    """The C encoder, made once rather than for each event as `JSONEncoder.encode` does; that where there is none.

    It keeps no list of what it is inside of, which threads would share: a circle ends at the limit of recursion.
    """
    encoder = json.JSONEncoder(
        ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":"), default=_default
    )
    flags = (False, False, False)  # sort_keys, skipkeys, allow_nan
    try:
        chunks = json.encoder.c_make_encoder(  # type: ignore[attr-defined]  # not documented, hence the trial
            None, _default, json.encoder.encode_basestring, None, ":", ",", *flags
        )
        if "".join(chunks({"é": [1.5, None]}, 0)) != '{"é":[1.5,null]}':
            return encoder.encode
    except (AttributeError, TypeError):
        return encoder.encode
    return lambda value: "".join(chunks(value, 0))


_encode: Final = _fastest()


def _plain(value: object, depth: int) -> object:
    """`value` made of nothing but what JSON knows, at most `DEEPEST` levels deep."""
    if value is None or isinstance(value, str | int | float):
        return _plain_scalar(value)
    if depth >= DEEPEST:
        return _described(value)
    if isinstance(value, Mapping):
        return {_key(key): _plain(part, depth + 1) for key, part in _items(value)}
    if isinstance(value, list | tuple):
        return [_plain(part, depth + 1) for part in value]
    return _plain(_default(value), depth + 1)


def _plain_scalar(value: str | int | float | None) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if isinstance(value, int) and abs(value) >= 2**64:
        return _described(value)  # of the longest ones Python itself refuses to print the digits
    return value


def _items(value: Mapping[object, object]) -> list[tuple[object, object]]:
    try:
        return list(value.items())
    except Exception:  # noqa: BLE001 - a mapping of the scraper's own may do anything
        return [("value", _described(value))]


def _key(key: object) -> str:
    return key if isinstance(key, str) else _described(key)


def _described(value: object) -> str:
    try:
        return repr(value)[:MAX_REPR]
    except Exception:  # noqa: BLE001 - a repr of the scraper's own may do anything
        return f"<{type(value).__name__}>"
