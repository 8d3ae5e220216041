"""How the values of a bucket are spread, in a few bytes that can be merged: DDSketch, with a relative error of 1 %.

Each value falls into the interval of its code, and intervals grow with the values they hold; a sketch is how many
fell into each. Which interval, and what value stands for it, is the library's; the bytes are ours, so that thousands
can be merged for one chart. Up to `_FEW` values are written as their codes one after the other, more as pairs of a code
and a count.
"""

import struct
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

import msgspec
from ddsketch.mapping import LogarithmicMapping

ERROR: Final = 0.01
"""A quantile differs from the true one by at most this share of it."""

_MAPPING: Final = LogarithmicMapping(ERROR)
_SHIFT: Final = 1_200
"""So that the code of every value from about 4e-11 upwards is positive; smaller ones count as 0."""
_GREATEST: Final = 32_767
_FEW: Final = 32
_CODES: Final = b"\x01"
_PAIRS: Final = b"\x02"
_DECODER: Final = msgspec.msgpack.Decoder(dict[int, int])


def of(values: Iterable[float]) -> bytes:
    """The sketch of these values."""
    return _written(Counter(map(_code, values)))


def merged(parts: Iterable[tuple[bytes | None, float]]) -> bytes | None:
    """One sketch of several, each given with the sum of its bucket; None if any has none."""
    found = counted(parts)
    return None if found is None else _written(found)


def counted(parts: Iterable[tuple[bytes | None, float]]) -> Counter[int] | None:
    """How many values have which code, over all parts; None if any has no sketch."""
    codes: list[int] = []
    counts: Counter[int] = Counter()
    for sketch, total in parts:
        if sketch is None:
            return None
        if not sketch:
            codes.append(_code(total))
        elif sketch[:1] == _CODES:
            codes += struct.unpack(f"<{len(sketch) // 2}h", sketch[1:])
        else:
            for code, count in _DECODER.decode(memoryview(sketch)[1:]).items():
                counts[code] += count
    counts.update(codes)
    return counts


def quantile(counts: Mapping[int, int], share: float) -> float:
    """The value below which that share of all lies, within `ERROR`; `counts` is not empty."""
    rank = share * (sum(counts.values()) - 1)
    passed = 0
    last = 0
    for code in sorted(counts):
        last = code
        passed += counts[code]
        if passed > rank:
            break
    return _value(last)


def _written(counts: Counter[int]) -> bytes:
    number = counts.total()
    if number <= _FEW:
        return _CODES + struct.pack(f"<{number}h", *counts.elements())
    return _PAIRS + msgspec.msgpack.encode(dict(counts))


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
