"""Checksummed records: how events stand in a spool file, and how they are found again in a damaged one.

A record is a mark that UTF-8 text never contains, the length of what follows, its CRC-32, and an event's JSON. After a
damaged stretch reading goes on at the next record that proves whole.
"""

import struct
from collections.abc import Iterator
from typing import Final
from zlib import crc32

from scrapewatch.events import MAX_EVENT_BYTES

MARK: Final = 0xFF
HEAD: Final = struct.Struct("<BII")
MAX_RECORD: Final = HEAD.size + MAX_EVENT_BYTES + 1_024
"""Bytes of the largest record; a length beyond it is damage."""

_MARK: Final = bytes([MARK])


def pack(payload: bytes) -> bytes:
    """`payload` as a record."""
    return HEAD.pack(MARK, len(payload), crc32(payload)) + payload


def unpack(data: bytes, *, last: bool) -> Iterator[tuple[bytes | None, int]]:
    """The records in `data`: each one's payload and where it ends; None for a damaged stretch.

    Args:
        data: part of a file, from where a record begins.
        last: whether the file ends with `data`. If not, a record that is cut off at the end is left for the next part.
    """
    start, size = 0, len(data)
    while start < size:
        payload, end = _record(data, start)
        if payload is None:
            if end > size and not last:  # cut by the end of this part, as far as can be told
                return
            found = _next(data, start + 1)
            if found < 0 and end - size > 0:  # torn: its writer was killed, or the disk was full
                return
            end = found if found >= 0 else size
        yield payload, end
        start = end


def _record(data: bytes, start: int) -> tuple[bytes | None, int]:
    """The payload at `start` and where it ends.

    None for one that is damaged, with 0 for its end, or cut off, with an end beyond `data`.
    """
    body = start + HEAD.size
    if body > len(data):
        return None, body if data[start] == MARK else 0
    mark, length, checksum = HEAD.unpack_from(data, start)
    end = body + length
    if mark != MARK or not 0 < length <= MAX_RECORD:
        return None, 0
    if end > len(data):
        return None, end
    payload = data[body:end]
    return (payload, end) if crc32(payload) == checksum else (None, 0)


def _next(data: bytes, start: int) -> int:
    """Where the next whole record begins, -1 if nowhere."""
    while (start := data.find(_MARK, start)) >= 0:
        if _record(data, start)[0] is not None:
            return start
        start += 1
    return -1
