"""What a rule's metric did, drawn on the server: lines with their thresholds, and marks where something happened.

A drawing is 600 by 100 units and is stretched over its place; texts stand beside it. It needs no script.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from math import ceil, floor, log10
from typing import Any, Final

from app.alerts.rules import Rule
from app.alerts.wording import shown
from app.core.clock import rfc3339
from app.dashboard.language import told
from app.metrics.catalogue import METRICS
from app.metrics.past import Walk
from app.storage.base_series import Labels

WIDTH: Final = 600
HEIGHT: Final = 100
DOT: Final = 3
POINTS: Final = 240
MOST_LINES: Final = 8
TIMES: Final = 4
MOST_STEPS: Final = 6
TABLE_ROWS: Final = 60
_ROOM: Final = 1.05
_ROUND: Final = (1, 2, 5, 10, 20, 50, 100)
_NICE: Final = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)

Points = list[tuple[int, float | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that happened.

    Attributes:
        kind: `alert`, `good` or "".
    """

    at: int
    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A drawing.

    Attributes:
        lines: name and path of each, the worst first.
        threshold: how far down it lies, 0 to 100; `resolve` is None where it is the same.
        ticks: texts along the left, from the top.
        grid: how far down each of them lies, 0 to 100.
        times: moments along the foot, from the left.
        marks: how far right each lies, 0 to 100, with its text and kind.
        rows: moments with the figures of all lines, newest first.
        more: how many lines are left out.
    """

    lines: list[tuple[str, str]]
    threshold: float
    resolve: float | None
    ticks: list[str]
    grid: list[float]
    times: list[str]
    marks: list[dict[str, Any]]
    rows: list[tuple[str, list[str]]]
    more: int


def curve(rule: Rule, walk: Walk, marks: Iterable[Mark] = (), group: Labels = ()) -> Curve | None:
    """The drawing of the figures of those labels that are in `group`; None where nothing was measured."""
    found = {labels: _fewer(rule, walk.times, line) for labels, line in walk.lines.items() if set(group) <= set(labels)}
    held = {labels: points for labels, points in found.items() if any(value is not None for _, value in points)}
    if not held or len(walk.times) < 2:
        return None
    worst = sorted(held, key=lambda labels: _badness(rule, held[labels]), reverse=True)[:MOST_LINES]
    values = [value for labels in worst for _, value in held[labels] if value is not None]
    marked = [*values, rule.condition.threshold, rule.resolve_threshold]
    steps = _steps(marked, METRICS[name].unit if (name := rule.condition.metric) in METRICS else "")
    low, high = steps[-1], steps[0]

    def down(value: float) -> float:
        return round(HEIGHT * (high - value) / (high - low), 2)

    begin, span = walk.times[0], walk.times[-1] - walk.times[0]
    return Curve(
        lines=[(_name(labels), _path(held[labels], begin, span, down)) for labels in worst],
        threshold=down(rule.condition.threshold),
        resolve=None if rule.resolve_threshold == rule.condition.threshold else down(rule.resolve_threshold),
        ticks=[told(shown(rule, value)) for value in steps],
        grid=[down(value) for value in steps],
        times=[rfc3339(begin + span * place // TIMES) for place in range(TIMES + 1)],
        marks=[
            {"right": round(100 * (mark.at - begin) / span, 2), "text": mark.text, "kind": mark.kind}
            for mark in marks
            if begin <= mark.at <= begin + span
        ],
        rows=_rows(rule, [held[labels] for labels in worst]),
        more=len(held) - len(worst),
    )


def _fewer(rule: Rule, times: range, line: Sequence[float | None]) -> Points:
    """The line in so few points that it can be drawn: of several, the one furthest into the condition."""
    each = max(1, -(-len(line) // POINTS))
    points: Points = []
    for first in range(0, len(line), each):
        some = [value for value in line[first : first + each] if value is not None]
        points.append((times[first], reduce(rule.condition.worse, some) if some else None))
    return points


def _badness(rule: Rule, points: Points) -> float:
    values = [value for _, value in points if value is not None]
    return -min(values) if rule.condition.operator in {"<", "<="} else max(values)


def _steps(values: Sequence[float], unit: str) -> list[float]:
    """Round figures at even distances from the top down, which hold all of the values and 0.

    A share of a whole ends at the whole, and what is counted has no part of one.
    """
    low, high = min(0.0, *values) * _ROOM, max(0.0, *values) * _ROOM
    if unit == "ratio" and max(values) <= 1:
        high = min(high, 1.0)
    if high == low:
        high = 1.0
    size = Decimal(10) ** (floor(log10(high - low)) - 1)
    for step in (size * part for part in _ROUND):
        first, last = floor(low / float(step)), ceil(round(high / float(step), 6))
        if last - first <= MOST_STEPS and (unit != "count" or step >= 1):
            return [float(step * place) for place in range(last, first - 1, -1)]
    raise AssertionError("the last part is as wide as all of them")


def round_up(value: float) -> float:
    """The next round number that is not below `value`, which is above 0."""
    size = 10.0 ** (len(str(int(value))) - 1) if value >= 1 else _small(value)
    return next(step * size for step in _NICE if step * size >= value or step == _NICE[-1])


def _small(value: float) -> float:
    size = 1.0
    while size > value:
        size /= 10
    return size


def _path(points: Points, begin: int, span: int, down: Callable[[float], float]) -> str:
    """Its path; a gap in the figures is a gap in the line, and one that is alone is a dash as wide as a dot."""
    parts = []
    values = [None, *(value for _, value in points), None]
    for (at_ms, value), before, after in zip(points, values, values[2:], strict=False):
        if value is None:
            continue
        right, alone = WIDTH * (at_ms - begin) / span, before is None and after is None
        start = round(right - DOT / 2 if alone else right, 1)
        parts.append(f"{'M' if before is None else 'L'}{start:g} {down(value):g}" + (f"h{DOT}" if alone else ""))
    return "".join(parts)


def _rows(rule: Rule, lines: Sequence[Points]) -> list[tuple[str, list[str]]]:
    rows = []
    for place in reversed(range(len(lines[0]))):
        figures = [line[place][1] for line in lines]
        if any(value is not None for value in figures):
            texts = ["–" if value is None else told(shown(rule, value)) for value in figures]
            rows.append((rfc3339(lines[0][place][0]), texts))
    return rows[:TABLE_ROWS]


def _name(labels: Labels) -> str:
    return ", ".join(f"{name} {value}" for name, value in labels)
