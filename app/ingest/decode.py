"""The JSON of an event to values that every store can keep and every reader can show.

The rules are those of the contract, the same for all stores: a non-finite number or an integer too long to read
refuses the event; an integer that a JavaScript reader would round becomes a string; NUL and half surrogates become
U+FFFD in data. What was changed is said in the event's flags.

The text of `data` is kept as it was sent where that can be searched and written on one line; else it is written anew.
"""

import json
import math
import re
from typing import Any, Final, Never

import msgspec

from app.core.errors import InvalidInput
from app.core.redaction import Redactor, fold
from scrapewatch.events import FLAGS, MAX_SAFE_INTEGER

BIGINT = 1 << FLAGS.index("bigint")
TEXT = 1 << FLAGS.index("text")
WRAPPED: Final = 1 << FLAGS.index("wrapped")
REDACTED: Final = 1 << FLAGS.index("redacted")
BAD_TEXT = re.compile("[\x00\ud800-\udfff]")
_LONGEST_INTEGER = 4_000
_TO_ZEROS: Final = bytes.maketrans(b"0123456789+E", b"00000000000e")
"""Digits alike, and both ways to write an exponent: then two searches find every number that may be too large."""
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def decode(text: bytes) -> tuple[Any, bool]:
    """The value of JSON `text`, and whether it may hold something that `normalise` changes.

    Raises:
        InvalidInput: it is no JSON, or holds a number that can't be kept.
    """
    # 16 digits in a row, or an escape that may stand for NUL or half a surrogate; a regular expression costs 20 × this.
    suspect = b"0" * 16 in text.translate(_TO_ZEROS) or b"\\u" in text
    try:
        return _decode(text), suspect
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return decode_leniently(text), True


def decode_leniently(text: bytes) -> Any:
    """Also reads NaN, Infinity and escaped half surrogates, so that they can be answered by name.

    Raises:
        InvalidInput: it is no JSON, or holds an integer too long to read.
    """
    try:
        return json.loads(text.decode("utf-8-sig"), parse_int=_integer)  # given bytes, it would take UTF-16 too
    except (ValueError, RecursionError):
        raise InvalidInput("is not valid JSON") from None


def is_plain(text: bytes) -> bool:
    """Whether `text`, JSON of objects and known to be valid, holds nothing that `read_data` would change or refuse.

    It may say no of text that is plain: digits around an ``e`` may be a number that is not finite, or part of a hash.
    Secrets are another question.
    """
    zeroed = text.translate(_TO_ZEROS)
    return not (b"0" * 16 in zeroed or b"0e0" in zeroed or _is_rewritten(text))


def _is_rewritten(text: bytes) -> bool:
    """Whether `text` can't be searched or written on one line as it is."""
    return b"\n" in text or b"\r" in text or (b"\\" in text and (b"\\u" in text or b"\\/" in text))


def read_data(text: bytes, redactor: Redactor | None) -> tuple[str, dict[str, Any], int]:
    """The JSON `text` of a body as it is kept, the same as an object, and the flags of what was changed.

    Args:
        text: as it was sent.
        redactor: takes secrets out; None where it is known that there are none.

    Raises:
        InvalidInput: it is no JSON, or holds a number that can't be kept.
    """
    value, suspect = decode(text)
    body, flags = as_body(value, suspect=suspect)
    kept = _encode(body) if flags or value is None or _is_rewritten(text) else text
    if redactor is not None:
        kept, body, flags = redacted(kept, body, flags, redactor)
    try:
        return kept.decode(), body, flags
    except UnicodeDecodeError:  # what came over HTTP is only now looked at
        raise InvalidInput("is not valid JSON") from None


def redacted(kept: bytes, body: dict[str, Any], flags: int, redactor: Redactor) -> tuple[bytes, dict[str, Any], int]:
    """The text of a body, the body and its flags without secrets; the very same where there were none."""
    clean = redactor.redact(body) if redactor.suspects(fold(kept)) else body
    return (kept, body, flags) if clean == body else (_encode(clean), clean, flags | REDACTED)


def as_body(value: Any, *, suspect: bool) -> tuple[dict[str, Any], int]:
    """The body as an object, whatever was sent, and the flags of what that took."""
    clean, flags = normalise(value) if suspect else (value, 0)
    if clean is None:
        return {}, flags
    if not isinstance(clean, dict):
        return {"value": clean}, flags | WRAPPED
    return clean, flags


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


def _integer(digits: str) -> int:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else _too_long()


def _too_long() -> Never:
    raise InvalidInput("holds an integer that is too long to read", field="data")
