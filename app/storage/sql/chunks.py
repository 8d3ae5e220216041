"""The form of a packed chunk: one frame of zstandard with a checksum.

In it are lines: first the cursors, as JSON, each but the first as its distance from the one before; then the bodies in
the same order. JSON as it is stored has no line break in it.
"""

import logging
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final

import msgspec
import zstandard

from app.core.errors import ScrapewatchError

log = logging.getLogger(__name__)

LEVEL: Final = 9
"""Four fifths of what the slowest level gains over the quickest, for a thirtieth of its time."""
_MARGIN: Final = 64
"""Bytes for each cursor and its line break, more than any has."""


class Damaged(ScrapewatchError):
    """A chunk that can't be read; the message names its events."""


def packed(cursors: Sequence[int], bodies: Sequence[str]) -> bytes:
    """A chunk of these.

    Raises:
        ValueError: they would not be read as they are.
    """
    steps = [cursors[0], *(after - before for before, after in pairwise(cursors))]
    text = "\n".join((msgspec.json.encode(steps).decode(), *bodies)).encode()
    if text.count(b"\n") != len(bodies):
        raise ValueError("a body has a line break")
    return zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress(text)


def unpacked(chunk: bytes, letters: int, first: int, last: int) -> dict[int, str]:
    """Bodies by cursor, in their order; `letters` are what all of them together have, `first` and `last` its cursors.

    Raises:
        Damaged: the chunk is not what was written.
    """
    try:
        return _read(chunk, letters)
    except (zstandard.ZstdError, ValueError) as error:
        log.error("The packed bodies of events %s to %s are damaged: %s", first, last, error)  # noqa: TRY400  (all is said)
        raise Damaged(
            "The packed bodies of events %(first)s to %(last)s are damaged: %(why)s.", first=first, last=last, why=error
        ) from error


def _read(chunk: bytes, letters: int) -> dict[int, str]:
    size = zstandard.frame_content_size(chunk)
    if not 0 <= size <= letters * (_MARGIN + 1):  # what it says of itself is not believed
        raise ValueError("its size is wrong")
    head, *bodies = zstandard.ZstdDecompressor().decompress(chunk).decode().split("\n")
    cursors = accumulate(msgspec.json.decode(head, type=list[int]))
    return dict(zip(cursors, bodies, strict=True))
