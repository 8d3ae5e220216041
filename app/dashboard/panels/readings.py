"""Lines over time from any source of a panel: series of the store, or how many jobs, events or alerts there were."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from app.core.errors import InvalidInput
from app.dashboard.panels import rows
from app.dashboard.panels.base import Look
from app.dashboards.selectors import selectors
from app.metrics.catalogue import METRICS
from app.metrics.selector import Selector
from app.metrics.series import Answer, Line, SeriesQuery

MOST_POINTS: Final = 480
MOST_BARS: Final = 72
MOST_LINES: Final = 20
STEPS: Final = 60
_LEAST_STEP_MS: Final = 1_000
_MADE_OF: Final[Mapping[str, str]] = {
    "performance.itemsPerSecond": "items",
    "system.network.requestsPerSecond": "requests",
}
"""Figures of the whole house that a counter tells of any job, source or spider, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A line with its name.

    Attributes:
        metric: the one that it is of; the kind, of what was counted here.
        is_counted: whether its values may be added up to that of the whole span.
    """

    name: str
    metric: str
    unit: str
    values: list[float | None]
    is_counted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Lines on one grid of times.

    Attributes:
        left_out: how many lines there are beyond `MOST_LINES`.
        is_partial: whether there was more to count than the newest `rows.MOST_COUNTED`.
    """

    times: list[int]
    step_ms: int
    lines: list[Drawn]
    left_out: int = 0
    is_partial: bool = False


def read(look: Look, most: int = MOST_POINTS) -> Reading:
    """What the panel draws.

    Raises:
        InvalidInput: its query or its transform can't be used.
    """
    return _measured(look, most) if look.panel.source == "metrics" else _counted(look)


def _measured(look: Look, most: int) -> Reading:
    answers = [_answer(look, one, most) for one in selectors(look.panel)]
    step_ms = max(answer.step_ms for answer in answers)
    if any(answer.step_ms != step_ms for answer in answers):
        answers = [_answer(look, one, most, step_ms) for one in selectors(look.panel)]
    names = {answer.name for answer in answers}
    lines = [
        Drawn(
            name=_name(answer.name, line.labels, alone=len(names) == 1),
            metric=answer.name,
            unit=answer.unit,
            values=[value for _, value in line.points],
            is_counted=_is_counted(answer.name, _aggregation(look)),
        )
        for answer in answers
        for line in answer.series
    ]
    times = next(([at for at, _ in line.points] for answer in answers for line in answer.series), [])
    return Reading(times=times, step_ms=step_ms, lines=lines[:MOST_LINES], left_out=max(0, len(lines) - MOST_LINES))


def _answer(look: Look, one: Selector, most: int, step_ms: int | None = None) -> Answer:
    from_ms, to_ms = look.span
    source = _MADE_OF.get(one.name, one.name)
    where = {**_known(source, look.view.variables), **one.where}
    by = _by(look)
    is_whole = source != one.name and not where and not by
    asked = SeriesQuery(
        name=one.name if is_whole else source,
        where=where,
        from_ms=from_ms,
        to_ms=to_ms,
        step_ms=step_ms,
        agg=_aggregation(look) if is_whole or source == one.name else "sum",
        by=by,
        most=most,
    )
    try:
        found = look.services.reader.query(asked)
    except InvalidInput as error:
        raise InvalidInput(f"{one.name}: {error.detail}", field=f"{look.panel.path}.data") from None
    return found if asked.name == one.name else _per_second(found, one.name)


def _known(name: str, variables: Mapping[str, str]) -> dict[str, str]:
    """Those of the page's variables that the metric knows; a user's own may know any."""
    known = METRICS[name].labels if name in METRICS else tuple(variables)
    return {label: value for label, value in variables.items() if label in known}


def _per_second(found: Answer, name: str) -> Answer:
    lines = [
        Line(line.labels, [(at, None if value is None else value * 1_000 / found.step_ms) for at, value in line.points])
        for line in found.series
    ]
    return Answer(name, METRICS[name].unit, found.step_ms, lines)


def _aggregation(look: Look) -> str | None:
    if look.panel.chart:
        return look.panel.chart.aggregation
    given = look.panel.options.get("aggregation")
    return given if isinstance(given, str) else None


def _is_counted(name: str, aggregation: str | None) -> bool:
    """A counter added up, or samples that were counted."""
    is_counter = name in METRICS and METRICS[name].kind == "counter"
    return aggregation == "count" or (is_counter and aggregation in {None, "sum"})


def _by(look: Look) -> tuple[str, ...]:
    given = look.panel.options.get("by", [])
    return tuple(name for name in given if isinstance(name, str)) if isinstance(given, list) else ()


def _name(metric: str, labels: Mapping[str, str], *, alone: bool) -> str:
    values = ", ".join(value or "–" for value in labels.values())
    return (values if alone else f"{metric} {values}") if values else metric


def _counted(look: Look) -> Reading:
    """How many rows began in each step, one line a kind."""
    from_ms, to_ms = look.span
    step_ms = max(_LEAST_STEP_MS, (to_ms - from_ms) // STEPS)
    first = from_ms - from_ms % step_ms
    times = list(range(first, to_ms + 1, step_ms))
    counts: defaultdict[str, list[float | None]] = defaultdict(lambda: [0.0] * len(times))
    found = rows.read(look, rows.MOST_COUNTED, look.span)
    for row in found:
        values, at = counts[row.kind], (row.at_ms - first) // step_ms
        if 0 <= at < len(times):
            values[at] = (values[at] or 0.0) + 1
    lines = [
        Drawn(name=str(rows.word(look.panel.source, kind)), metric=kind, unit="count", values=values, is_counted=True)
        for kind, values in sorted(counts.items())
    ]
    is_partial = len(found) == rows.MOST_COUNTED
    return Reading(times=times, step_ms=step_ms, lines=lines[:MOST_LINES], is_partial=is_partial)


def told(line: Drawn) -> float | None:
    """The one figure that stands for a line: all of what was counted, the newest of what was measured."""
    if not line.is_counted:
        return latest(line)
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
