"""Buckets of series as the server keeps them: 360 of a resolution in one small hash, which takes a tenth of the room of
as many keys.

``b:<step>:<series>:<chunk>`` (hash): buckets by their number within the chunk, which begins at so many ms.
``c:<step>:<chunk>`` (set): the series that have any in the chunk. ``t:<step>`` (sorted set): the times of buckets.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any, Final, NamedTuple

import msgspec

from app.storage import sketches
from app.storage.labels import Values, both
from app.storage.redis.server import AT_ONCE, Command, Server
from scrapewatch.events import MAX_SAFE_INTEGER

CHUNK: Final = 360

_READ: Final = """
local prefix, wanted = unpack(cmsgpack.unpack(ARGV[1]))
local told = {}
for at, each in ipairs(wanted) do
  local slots = {}
  for slot = each[2], each[3] do slots[#slots + 1] = slot end
  told[at] = redis.call('HMGET', prefix .. each[1], unpack(slots))
end
return told
"""
"""Of each hash the values of its slots from one to another."""

_encode: Final = msgspec.msgpack.Encoder().encode
_list: Final = msgspec.msgpack.Decoder(list[Any]).decode


class Place(NamedTuple):
    """Of a bucket: its series' number, its step and its time."""

    series: int
    step_ms: int
    at_ms: int

    @property
    def chunk(self) -> int:
        """The beginning of its chunk."""
        return self.at_ms - self.at_ms % (CHUNK * self.step_ms)

    @property
    def slot(self) -> int:
        """Its number within that."""
        return (self.at_ms - self.chunk) // self.step_ms


class Span(NamedTuple):
    """Buckets of a series that follow one another within a chunk, both ends included."""

    first: Place
    last_ms: int


def hash_of(place: Place) -> str:
    """The hash in which a bucket is."""
    return f"b:{place.step_ms}:{place.series}:{place.chunk}"


def series_of(step_ms: int, chunk: int) -> str:
    """The series that have buckets in a chunk."""
    return f"c:{step_ms}:{chunk}"


def times_of(step_ms: int) -> str:
    """The times of buckets."""
    return f"t:{step_ms}"


def spans(series: int, step_ms: int, from_ms: int, to_ms: int) -> Iterator[Span]:
    """The buckets of a series that begin at `from_ms` or later and before `to_ms`, chunk by chunk."""
    at_ms, size = from_ms + -from_ms % step_ms, CHUNK * step_ms
    while at_ms < to_ms:
        end = min(at_ms - at_ms % size + size, to_ms)
        yield Span(Place(series, step_ms, at_ms), end - 1 - (end - 1) % step_ms)
        at_ms = at_ms - at_ms % size + size


def read(server: Server, wanted: Sequence[Span]) -> Iterator[tuple[Place, Values]]:
    """The buckets that there are in these spans, span by span."""
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        asked = [(hash_of(first), first.slot, first._replace(at_ms=last_ms).slot) for first, last_ms in some]
        for (first, _), values in zip(some, server.run(_READ, asked), strict=True):
            for number, value in enumerate(values):
                if value is not None:
                    yield first._replace(at_ms=first.at_ms + number * first.step_ms), unpacked(value)


def write(buckets: Mapping[Place, Values], known: Iterable[Place]) -> Iterator[Command]:
    """How to write buckets in place of what is there; `known` are those that are there."""
    hashes: defaultdict[str, list[int | bytes]] = defaultdict(list)
    new: defaultdict[str, set[int]] = defaultdict(set)
    times: set[tuple[int, int]] = set()
    there = set(known)
    for place, values in buckets.items():
        hashes[hash_of(place)] += (place.slot, packed(values))
        if place not in there:
            new[series_of(place.step_ms, place.chunk)].add(place.series)
            times.add((place.step_ms, place.at_ms))
    for name, pairs in hashes.items():
        yield "HSET", name, *pairs
    for name, series in new.items():
        some = sorted(series)
        for start in range(0, len(some), AT_ONCE):
            yield "SADD", name, *map(str, some[start : start + AT_ONCE])
    for step_ms, at_ms in sorted(times):
        yield "ZADD", times_of(step_ms), at_ms, at_ms


def whole(parts: Sequence[Values]) -> Values:
    """Several buckets as one."""
    if len(parts) == 1:
        return parts[0]
    total, count, least, most, _ = reduce(both, parts)
    return total, count, least, most, sketches.merged((part[4], part[0]) for part in parts)


def packed(values: Values) -> bytes:
    """A bucket, short: whole numbers as such, and no sketch where there is none."""
    total, count, least, most, sketch = values
    told = [_slim(total), count, _slim(least), _slim(most)]
    return _encode(told if sketch is None else [*told, sketch])


def unpacked(told: bytes) -> Values:
    """The reverse."""
    total, count, least, most, *sketch = _list(told)
    return float(total), count, float(least), float(most), sketch[0] if sketch else None


def _slim(number: float) -> float | int:
    return int(number) if abs(number) <= MAX_SAFE_INTEGER and number.is_integer() else number
