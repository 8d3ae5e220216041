"""Series as lines on one even grid of times: what charts, the API, exports and panels are made of.

Gaps are gaps: a step in which nothing was measured is None, never a line drawn across. A counter is another matter:
where it could have been counted and nothing came, it gained 0, as people expect of a rate. So `sum` and `count` of a
counter are 0 between the oldest figure that the store holds and now, and None before and after.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from app.core.clock import Clock
from app.core.errors import InvalidInput
from app.metrics.catalogue import METRICS, Metric
from app.metrics.resolution import MAX_POINTS, Grid, Span, cost, grid, kept
from app.storage import sketches
from app.storage.base_series import MINUTE_MS, Labels, SeriesStore, Sketched, Stretch

MAX_LINES: Final = 500
_QUANTILES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_FIGURES: Final = {"avg": ("sum", "count"), "min": ("min",), "max": ("max",), "sum": ("sum",), "count": ("count",)}
"""What is asked of the store for each; where two buckets meet, `_MEET` makes one of their figures."""
_MEET: Final[dict[str, Callable[[Iterable[float]], float]]] = {"sum": sum, "count": sum, "min": min, "max": max}
AGGREGATIONS: Final = (*_FIGURES, *_QUANTILES)
_COUNTED: Final = ("sum", "count")
"""Those that are 0 where a counter gained nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesQuery:
    """What is asked.

    Attributes:
        name: of the metric.
        where: labels that its series must carry.
        from_ms: where the span begins.
        to_ms: where it ends.
        step_ms: how wide a point is, a multiple of 5 s; chosen if None.
        agg: one of `AGGREGATIONS`; None is `sum` for a counter and `avg` for all else. All are taken over the samples:
            `sum` of a gauge is that of every sample within the step.
        by: labels by whose values series are told apart; all are one line if there are none.
        most: how many points a line may have.
    """

    name: str
    where: Mapping[str, str] = field(default_factory=dict)
    from_ms: int
    to_ms: int
    step_ms: int | None = None
    agg: str | None = None
    by: tuple[str, ...] = ()
    most: int = MAX_POINTS

    @property
    def span(self) -> Span:
        """From when to when, and how wide a step."""
        return Span(from_ms=self.from_ms, to_ms=self.to_ms, step_ms=self.step_ms, most=self.most)


@dataclass(frozen=True, slots=True)
class Line:
    """Points by time, one for every step of the grid; a gap is None."""

    labels: dict[str, str]
    points: list[tuple[int, float | None]]


@dataclass(frozen=True, slots=True)
class Answer:
    """The lines, in the order of their labels; those told apart `by` labels only where they have a point.

    `times` are those of every line, and there also where there is none: the beginnings of the steps, in ms.
    """

    name: str
    unit: str
    step_ms: int
    series: list[Line]
    times: range = range(0)


class SeriesReader:
    """Reads series; from real threads only, as it waits for the store."""

    def __init__(self, store: SeriesStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def query(self, asked: SeriesQuery) -> Answer:
        """The answer to a query.

        Quantiles are exact where every bucket that makes a point holds one value, and within 1 % elsewhere
        (`sketches.ERROR`). What was stored by a version without sketches has none, and so is a gap.

        Raises:
            InvalidInput: naming `name`, `agg`, `from`, `step` or `by`.
        """
        now_ms = self._clock.now_ms()
        series = self._store.find(asked.name, asked.where)
        metric = self._metric(asked.name, known=bool(series))
        agg = _agg(metric, asked.agg)
        over, living = self._grid(asked, series, now_ms, cost(asked.to_ms - asked.from_ms, merged=agg in _QUANTILES))
        places, groups = _grouped(living or series[:1], asked.by)  # where all are dead, a line of gaps
        values = self._values(asked.name, agg, groups, over, list(over.stretches(now_ms)))
        rest = self._nothing(metric, agg, over, now_ms)
        lines = [
            Line(dict(zip(asked.by, key, strict=True)), _points(over, values.get(place, {}), rest))
            for place, key in enumerate(places)
            if place in values or not asked.by
        ]
        return Answer(asked.name, "count" if agg == "count" else metric.unit, over.step_ms, lines, over.times)

    def names(self) -> list[str]:
        """The names of the metrics that users send, in order."""
        return [name for name in self._store.names() if name not in METRICS]

    def label_values(self, name: str, label: str) -> list[str]:
        """The values of a label among the series of that name, in order."""
        return sorted({dict(labels)[label] for labels in self._store.find(name, {}) if label in dict(labels)})

    def _metric(self, name: str, *, known: bool) -> Metric:
        if name in METRICS:
            return METRICS[name]
        if not known and not self._store.find(name, {}):
            raise InvalidInput(f"must be a metric; there is none called {name[:200]!r}", field="name")
        return Metric(name, "", "gauge", "")

    def _grid(self, asked: SeriesQuery, series: list[Labels], now_ms: int, read: int) -> tuple[Grid, list[Labels]]:
        """The grid, and the series worth reading: of many, those that are alive in the span."""
        over = grid(asked.span, now_ms, read=read)
        steps = (over.to_ms - over.from_ms) // over.stored_ms
        if asked.step_ms is not None or steps * len(series) <= read:
            return over, series
        stored = max(MINUTE_MS, kept(asked.from_ms, now_ms))
        living = self._store.alive(asked.name, series, Stretch(stored, over.from_ms, over.to_ms))
        return grid(asked.span, now_ms, read=read, series=len(living)), living

    def _values(
        self, name: str, agg: str, groups: Mapping[Labels, int], over: Grid, within: list[Stretch]
    ) -> dict[int, dict[int, float | None]]:
        """What was measured, by group and time."""
        if agg in _QUANTILES:
            return _quantiles(self._store.sketched(name, groups, within), over.step_ms, _QUANTILES[agg])
        figures = _FIGURES[agg]
        found: dict[int, dict[int, tuple[float, ...]]] = {}
        for place, at_ms, *values in self._store.combine(name, groups, within, step_ms=over.step_ms, figures=figures):
            slots = found.setdefault(place, {})
            held = slots.get(at_ms)
            slots[at_ms] = (
                tuple(values)
                if held is None
                else tuple(_MEET[figure](both) for figure, *both in zip(figures, held, values, strict=True))
            )
        return {place: {at: _figure(held) for at, held in slots.items()} for place, slots in found.items()}

    def _nothing(self, metric: Metric, agg: str, over: Grid, now_ms: int) -> Mapping[int, float]:
        """What a step is worth in which nothing was stored, for those where it is not a gap."""
        if metric.kind != "counter" or agg not in _COUNTED:
            return {}
        since = self._store.since()
        if since is None:
            return {}
        return {at_ms: 0.0 for at_ms in over.times if at_ms + over.step_ms > since and at_ms <= now_ms}


def _agg(metric: Metric, agg: str | None) -> str:
    if agg is None:
        return "sum" if metric.kind == "counter" else "avg"
    if agg not in AGGREGATIONS:
        raise InvalidInput(f"must be one of {', '.join(AGGREGATIONS)}", field="agg")
    if agg in _QUANTILES and metric.kind == "counter":
        raise InvalidInput(f"must be one of {', '.join(_FIGURES)}: a counter has no quantiles", field="agg")
    return agg


def _grouped(series: Iterable[Labels], by: tuple[str, ...]) -> tuple[list[tuple[str, ...]], dict[Labels, int]]:
    """The values of the labels `by`, in order, and the place among them of every series."""
    keys = {labels: tuple(dict(labels).get(label, "") for label in by) for labels in series}
    places = sorted(set(keys.values()))
    if len(places) > MAX_LINES:
        raise InvalidInput(f"would make {len(places)} lines; at most {MAX_LINES} are given", field="by")
    place_of = {key: place for place, key in enumerate(places)}
    return places, {labels: place_of[key] for labels, key in keys.items()}


def _figure(held: tuple[float, ...]) -> float:
    """A mean from sum and count; else what the store said."""
    return held[0] / held[1] if len(held) > 1 else held[0]


def _quantiles(found: Iterable[Sketched], step_ms: int, share: float) -> dict[int, dict[int, float | None]]:
    gathered: dict[int, dict[int, list[Sketched]]] = {}
    for row in found:
        gathered.setdefault(row[0], {}).setdefault(row[1] - row[1] % step_ms, []).append(row)
    return {place: {at: _quantile(some, share) for at, some in slots.items()} for place, slots in gathered.items()}


def _quantile(rows: list[Sketched], share: float) -> float | None:
    """None where a bucket has no sketch."""
    sums = [row[2] for row in rows]
    spread = [row[5] for row in rows]
    if not any(spread) and None not in spread:
        return sorted(sums)[int(share * (len(sums) - 1))]
    found = sketches.quantile(zip(spread, sums, strict=True), share)
    return None if found is None else min(max(found, min(row[3] for row in rows)), max(row[4] for row in rows))


def _points(
    over: Grid, values: Mapping[int, float | None], rest: Mapping[int, float]
) -> list[tuple[int, float | None]]:
    return [(at_ms, values[at_ms] if at_ms in values else rest.get(at_ms)) for at_ms in over.times]
