"""A panel's metrics as the series tell them: asked for by its selectors, changed by its transform."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from app.core.errors import InvalidInput
from app.dashboard.panels.base import Look
from app.dashboards.selectors import selectors
from app.metrics import transforms
from app.metrics.catalogue import METRICS
from app.metrics.piped import PipedReader, is_counted
from app.metrics.resolution import MAX_POINTS, SHOWN_MS
from app.metrics.selector import Selector
from app.metrics.series import Answer, Line, SeriesQuery
from app.metrics.transforms import COMPARED
from app.storage.base_series import Labels

_CHANGING: Final = frozenset({"rate", "movingAverage"})
"""Steps after which the values of a counter are no longer what was counted."""
_CHOOSING: Final = frozenset(name for name, row in transforms.TRANSFORMS.items() if row.chooses)
_BY_LINE: Final = _CHOOSING | {"compare"}
"""Steps that leave lines out, or find one to each: of another step, they might be others."""

MADE_OF: Final[Mapping[str, str]] = {
    "performance.itemsPerSecond": "items",
    "system.network.requestsPerSecond": "requests",
}
"""Figures of the whole house that a counter tells of any job, source or spider, too."""


@dataclass(frozen=True, slots=True)
class Told:
    """The lines of one metric.

    Attributes:
        is_counted: whether a line's values may be added up to that of the whole span.
        totals: what was counted within the span, by the labels of lines; None where their values tell it.
    """

    answer: Answer
    is_counted: bool
    totals: Mapping[Labels, float | None] | None = None

    def total(self, line: Line) -> float | None:
        """What a line counted within the span; None where its values tell it."""
        if self.totals is None:
            return None
        beside = None if COMPARED in line.labels else 0.0  # of another time only what has a line now has a total
        return self.totals.get(tuple(line.labels.items()), beside)


def ask(look: Look, most: int) -> list[Told]:
    """The answers to a panel's metrics, all by the same step and at most so many points.

    Raises:
        InvalidInput: a selector, the transform or the aggregation can't be used.
    """
    wanted = selectors(look.panel)
    told = [_ask(look, one, most, None) for one in wanted]
    step_ms = max(one.answer.step_ms for one in told)
    if any(one.answer.step_ms != step_ms for one in told):
        told = [_ask(look, one, most, step_ms) for one in wanted]
    if look.panel.chart is None or not look.panel.chart.legend or _is_total(look):
        return told
    return [_totalled(look, *one) for one in zip(wanted, told, strict=True)]


def _ask(look: Look, one: Selector, most: int, step_ms: int | None) -> Told:
    path = f"{look.panel.path}.data.transform"
    steps = transforms.parse(look.panel.transform, path)
    asked = _question(look, one, transforms.labels_of(steps), most, step_ms)
    try:
        answer = _reader(look, one).query(asked, steps)
    except InvalidInput as error:
        raise InvalidInput(error.said, field=path if error.field == "transform" else error.field) from None
    counted = is_counted(answer.name, asked.agg) and not any(step.name in _CHANGING for step in steps)
    return Told(answer, counted)


def _totalled(look: Look, one: Selector, told: Told) -> Told:
    """The same with its totals, where steps at its ends reach beyond the span: they are drawn whole.

    They are asked for by a step as wide as the span, so that they are made of few buckets. Of so few points other lines
    might be chosen: so all get a total, and where something is made of the chosen ones, the values have to tell it.
    """
    if not told.is_counted:
        return told
    steps = transforms.parse(look.panel.transform)
    while steps and steps[-1].name in _CHOOSING:
        steps = steps[:-1]
    names = [step.name for step in steps]
    from_ms, to_ms = look.span
    is_whole = not any(edge % told.answer.step_ms for edge in look.span) and "compare" not in names
    if is_whole or not _BY_LINE.isdisjoint(names[:-1]):
        return told
    step_ms = next((step for step in SHOWN_MS if step >= to_ms - from_ms), SHOWN_MS[-1])
    asked = _question(look, one, transforms.labels_of(steps), MAX_POINTS, step_ms)
    found = _reader(look, one).query(replace(asked, is_exact=True), steps)
    return replace(told, totals={tuple(line.labels.items()): _sum(line) for line in found.series})


def _reader(look: Look, one: Selector) -> PipedReader:
    return PipedReader(lambda query: _read(look, one, query), look.services.events, look.view.now_ms)


def _sum(line: Line) -> float | None:
    known = [value for _, value in line.points if value is not None]
    return sum(known) if known else None


def _question(look: Look, one: Selector, labels: tuple[str, ...], most: int, step_ms: int | None) -> SeriesQuery:
    """What is asked of the store; of the counter behind a figure where the figure itself has no such labels."""
    from_ms, to_ms = look.span
    source = MADE_OF.get(one.name, one.name)
    where = {**known(source, look.view.variables), **one.where}
    is_itself = source == one.name or not (where or labels)
    return SeriesQuery(
        name=one.name if is_itself else source,
        where=where,
        from_ms=from_ms,
        to_ms=to_ms,
        step_ms=step_ms,
        agg=_aggregation(look) if is_itself else "sum",
        by=labels,
        most=most,
        is_exact=_is_total(look),
    )


def _read(look: Look, one: Selector, asked: SeriesQuery) -> Answer:
    try:
        found = look.services.reader.query(asked)
    except InvalidInput as error:
        raise InvalidInput(
            "%(name)s: %(detail)s", name=one.name, detail=error.said, field=_field(look, error.field)
        ) from None
    if asked.name == one.name:
        return found
    return replace(transforms.per_second(found, METRICS[one.name].unit, look.view.now_ms), name=one.name)


def _field(look: Look, name: str) -> str:
    """The field of the panel, or the page's, that gave a question its part of that name."""
    path = look.panel.path
    options = f"{path}.options.chart.data" if look.panel.chart else f"{path}.options"
    if name in {"from", "step"}:
        return f"{options}.timeRange" if look.view.from_ms is None else "from"
    return {"agg": f"{options}.aggregation", "by": f"{path}.data.transform"}.get(name, f"{path}.data.query")


def known(name: str, variables: Mapping[str, str]) -> dict[str, str]:
    """Those of the page's variables that the metric knows; a user's own may know any."""
    known = METRICS[name].labels if name in METRICS else tuple(variables)
    return {label: value for label, value in variables.items() if label in known}


def _is_total(look: Look) -> bool:
    """Whether the panel shows one figure, which tells of its span and of nothing beside it."""
    return look.panel.type == "stats" or (look.panel.chart is not None and look.panel.chart.type == "gauge")


def _aggregation(look: Look) -> str | None:
    if look.panel.chart:
        return look.panel.chart.aggregation
    given = look.panel.options.get("aggregation")
    return given if isinstance(given, str) else None
