"""Small drawings within a row: a curve, and a strip of runs. Their twin is ``static/js/sparks.js``.

Both are paths, so that a script changes one attribute; widths are in the units of the view box.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

WIDTH: Final = 100
HEIGHT: Final = 22
RUNS: Final = 30
_FLOOR: Final = 20
_HIGHEST: Final = 16
_LEAST: Final = 4
_BAR: Final = 4
_PITCH: Final = 5

KINDS: Final = {"completed": "ok", "failed": "broken", "cancelled": "cancelled", "lost": "lost"}
"""Of a run by its status; any other goes on now."""


def spark(values: Sequence[float]) -> str:
    """The curve of values at equal distances, from 0 at the bottom to the greatest of them at the top."""
    most = max(values, default=0) or 1
    down = [_text(HEIGHT - 1 - 20 * value / most) for value in values]
    return "M" + " L".join(map("%s %s".__mod__, zip(_across(len(values)), down, strict=True))) if values else ""


@cache
def _across(number: int) -> list[str]:
    """Where so many places at equal distances stand."""
    last = max(1, number - 1)
    return [_text(WIDTH * at / last) for at in range(number)]


def area(curve: str) -> str:
    """What lies under a curve."""
    return f"{curve} L{WIDTH} {HEIGHT} L0 {HEIGHT}Z" if curve else ""


def strip(runs: Sequence[Sequence[str | int]]) -> dict[str, str]:
    """Kind to path of the last runs, each a status and its items, oldest first; the newest stands on the right.

    A bar is as high as its items are to the most of them. A failed run has a dot on it, and where there was none yet
    stands a line.
    """
    most = max((int(items) for _, items in runs), default=0) or 1
    empty = RUNS - len(runs)
    bars: dict[str, list[str]] = {}
    for place in range(empty):
        bars.setdefault("none", []).append(_bar(place, 1))
    for place, (status, items) in enumerate(runs, empty):
        kind = KINDS.get(str(status), "now")
        height = _LEAST + round((_HIGHEST - _LEAST) * int(items) / most)
        bars.setdefault(kind, []).append(_bar(place, height) + (_dot(place, height) if kind == "broken" else ""))
    return {kind: "".join(parts) for kind, parts in bars.items()}


@cache
def _bar(place: int, height: int) -> str:
    return f"M{place * _PITCH} {_FLOOR}v-{height}h{_BAR}v{height}z"


def _dot(place: int, height: int) -> str:
    """A square of 3 above the bar."""
    return f"M{_text(place * _PITCH + 0.5)} {_FLOOR - height - 1}h3v-3h-3z"


_TENTHS: Final = [f"{tenths / 10:g}" for tenths in range(2_000)]


def _text(number: float) -> str:
    """A number from 0 to less than 200 with one decimal at most, as scripts write numbers."""
    return _TENTHS[int(number * 10 + 0.5)]
