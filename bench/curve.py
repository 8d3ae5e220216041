"""Curves of how long something takes, the more there is: as lines of a table, and as a drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import log10
from typing import Final

_BARS: Final = "▁▂▃▄▅▆▇█"
_WIDTH: Final = 460
_HEIGHT: Final = 260
_LEFT: Final = 46
_RIGHT: Final = 170
_TOP: Final = 34
_BOTTOM: Final = 36
_TICKS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)
_LABELLED: Final = 6
"""Lines of a panel that are named: the highest."""


@dataclass(frozen=True, slots=True)
class Curve:
    """What took how many ms at which size, in a store."""

    store: str
    name: str
    ms: Mapping[int, float]

    @property
    def spark(self) -> str:
        """A letter for each size, as high as it is beside the others, from 0."""
        most = max(self.ms.values()) or 1
        return "".join(_BARS[round((len(_BARS) - 1) * value / most)] for value in self.ms.values())


def listed(curves: Sequence[Curve]) -> str:
    """The curves as a table of p95 in ms, those of each store beside one another."""
    sizes = list(curves[0].ms)
    stores = list(dict.fromkeys(curve.store for curve in curves))
    rows = [["p95 in ms", *(head for store in stores for head in [*(f"{store} {_short(size)}" for size in sizes), ""])]]
    for name in dict.fromkeys(curve.name for curve in curves):
        row = [name]
        for store in stores:
            curve = next(one for one in curves if (one.store, one.name) == (store, name))
            row += [*(f"{value:.1f}" for value in curve.ms.values()), curve.spark]
        rows.append(row)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def drawn(curves: Sequence[Curve], limit_ms: float) -> str:
    """The curves as an SVG, a panel for each store; both axes by powers of ten, the limit as a dashed line."""
    stores = list(dict.fromkeys(curve.store for curve in curves))
    width = len(stores) * (_LEFT + _WIDTH + _RIGHT)
    height = _TOP + _HEIGHT + _BOTTOM
    panels = [
        _panel(store, [one for one in curves if one.store == store], limit_ms, at * (_LEFT + _WIDTH + _RIGHT))
        for at, store in enumerate(stores)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="11" fill="#444">\n<rect width="{width}" height="{height}" fill="#fff"/>\n'
        + "\n".join(panels)
        + "\n</svg>\n"
    )


@dataclass(frozen=True, slots=True)
class _Axes:
    """Where a size and a time are drawn; both by powers of ten."""

    left: float
    sizes: Sequence[int]
    low: float
    high: float

    def x(self, size: int) -> float:
        """From the left."""
        first, last = log10(self.sizes[0]), log10(self.sizes[-1])
        return self.left + _WIDTH * (log10(size) - first) / (last - first or 1)

    def y(self, ms: float) -> float:
        """From the top."""
        return _TOP + _HEIGHT * (self.high - log10(max(ms, 10**self.low))) / (self.high - self.low)

    def across(self, ms: float, colour: str, dashes: str = "") -> str:
        """A line at that time."""
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        ends = f'x1="{self.left}" x2="{self.left + _WIDTH}" y1="{self.y(ms):.1f}" y2="{self.y(ms):.1f}"'
        return f'<line {ends} stroke="{colour}"{dashed}/>'


def _panel(store: str, curves: Sequence[Curve], limit_ms: float, left: int) -> str:
    values = [value for curve in curves for value in curve.ms.values()]
    low, high = log10(min(*values, 1)), log10(max(*values, 2 * limit_ms))
    axes = _Axes(left + _LEFT, sorted(curves[0].ms), low, high)
    most = axes.sizes[-1]
    highest = sorted(curves, key=lambda curve: -curve.ms[most])[:_LABELLED]
    title = f'<text x="{axes.left}" y="18" font-size="13" font-weight="bold">{escape(store)}: p95 of each page</text>'
    parts = [title, *_ticks(axes), axes.across(limit_ms, "#c0392b", "5 4")]
    for curve in curves:
        points = " ".join(f"{axes.x(size):.1f},{axes.y(curve.ms[size]):.1f}" for size in axes.sizes)
        colour = "#2c6fbb" if curve in highest else "#b5c7dc"
        name = f"<title>{escape(curve.name)}</title>"
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5">{name}</polyline>')
    lowest = 0.0
    for curve in highest:  # their names beside the ends of their lines, one below the other
        lowest = max(lowest + 13, axes.y(curve.ms[most]) + 4)
        name = f"{escape(curve.name)}, {curve.ms[most]:.0f}"
        parts.append(f'<text x="{axes.left + _WIDTH + 8}" y="{lowest:.1f}">{name}</text>')
    return "\n".join(parts)


def _ticks(axes: _Axes) -> list[str]:
    found = []
    for ms in _TICKS:
        if axes.low <= log10(ms) <= axes.high:
            found.append(axes.across(ms, "#e4e4e4"))
            place = f'x="{axes.left - 6}" y="{axes.y(ms) + 4:.1f}"'
            found.append(f'<text {place} text-anchor="end">{ms} ms</text>')
    for size in axes.sizes:
        place = f'x="{axes.x(size):.1f}" y="{_TOP + _HEIGHT + 18}"'
        found.append(f'<text {place} text-anchor="middle">{_short(size)}</text>')
    return found


def _short(size: int) -> str:
    return f"{size // 1_000_000}M" if size >= 1_000_000 else f"{size // 1_000}k" if size >= 1_000 else str(size)
