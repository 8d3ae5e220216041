"""How the values of a bucket are spread, in a few bytes that can be merged: DDSketch, with a relative error of 1 %.

Each value falls into the interval of its code, and intervals grow with the values they hold; a sketch is how many
fell into each. Which interval, and what value stands for it, is the library's. The bytes are ours, so that thousands
can be merged for one chart, and are the shortest of three forms:

- the codes one after the other, for few values;
- counts side by side from the least code to the greatest, each as wide as the greatest count needs, for many;
- pairs of a code and a count, for many that lie far apart.

Counts side by side are added up as one long integer, which takes a hundredth of adding them one by one. Their least
code is a multiple of 16, so that many sketches begin alike and are added before anything is moved.
"""

import struct
import sys
from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from typing import Final

import msgspec
from ddsketch.mapping import LogarithmicMapping

ERROR: Final = 0.01
"""A quantile differs from the true one by at most this share of it."""

_MAPPING: Final = LogarithmicMapping(ERROR)
_SHIFT: Final = 1_200
"""So that the code of every value from about 4e-11 upwards is positive; smaller ones count as 0."""
_GREATEST: Final = 32_767
_CODES: Final = 0
_PAIRS: Final = 9
"""The first byte tells the form; that of counts side by side is their width in bytes."""
_WIDER: Final = {1: "H", 2: "I", 4: "Q"}
"""The type of an array of counts that are twice as wide."""
_FORMATS: Final = {1: "B", 2: "H", 4: "I"}
_NO_WIDTH: Final = 8
_AT_ONCE: Final = 256
"""So many counts of a byte have room in two."""
_EVEN_BEGIN: Final = 16
_HEAD: Final = 3
"""Bytes before the counts that lie side by side: their width and their least code."""
_DECODER: Final = msgspec.msgpack.Decoder(dict[int, int])

Part = tuple[bytes | None, float]
"""The sketch of a bucket and its sum, which is the value itself where the sketch is empty."""
_Lanes = dict[bytes, list[bytes]]
"""Sketches of counts side by side, by their heads."""


@dataclass(slots=True, frozen=True)
class Spread:
    """How the values of some buckets are spread.

    Attributes:
        sketches: of the buckets that hold several values; None of one that has none.
        values: of the buckets that hold one.
    """

    sketches: list[bytes | None] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


@dataclass(slots=True, frozen=True)
class Whole:
    """Many values as one.

    Attributes:
        codes: in order.
        sums: how many values have one of the codes up to each.
    """

    codes: Sequence[int]
    sums: Sequence[int]

    @property
    def count(self) -> int:
        """How many values there are."""
        return self.sums[-1]

    def quantile(self, share: float) -> float:
        """The value at the place ``share * (count - 1)`` among all in order, within `ERROR`."""
        return _value(self.codes[bisect_right(self.sums, share * (self.count - 1))])


def of(values: Iterable[float]) -> bytes:
    """The sketch of these values."""
    return _written(Counter(map(_code, values)))


def by_cell(buckets: Iterable[tuple[int, bytes | None, float]]) -> dict[int, Spread]:
    """The spread of each cell, from its number and the sketch and the sum of each of its buckets."""
    found: defaultdict[int, Spread] = defaultdict(Spread)
    for cell, sketch, total in buckets:
        if sketch == b"":
            found[cell].values.append(total)
        else:
            found[cell].sketches.append(sketch)
    return found


def merged(parts: Iterable[Part]) -> bytes | None:
    """One sketch of several; None if any has none, empty if there are none."""
    found = counted(parts)
    return None if found is None else _written(found)


def counted(parts: Iterable[Part]) -> Counter[int] | None:
    """How many values have which code, over all parts; None if any has no sketch."""
    spread = by_cell((0, sketch, total) for sketch, total in parts).get(0, Spread())
    sorted_out = _sorted_out(spread)
    return None if sorted_out is None else _all_counts(*sorted_out)


def quantile(spread: Spread, share: float) -> float | None:
    """The value below which that share of all lies; None if a bucket has no sketch.

    It is that at the place ``share * (number - 1)`` among all values in order, rounded down: exact where every bucket
    holds one value, and within `ERROR` elsewhere.
    """
    if not spread.sketches:
        return sorted(spread.values)[int(share * (len(spread.values) - 1))]
    alone = spread.sketches[0] if len(spread.sketches) == 1 and not spread.values else None
    if alone and alone[0] != _PAIRS:  # a step of one series: there may be thousands in a chart
        return _of_one(alone, share)
    found = whole(spread)
    return None if found is None else found.quantile(share)


def _of_one(sketch: bytes, share: float) -> float:
    """The quantile of codes, or of counts side by side."""
    form = sketch[0]
    if form == _CODES:
        codes = sorted(_unpacked(sketch[1:]))
        return _value(codes[int(share * (len(codes) - 1))])
    sums = list(accumulate(struct.unpack(f"<{(len(sketch) - _HEAD) // form}{_FORMATS[form]}", sketch[_HEAD:])))
    first = int.from_bytes(sketch[1:_HEAD], "little", signed=True)
    return _value(first + bisect_right(sums, share * (sums[-1] - 1)))


def whole(spread: Spread) -> Whole | None:
    """The values of all buckets in one; None if one has no sketch."""
    sorted_out = _sorted_out(spread)
    if sorted_out is None:
        return None
    codes, pairs, lanes = sorted_out
    if not pairs and not lanes:
        return Whole(array("h", sorted(codes)), range(1, len(codes) + 1))
    if not pairs and not codes and len(widths := {head[0] for head in lanes}) == 1:
        added = list(_added(lanes, widths.pop()))
        if len(added) == 1:
            first, numbers = added[0]
            return Whole(range(first, first + len(numbers)), array("Q", accumulate(numbers)))
    counts = _all_counts(codes, pairs, lanes)
    ordered = sorted(counts)
    return Whole(array("h", ordered), array("Q", accumulate(map(counts.__getitem__, ordered))))


def _sorted_out(spread: Spread) -> tuple[list[int], list[dict[int, int]], _Lanes] | None:
    """Codes, pairs, and counts side by side; None if a bucket has no sketch."""
    codes = list(map(_code, spread.values))
    pairs: list[dict[int, int]] = []
    alike: defaultdict[bytes, list[bytes]] = defaultdict(list)
    for sketch in spread.sketches:
        if sketch is None:
            return None
        alike[sketch[:_HEAD]].append(sketch)
    for head in [head for head in alike if head[0] in {_CODES, _PAIRS}]:
        bodies = [sketch[1:] for sketch in alike.pop(head)]
        if head[0] == _PAIRS:
            pairs += map(_DECODER.decode, bodies)
        else:
            codes += _unpacked(b"".join(bodies))
    return codes, pairs, alike


def _unpacked(body: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(body) // 2}h", body)


def _all_counts(codes: list[int], pairs: list[dict[int, int]], lanes: _Lanes) -> Counter[int]:
    counts = Counter(codes)
    for part in pairs:
        counts.update(part)
    for width in {head[0] for head in lanes}:
        for first, numbers in _added(lanes, width):
            counts.update({code: number for code, number in enumerate(numbers, first) if number})
    return counts


def _added(lanes: _Lanes, width: int) -> Iterator[tuple[int, list[int]]]:
    """Sums of counts that are so many bytes wide, and the code of the first; of at most `_AT_ONCE` sketches each."""
    chosen = [(head, some) for head, some in lanes.items() if head[0] == width]
    if sum(len(some) for _, some in chosen) <= _AT_ONCE:
        yield _sums(chosen, width)
        return
    for head, some in chosen:
        for start in range(0, len(some), _AT_ONCE):
            yield _sums([(head, some[start : start + _AT_ONCE])], width)


def _sums(chosen: list[tuple[bytes, list[bytes]]], width: int) -> tuple[int, list[int]]:
    """The code of the first sum, and the sums.

    Every second count, with room for twice its width, makes one long integer; the others make another.
    """
    begins = [int.from_bytes(head[1:], "little", signed=True) for head, _ in chosen]
    first = min(begins) & -2
    bits = 8 * width
    even = odd = length = 0
    for begin, (_, some) in zip(begins, chosen, strict=True):
        numbers = [int.from_bytes(sketch[_HEAD:], "little") for sketch in some]
        if begin % 2:  # of an earlier version: make what is even here even in the whole
            numbers = [number << bits for number in numbers]
        room = max(map(len, some)) // width + 2
        mask = _mask(width, room // 2 + 1)
        moved = (begin - begin % 2 - first) * bits
        even += sum([number & mask for number in numbers]) << moved
        odd += sum([number >> bits & mask for number in numbers]) << moved
        length = max(length, moved // bits + room)
    length += length % 2
    sums = [0] * length
    for place, total in enumerate((even, odd)):
        wide = array(_WIDER[width])
        wide.frombytes(total.to_bytes(length * width, sys.byteorder))
        sums[place::2] = wide if sys.byteorder == "little" else wide[::-1]
    return first, sums


@lru_cache(maxsize=1_024)
def _mask(width: int, number: int) -> int:
    return int.from_bytes((b"\xff" * width + b"\x00" * width) * number, "little")


def _written(counts: Counter[int]) -> bytes:
    if not counts:
        return b""
    number, most = counts.total(), max(counts)
    least = min(counts) // _EVEN_BEGIN * _EVEN_BEGIN
    length = most - least + 1
    width = next((each for each in _WIDER if max(counts.values()) < 1 << 8 * each), _NO_WIDTH)
    sizes = {_CODES: 2 * number, width: 2 + width * length, _PAIRS: 4 * len(counts)}
    form = min(sizes, key=sizes.__getitem__)
    if form == _CODES:
        return bytes([form]) + struct.pack(f"<{number}h", *counts.elements())
    if form in (_PAIRS, _NO_WIDTH):
        return bytes([_PAIRS]) + msgspec.msgpack.encode(dict(counts))
    side_by_side = struct.pack(f"<{length}{_FORMATS[form]}", *map(counts.__getitem__, range(least, most + 1)))
    return bytes([form]) + least.to_bytes(2, "little", signed=True) + side_by_side


@lru_cache(maxsize=4_096)
def _code(value: float) -> int:
    if value < 0:
        return -_code(-value)
    if value <= _LEAST:
        return 0
    return min(_MAPPING.key(value) + _SHIFT, _GREATEST)


@lru_cache(maxsize=4_096)
def _value(code: int) -> float:
    if code == 0:
        return 0.0
    found: float = _MAPPING.value(abs(code) - _SHIFT)
    return found if code > 0 else -found


_LEAST: Final = _MAPPING.value(1 - _SHIFT)
