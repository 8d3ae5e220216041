"""Series as lines on one even grid of times: what charts, the API, exports and panels are made of.

Gaps are gaps: a step in which nothing was measured is None, never a line drawn across. A counter is another matter:
its `sum` and `count` are 0 where it could have been counted, between the oldest figure of the store and now.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from app.core.clock import Clock
from app.core.errors import InvalidInput
from app.core.said import said
from app.metrics.catalogue import METRICS, Metric, require_labels
from app.metrics.oldest import Oldest
from app.metrics.resolution import MAX_POINTS, READ_A_CELL, Grid, Span, cost, exactly, grid, kept
from app.metrics.spreads import Lines, Spreads
from app.storage.base_series import HOUR_MS, MINUTE_MS, Combined, Labels, SeriesStore, Stretch

MAX_LINES: Final = 500
AT_ONCE: Final = 20
"""Lines that are read together where nobody needs all of them at a time."""
QUANTILES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_FIGURES: Final = {"avg": ("sum", "count"), "min": ("min",), "max": ("max",), "sum": ("sum",), "count": ("count",)}
"""What is asked of the store for each."""
_MEET: Final[dict[str, Callable[[tuple[float, float]], float]]] = {"sum": sum, "count": sum, "min": min, "max": max}
"""How two parts of one point are one."""
AGGREGATIONS: Final = (*_FIGURES, *QUANTILES)
_COSTLIER: Final = 20
"""By how much an answer may cost more whose step is asked for: some tenths of a second."""
_CLOSE: Final = 10
"""A tenth of a grid: where series may have ended or begun outside of it by no more, they are all read."""
_EVER: Final = 2**62
_Lined = tuple[Grid, list[tuple[str, ...]], dict[Labels, int]]
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
        is_exact: whether the first and the last point tell of the span only; else of their whole steps.
    """

    name: str
    where: Mapping[str, str] = field(default_factory=dict)
    from_ms: int
    to_ms: int
    step_ms: int | None = None
    agg: str | None = None
    by: tuple[str, ...] = ()
    most: int = MAX_POINTS
    is_exact: bool = False

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

    Attributes:
        times: those of every line, and there also where there is none: the beginnings of the steps, in ms.
        is_first: whether the lines were to be compared with an earlier run, and there is none.
    """

    name: str
    unit: str
    step_ms: int
    series: list[Line]
    times: range = range(0)
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a query is answered.

    Attributes:
        rest: what each step is worth in which nothing was stored, None for a gap.
        head: the answer without its lines.
        places: the values of the labels of each line.
        groups: the place of each series.
        read: what the answer might cost if its step were free, in buckets.
    """

    asked: SeriesQuery
    agg: str
    over: Grid
    within: list[Stretch]
    rest: list[float | None] | None
    head: Answer
    places: list[tuple[str, ...]]
    groups: dict[Labels, int]
    read: int


class SeriesReader:
    """Reads series; from real threads only, as it waits for the store."""

    def __init__(self, store: SeriesStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._spreads = Spreads(store)
        self._oldest = Oldest(store, clock)

    def query(self, asked: SeriesQuery) -> Answer:
        """The answer to a query.

        Quantiles are exact where every bucket that makes a point holds one value, and within 1 % elsewhere
        (`sketches.ERROR`). What was stored by a version without sketches has none, and so is a gap.

        Raises:
            InvalidInput: naming `name`, `agg`, `from`, `step` or `by`.
        """
        plan = self._planned(asked)
        _afford(plan)
        return replace(plan.head, series=self._lines(plan, plan.places, plan.groups))

    def parts(self, asked: SeriesQuery, at_once: int = AT_ONCE) -> tuple[Answer, Iterator[list[Line]]]:
        """The answer without its lines, and these, so many of them read from the store when they are asked for.

        Raises:
            InvalidInput: at once, as `query`; but no step is too fine, as nobody waits for all of them.
        """
        plan = self._planned(asked)
        return plan.head, (
            self._lines(plan, plan.places[first : first + at_once], _of_places(plan.groups, first, at_once))
            for first in range(0, len(plan.places), at_once)
        )

    def _planned(self, asked: SeriesQuery) -> _Plan:
        now_ms = self._clock.now_ms()
        metric = METRICS.get(asked.name) or Metric(asked.name, "", "gauge")
        require_labels(asked.name, asked.by, "by")
        agg = _agg(metric, asked.agg)
        read = cost(asked.to_ms - asked.from_ms, merged=agg in QUANTILES)
        over, places, groups = self._lined(asked, now_ms, read)
        head = Answer(asked.name, "count" if agg == "count" else metric.unit, over.step_ms, [], over.times)
        rest = self._nothing(metric, agg, over, now_ms)
        within = exactly(asked.span, over, now_ms) if asked.is_exact else list(over.stretches(now_ms))
        return _Plan(asked, agg, over, within, rest, head, places, groups, read)

    def _lines(self, plan: _Plan, places: list[tuple[str, ...]], groups: dict[Labels, int]) -> list[Line]:
        """The lines of some places; of those told apart `by` labels only the ones that have a point."""
        values, times, by = self._values(plan, places, groups), plan.over.times, plan.asked.by
        lines = []
        for place, key in enumerate(places):
            line = values[place * len(times) : (place + 1) * len(times)]
            if not by or line.count(None) < len(line):
                points = list(zip(times, _filled(line, plan.rest), strict=True))
                lines.append(Line(dict(zip(by, key, strict=True)), points))
        return lines

    def names(self) -> list[str]:
        """The names of the metrics that users send, in order."""
        return [name for name in self._store.names() if name not in METRICS]

    def label_values(self, name: str, since_ms: int) -> dict[str, set[str]]:
        """The labels of the series of that name that had a value since, each with its own values."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for labels in self._store.find(name, {}, since_ms):
            for label, value in labels:
                found[label].add(value)
        return found

    def _lined(self, asked: SeriesQuery, now_ms: int, read: int) -> _Lined:
        """The grid, and the places and groups of its lines."""
        finest = grid(asked.span, now_ms, read=read)
        series, seen = self._living(asked, finest, now_ms, read)
        places, groups = _grouped(series, asked.by)
        over = grid(asked.span, now_ms, read=read, series=len(groups), lines=len(places))
        if over.from_ms < seen.start or over.to_ms > seen.stop:  # also what lived in its first and last step alone
            series, _ = self._living(asked, over, now_ms, read)
            places, groups = _grouped(series, asked.by)
        if not places and not asked.by and self._store.has(asked.name, asked.where):
            places = [()]  # where all are dead, a line of gaps
        if not places and asked.name not in METRICS and not self._store.has(asked.name, {}):
            raise InvalidInput("must be a metric; there is none called %(name)r", name=asked.name[:200], field="name")
        return over, places, groups

    def _living(self, asked: SeriesQuery, over: Grid, now_ms: int, read: int) -> tuple[list[Labels], range]:
        """The series worth reading, of many those that have a bucket within the grid; and the span it is true of.

        `find` leaves out what ended before it, by the hour; so of a long grid up to now there is no more to find out.
        """
        series = self._store.find(asked.name, asked.where, over.from_ms)
        length_ms = over.to_ms - over.from_ms
        unknown_ms = max(0, now_ms - over.to_ms) + HOUR_MS
        if length_ms // over.stored_ms * len(series) <= read or unknown_ms * _CLOSE < length_ms:
            return series, range(over.from_ms - over.from_ms % HOUR_MS, _EVER)
        stored = max(MINUTE_MS, kept(asked.from_ms, now_ms))
        seen = range(over.from_ms - over.from_ms % stored, over.to_ms + -over.to_ms % stored)
        return self._store.alive(asked.name, series, Stretch(stored, seen.start, seen.stop)), seen

    def _values(self, plan: _Plan, places: list[tuple[str, ...]], groups: Mapping[Labels, int]) -> list[float | None]:
        """What was measured, line after line."""
        name, agg, over, within = plan.asked.name, plan.agg, plan.over, plan.within
        number = len(over.times) * len(places)
        if agg in QUANTILES:
            told_apart = (name, tuple(sorted(plan.asked.where.items())), plan.asked.by)
            keys = [(*told_apart, place) for place in places]
            is_whole = not plan.asked.is_exact
            lines = Lines(name=name, groups=groups, keys=keys, within=within, cells=over.cells, is_whole=is_whole)
            values: list[float | None] = [None] * number
            for cell, value in self._spreads.quantiles(lines, QUANTILES[agg]):
                values[cell] = value
            return values
        found = self._store.combine(name, groups, within, over.cells, _FIGURES[agg])
        return _means(found, number) if agg == "avg" else _figures(found, number, _MEET[agg])

    def _nothing(self, metric: Metric, agg: str, over: Grid, now_ms: int) -> list[float | None] | None:
        """What each step is worth in which nothing was stored; None where that is always a gap."""
        is_counted = metric.kind == "counter" and agg in _COUNTED
        since = self._oldest.begins() if is_counted else None
        if since is None:
            return None
        return [0.0 if at_ms + over.step_ms > since and at_ms <= now_ms else None for at_ms in over.times]


def _agg(metric: Metric, agg: str | None) -> str:
    if agg is None:
        return "sum" if metric.kind == "counter" else "avg"
    if agg not in AGGREGATIONS:
        raise InvalidInput("must be one of %(known)s", known=", ".join(AGGREGATIONS), field="agg")
    if agg in QUANTILES and metric.kind == "counter":
        wrong = said("must be one of %(known)s: a counter has no quantiles", known=", ".join(_FIGURES))
        raise InvalidInput(wrong, field="agg")
    return agg


def _afford(plan: _Plan) -> None:
    over, most = plan.over, _COSTLIER * plan.read
    buckets = (over.to_ms - over.from_ms) // over.stored_ms * len(plan.groups)
    points = len(over.times) * len(plan.places)
    if plan.asked.step_ms is not None and max(buckets, READ_A_CELL * points) > most:
        wide = said("would make %(n)s points of %(buckets)s figures; ask for a wider step", n=points, buckets=buckets)
        raise InvalidInput(wide, field="step")


def _grouped(series: Iterable[Labels], by: tuple[str, ...]) -> tuple[list[tuple[str, ...]], dict[Labels, int]]:
    """The values of the labels `by`, in order, and the place among them of every series."""
    keys = {labels: tuple(dict(labels).get(label, "") for label in by) for labels in series}
    places = sorted(set(keys.values()))
    if len(places) > MAX_LINES:
        many = said("would make %(lines)s lines; at most %(most)s are given", lines=len(places), most=MAX_LINES)
        raise InvalidInput(many, field="by")
    place_of = {key: place for place, key in enumerate(places)}
    return places, {labels: place_of[key] for labels, key in keys.items()}


def _of_places(groups: Mapping[Labels, int], first: int, number: int) -> dict[Labels, int]:
    """The series of so many places from `first` on, with their places counted from there."""
    return {labels: place - first for labels, place in groups.items() if first <= place < first + number}


def _filled(line: list[float | None], rest: list[float | None] | None) -> list[float | None]:
    if rest is None:
        return line
    return [other if value is None else value for value, other in zip(line, rest, strict=True)]


def _means(found: Iterable[Combined], number: int) -> list[float | None]:
    sums, counts = [0.0] * number, [0] * number
    for cell, total, count in found:
        sums[cell] += total
        counts[cell] += count
    return [total / count if count else None for total, count in zip(sums, counts, strict=True)]


def _figures(
    found: Iterable[Combined], number: int, meet: Callable[[tuple[float, float]], float]
) -> list[float | None]:
    values: list[float | None] = [None] * number
    for cell, value in found:
        values[cell] = value if (held := values[cell]) is None else meet((held, value))
    return values
