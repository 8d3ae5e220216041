"""A message's JSON text, cut into the text of its elements before any of them is decoded.

So one bad element is refused by itself. The fast way is msgspec's; a message that it refuses (a NaN, half a surrogate,
deep nesting somewhere) is cut by counting brackets, which needs no recursion and believes nothing but the syntax.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

import msgspec

from app.core.errors import InvalidInput
from app.core.said import said
from scrapewatch.events import MAX_BATCH_EVENTS

MOST_TOKENS: Final = 250_000
"""Brackets, commas and texts that are looked at: half a megabyte of nothing else would take the writer a second."""

_decode = msgspec.json.Decoder(list[msgspec.Raw]).decode
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\Z)|[\[\]{},]', re.DOTALL)
"""A text without its end goes to the end of all: else each of its quotes would begin the search for one anew."""
_STEPS: Final = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}
_TOO_LARGE: Final = said("must be at most %(most)s events, and not too many brackets", most=MAX_BATCH_EVENTS)


def split_array(text: bytes) -> list[bytes]:
    """The JSON text of each element of the array `text`.

    Raises:
        InvalidInput: `text` is no JSON array.
    """
    try:
        return [bytes(raw) for raw in _decode(text)]
    except (msgspec.MsgspecError, RecursionError):
        return _split_by_brackets(text.strip())


def depth(text: bytes, most: int) -> int:
    """How deep the brackets of JSON `text` nest, 0 for a plain value; beyond `most` it is not looked at."""
    level = deepest = 0
    for token in _TOKENS.finditer(text):
        level += _STEPS.get(token[0], 0)
        deepest = max(deepest, level)
        if deepest > most:
            break
    return deepest


def _split_by_brackets(text: bytes) -> list[bytes]:
    if text[:1] != b"[" or text[-1:] != b"]":
        raise InvalidInput("must be a JSON array")
    start = 1
    parts: list[bytes] = []
    for comma in _commas(text):
        parts.append(text[start:comma])
        start = comma + 1
        if len(parts) > MAX_BATCH_EVENTS:
            raise InvalidInput(_TOO_LARGE, code="batch_too_large")
    last = text[start:-1]
    return [*parts, last] if parts or last.strip() else []


def _commas(text: bytes) -> Iterator[int]:
    """Where the commas between the elements of an array are, which must end with `text`."""
    level = 0
    tokens = _TOKENS.finditer(text)
    for token in islice(tokens, MOST_TOKENS):
        level += _STEPS.get(token[0], 0)
        if level == 0:
            break
        if level == 1 and token[0] == b",":
            yield token.start()
    else:
        if next(tokens, None) is not None:
            raise InvalidInput(_TOO_LARGE, code="batch_too_large")
        raise InvalidInput("must be a JSON array that ends")
    if token.end() != len(text):
        raise InvalidInput("must be one JSON array")
