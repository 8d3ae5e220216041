"""The text of one event to Python values that every store can keep and every reader can show.

The rules are those of the contract, the same for all stores: a non-finite number or an integer too long to read
refuses the event; an integer that a JavaScript reader would round becomes a string; NUL and half surrogates become
U+FFFD in data. What was changed is said in the event's flags.
"""

import json
import math
import re
from typing import Any, Final, Never

import msgspec

from app.core.errors import InvalidInput
from scrapewatch.events import FLAGS, MAX_SAFE_INTEGER

BIGINT = 1 << FLAGS.index("bigint")
TEXT = 1 << FLAGS.index("text")
_LONGEST_INTEGER = 4_000
_ZEROED: Final = bytes(ord("0") if chr(octet).isdecimal() else octet for octet in range(128)) + bytes(range(128, 256))
BAD_TEXT = re.compile("[\x00\ud800-\udfff]")
_decode = msgspec.json.Decoder().decode


def decode(text: bytes) -> tuple[Any, bool]:
    """The value of JSON `text`, and whether it may hold something that `normalise` changes.

    Raises:
        InvalidInput: it is no JSON, or holds a number that can't be kept.
    """
    # 16 digits in a row, or an escape that may stand for NUL or half a surrogate; a regular expression costs 20 × this.
    suspect = b"0" * 16 in text.translate(_ZEROED) or b"\\u" in text
    try:
        return _decode(text), suspect
    except (msgspec.MsgspecError, RecursionError):
        return _decode_leniently(text), True


def normalise(value: Any, path: str = "data") -> tuple[Any, int]:
    """`value` with everything unsafe replaced, and the flags of what was.

    Raises:
        InvalidInput: a number is not finite; names its path.
    """
    if isinstance(value, str):
        clean = BAD_TEXT.sub("\ufffd", value)
        return clean, TEXT if clean != value else 0
    if isinstance(value, bool) or value is None:
        return value, 0
    if isinstance(value, int):
        return (value, 0) if abs(value) <= MAX_SAFE_INTEGER else (str(value), BIGINT)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidInput("must be a finite number", field=path)
        return value, 0
    return _normalise_parts(value, path)


def _normalise_parts(value: Any, path: str) -> tuple[Any, int]:
    flags = 0
    if isinstance(value, list):
        items = []
        for position, part in enumerate(value):
            clean, changed = normalise(part, f"{path}[{position}]")
            items.append(clean)
            flags |= changed
        return items, flags
    fields = {}
    for name, part in value.items():
        clean_name, renamed = normalise(name)
        clean, changed = normalise(part, f"{path}.{clean_name}")
        fields[clean_name] = clean
        flags |= changed | renamed
    return fields, flags


def _decode_leniently(text: bytes) -> Any:
    """Also reads NaN, Infinity and half surrogates, so that they can be answered by name."""
    try:
        return json.loads(text, parse_int=_integer)
    except (ValueError, RecursionError):
        raise InvalidInput("is not valid JSON") from None


def _integer(digits: str) -> int:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else _too_long()


def _too_long() -> Never:
    raise InvalidInput("holds an integer that is too long to read", field="data")
