"""Figures of the past as rules would have seen them: at each step what the window before it held."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from app.core.errors import InvalidInput
from app.metrics.lately import Asked, agg_of, is_counter, key_of
from app.metrics.resolution import kept
from app.metrics.series import QUANTILES
from app.storage.base_series import HOUR_MS, MINUTE_MS, QUARTER_HOUR_MS, RAW_MS, Cells, Labels, SeriesStore, Stretch

MAX_CELLS: Final = 300_000
"""Figures of one reading: some seconds of work for whoever goes through them."""
STEPS_MS: Final = (RAW_MS, MINUTE_MS, QUARTER_HOUR_MS, HOUR_MS)
_Cell = tuple[float, float] | None
"""A figure and how many samples it was made of."""


@dataclass(frozen=True, slots=True)
class Walk:
    """The steps of the past, their beginnings in ms, and the figures of each set of labels at each of them."""

    times: range
    lines: dict[Labels, list[float | None]]


class Past:
    """Reads series; from real threads only, as it waits for the store."""

    def __init__(self, store: SeriesStore) -> None:
        self._store = store

    def read(self, asked: Asked, from_ms: int, to_ms: int, now_ms: int) -> Walk:
        """The figures from a moment to another, each of the window that ends with its step.

        Raises:
            InvalidInput: naming `from` or `aggregation`: there is too much, or it is not kept finely enough.
        """
        agg = agg_of(asked)
        if agg in QUANTILES:
            raise InvalidInput("can't be tested: quantiles are not kept of every window", field="aggregation")
        zero = is_counter(asked.name) and agg in {"sum", "count"} and not asked.by
        places: dict[Labels, int] = {}
        living = self._living(asked, from_ms, to_ms, now_ms)
        groups = {one: places.setdefault(key_of(one, asked.by), len(places)) for one in living}
        if not places and zero and self._store.has(asked.name, asked.where):
            places[()] = 0  # one that gained nothing in that time counts
        step_ms = _step(from_ms, to_ms, now_ms, max(1, len(places)))
        _check_window(asked.window_ms, step_ms)
        width = max(1, asked.window_ms // step_ms)
        begin = from_ms - from_ms % step_ms - (width - 1) * step_ms
        steps = (to_ms - begin) // step_ms + 1
        cells = Cells(begin, step_ms, steps)
        figures = ("sum", "count") if agg in {"avg", "sum", "count"} else (agg, "count")
        within = [Stretch(step_ms, begin, begin + steps * step_ms)]
        held: list[_Cell] = [None] * (steps * len(places))
        for cell, figure, count in self._store.combine(asked.name, groups, within, cells, figures):
            held[cell] = (figure, count)
        lines = {
            labels: _line(held[place * steps : (place + 1) * steps], width, agg, 0.0 if zero else None, asked.least)
            for labels, place in places.items()
        }
        return Walk(range(begin + (width - 1) * step_ms, begin + steps * step_ms, step_ms), lines)

    def _living(self, asked: Asked, from_ms: int, to_ms: int, now_ms: int) -> list[Labels]:
        """The series that have a figure in the span or in the window before it: others would only cost."""
        stored = max(MINUTE_MS, kept(from_ms, now_ms))
        begin = from_ms - asked.window_ms - stored
        within = Stretch(stored, begin - begin % stored, to_ms + stored)
        return self._store.alive(asked.name, self._store.find(asked.name, asked.where, within.from_ms), within)


def _step(from_ms: int, to_ms: int, now_ms: int, lines: int) -> int:
    """The finest step that is kept and does not make too many figures."""
    finest = kept(from_ms, now_ms)
    for step_ms in STEPS_MS:
        if step_ms >= finest and (to_ms - from_ms) // step_ms * lines <= MAX_CELLS:
            return step_ms
    raise InvalidInput("lies too far back for %(lines)s series", lines=lines, field="from")


def _check_window(window_ms: int, step_ms: int) -> None:
    """A wider window would hold more than the rule ever saw; below 5 s none is meant, but the figure itself."""
    if RAW_MS <= window_ms < step_ms:
        raise InvalidInput(
            "lies too far back for a window of %(window)s s: figures can be told every %(step)s s",
            window=window_ms // 1_000,
            step=step_ms // 1_000,
            field="from",
        )


def _line(cells: Sequence[_Cell], width: int, agg: str, nothing: float | None, least: int) -> list[float | None]:
    """At each step the figure of it and the `width` - 1 before."""
    values = (
        _added(cells, width) if agg in {"avg", "sum", "count"} else _extreme(cells, width, max if agg == "max" else min)
    )
    line = []
    for figure, count in values:
        if not count or count < least:
            line.append(nothing if not count else None)
        else:
            line.append(figure / count if agg == "avg" else count if agg == "count" else figure)
    return line[width - 1 :]


def _added(cells: Sequence[_Cell], width: int) -> Iterator[tuple[float, float]]:
    total = samples = 0.0
    for place, cell in enumerate(cells):
        gone = cells[place - width] if place >= width else None
        total += (cell[0] if cell else 0.0) - (gone[0] if gone else 0.0)
        samples += (cell[1] if cell else 0.0) - (gone[1] if gone else 0.0)
        if not samples:
            total = 0.0  # nothing is left of what rounding left
        yield total, samples


def _extreme(
    cells: Sequence[_Cell], width: int, better: Callable[[tuple[float, float]], float]
) -> Iterator[tuple[float, float]]:
    """The greatest or the least of each window; those that a later one beats are dropped."""
    best: deque[tuple[int, float]] = deque()
    samples = 0.0
    for place, cell in enumerate(cells):
        gone = cells[place - width] if place >= width else None
        samples += (cell[1] if cell else 0.0) - (gone[1] if gone else 0.0)
        if cell is not None:
            while best and better((best[-1][1], cell[0])) == cell[0]:
                best.pop()
            best.append((place, cell[0]))
        while best and best[0][0] <= place - width:
            best.popleft()
        yield (best[0][1] if best else 0.0), samples
