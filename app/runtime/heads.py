"""What the head of a request may be: so strict that no proxy in front can read it otherwise (RFC 9112).

Whatever two readers may understand differently is a way to smuggle a second request behind the first. gunicorn is
strict by itself, eventlet is not.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_REQUEST: Final = re.compile(_TOKEN + rb" (?:/[\x21-\x7e\x80-\xff]*|\*) HTTP/1\.([01])\r\n")
_FIELD: Final = re.compile(rb"(" + _TOKEN + rb"):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*\r\n")
_LENGTH: Final = re.compile(rb"[0-9]{1,18}")
_ONCE: Final = (b"host", b"content-length", b"transfer-encoding")


def flaw(request_line: bytes, lines: Sequence[bytes]) -> str:
    """What is wrong with a head, as it was read, up to the empty line at its end; "" for nothing."""
    request = _REQUEST.fullmatch(request_line)
    if request is None:
        return "The request line is not of HTTP/1.1."
    fields: Counter[bytes] = Counter()
    values: dict[bytes, bytes] = {}
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            if line == b"\r\n":
                break
            return "A header line is not of HTTP/1.1."
        name = field[1].lower()
        fields[name] += 1
        values[name] = field[2]
    if any(fields[name] > 1 for name in _ONCE):
        return "A header that counts is given twice."
    return _framing_flaw(values) or ("" if b"host" in values or request[1] == b"0" else "There is no Host header.")


def _framing_flaw(values: dict[bytes, bytes]) -> str:
    """What leaves open where the body ends."""
    length, encoding = values.get(b"content-length"), values.get(b"transfer-encoding")
    if encoding is not None and (length is not None or encoding.lower() != b"chunked"):
        return "The length of the body is not clear."
    if length is not None and not _LENGTH.fullmatch(length):
        return "Content-Length is no number."
    return ""
