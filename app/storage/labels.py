"""How a series is written and numbered by a store that keeps it outside of this process, and how its buckets add up.

A series' number is a hash of its name and labels, so that writing needs no look-up and no memory of what exists:
nothing can go stale when a transaction is rolled back or another process prunes. (63 bits: among a million series
any two meet with a chance of 1 in 20 million.)
"""

import json
from functools import lru_cache
from hashlib import blake2b
from typing import Final

import msgspec

from app.storage.base_series import Labels
from scrapewatch.events import MAX_SAFE_INTEGER

Values = tuple[float, int, float, float, bytes | None]
"""Sum, count, least, greatest and sketch of a bucket."""

_PAIRS: Final = msgspec.json.Decoder(list[tuple[str, str]])


def both(one: Values, other: Values) -> Values:
    """Two of one bucket as one; its sketch is that of the first, for whoever has no second to merge."""
    count = min(one[1] + other[1], MAX_SAFE_INTEGER)
    return (one[0] + other[0], count, min(one[2], other[2]), max(one[3], other[3]), one[4])


def encode(labels: Labels) -> str:
    """Labels as JSON pairs, `job` first: so a job's series are neighbours in the index of names and labels."""
    ordered = sorted(labels, key=lambda pair: (pair[0] != "job", pair))
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":"))


def decoded(labels: str) -> Labels:
    """The reverse of `encode`."""
    return tuple(sorted(_PAIRS.decode(labels)))


decode: Final = lru_cache(maxsize=20_000)(decoded)
"""The same, remembered only because it takes time to compute."""


def series_number(name: str, labels: str) -> int:
    """The number of the series of that name and those encoded labels."""
    return int.from_bytes(blake2b(f"{name}\n{labels}".encode(), digest_size=8).digest()) >> 1


@lru_cache(maxsize=20_000)
def identity(name: str, labels: Labels) -> tuple[int, str]:
    """The number of a series and its encoded labels; remembered only because it takes time to compute."""
    encoded = encode(labels)
    return series_number(name, encoded), encoded
