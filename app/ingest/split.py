"""A message's JSON text, cut into the text of its elements before any of them is decoded.

So one bad element is refused by itself. The fast way is msgspec's; a message that it refuses (a NaN, half a surrogate,
deep nesting somewhere) is cut by counting brackets, which needs no recursion and believes nothing but the syntax.
"""

import re

import msgspec

from app.core.errors import InvalidInput

_decode = msgspec.json.Decoder(list[msgspec.Raw]).decode
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{},]', re.DOTALL)
_OPEN, _CLOSE = b"[{", b"]}"


def split_array(text: bytes) -> list[bytes]:
    """The JSON text of each element of the array `text`.

    Raises:
        InvalidInput: `text` is no JSON array.
    """
    try:
        return [bytes(raw) for raw in _decode(text)]
    except (msgspec.MsgspecError, RecursionError):
        return _split_by_brackets(text.strip())


def depth(text: bytes) -> int:
    """How deep the brackets of JSON `text` nest; 0 for a plain value."""
    level = deepest = 0
    for token in _TOKENS.finditer(text):
        mark = token[0]
        if mark in _OPEN:
            level += 1
            deepest = max(deepest, level)
        elif mark in _CLOSE:
            level -= 1
    return deepest


def _split_by_brackets(text: bytes) -> list[bytes]:
    if text[:1] != b"[" or text[-1:] != b"]":
        raise InvalidInput("must be a JSON array")
    level = 0
    start = 1
    parts = []
    for token in _TOKENS.finditer(text):
        mark = token[0]
        if mark in _OPEN:
            level += 1
        elif mark in _CLOSE:
            level -= 1
        elif mark == b"," and level == 1:
            parts.append(text[start : token.start()])
            start = token.end()
        if level == 0:
            if token.end() != len(text):
                raise InvalidInput("must be one JSON array")
            last = text[start:-1]
            return [*parts, last] if parts or last.strip() else []
    raise InvalidInput("must be a JSON array that ends")
