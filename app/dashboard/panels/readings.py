"""Lines over time from any source of a panel: series of the store, or how many jobs, events or alerts there were."""

from dataclasses import dataclass, replace
from typing import Final

from app.dashboard.panels import answers, rows
from app.dashboard.panels.base import Look
from app.dashboard.titles import series_name, series_title
from app.metrics.transforms import COMPARED
from app.storage.base_series import Cells

MOST_POINTS: Final = 480
MOST_BARS: Final = 72
MOST_LINES: Final = 20
STEPS: Final = 60
_LEAST_STEP_MS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A line with its name.

    Attributes:
        name: in raw words, by which exports and colours know it.
        title: what a legend calls it.
        metric: the one that it is of; the kind, of what was counted here.
        is_counted: whether its values may be added up to that of the whole span.
        total: what was counted within the span alone, where the first step and the last one reach beyond it.
        is_earlier: whether it tells another time.
    """

    name: str
    title: str
    metric: str
    unit: str
    values: list[float | None]
    is_counted: bool = False
    total: float | None = None
    is_earlier: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Lines on one grid of times.

    Attributes:
        left_out: how many lines there are beyond `MOST_LINES`.
        counted: how many rows were counted, where there were more: the newest.
        of: how many there are then, at most.
        is_first: whether the lines were to be compared with an earlier run, and there is none.
    """

    times: list[int]
    step_ms: int
    lines: list[Drawn]
    left_out: int = 0
    counted: int = 0
    of: int = 0
    is_first: bool = False


def read(look: Look, most: int = MOST_POINTS) -> Reading:
    """What the panel draws.

    Raises:
        InvalidInput: its query or its transform can't be used.
    """
    return _measured(look, most) if look.panel.source == "metrics" else _counted(look)


def _measured(look: Look, most: int) -> Reading:
    told = answers.ask(look, most)
    alone = len({one.answer.name for one in told}) == 1
    lines = [
        Drawn(
            name=series_name(one.answer.name, line.labels, alone=alone),
            title=series_title(one.answer.name, line.labels, alone=alone),
            metric=one.answer.name,
            unit=one.answer.unit,
            values=[value for _, value in line.points],
            is_counted=one.is_counted,
            total=one.total(line),
            is_earlier=COMPARED in line.labels,
        )
        for one in told
        for line in one.answer.series
    ]
    times = next(([at for at, _ in line.points] for one in told for line in one.answer.series), [])
    step_ms = told[0].answer.step_ms
    return Reading(
        times=times,
        step_ms=step_ms,
        lines=lines[:MOST_LINES],
        left_out=max(0, len(lines) - MOST_LINES),
        is_first=any(one.answer.is_first for one in told),
    )


def _counted(look: Look) -> Reading:
    """How many rows began in each step, one line a kind."""
    from_ms, to_ms = look.span
    step_ms = max(_LEAST_STEP_MS, (to_ms - from_ms) // STEPS)
    first = from_ms - from_ms % step_ms
    times = list(range(first, to_ms + 1, step_ms))
    counts, found = rows.count(look, Cells(first, step_ms, len(times)))
    lines = [
        Drawn(
            name=str(rows.word(look.panel.source, kind)),
            title=str(rows.word(look.panel.source, kind)),
            metric=kind,
            unit="count",
            values=[float(cells.get(cell, 0)) for cell in range(len(times))],
            is_counted=True,
        )
        for kind, cells in sorted(counts.items())
    ]
    counted, of = (found.counted, found.of) if found.counted < found.of else (0, 0)
    return Reading(times=times, step_ms=step_ms, lines=lines[:MOST_LINES], counted=counted, of=of)


def told(line: Drawn) -> float | None:
    """The one figure that stands for a line: all of what was counted, the newest of what was measured."""
    if not line.is_counted:
        return latest(line)
    if line.total is not None:
        return line.total
    known = [value for value in line.values if value is not None]
    return sum(known) if known else None


def latest(line: Drawn) -> float | None:
    """The newest value of a line that is none of its gaps."""
    return next((value for value in reversed(line.values) if value is not None), None)


def scaled(line: Drawn, factor: float) -> Drawn:
    """The same line in another unit."""
    if factor == 1:
        return line
    return replace(line, values=[None if value is None else round(value * factor, 6) for value in line.values])
