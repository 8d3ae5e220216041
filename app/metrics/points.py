"""Events as points of the series: the metrics' half of the fold that runs inside the storing transaction.

`job_progress` reports totals since the attempt's start, so its points are growth against what the job had
reported before. `app.fold` therefore asks `baselines` first, lets the jobs change, and then asks for the points::

    before = baselines(jobs)     # those of which more is told than items
    ...                          # the jobs' half changes `jobs` and flags late events
    points = points_of(events, jobs, before, limits)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from app.metrics.catalogue import MAX_TEXT
from app.metrics.limits import Limits
from app.metrics.reported import Counter, amount, counters_of, gauges_of, limited
from app.metrics.window import growth
from app.storage import sketches
from app.storage.base import Commit, Event, Job
from app.storage.base_counts import Excess
from app.storage.base_series import RAW_MS, Labels, Point
from scrapewatch.events import EVENTS, FLAGS, MAX_SAFE_INTEGER

_LATE: Final = 1 << FLAGS.index("late")
_ENDS: Final = {name: row.ends for name, row in EVENTS.items() if row.ends}
_OVER: Final = frozenset({*_ENDS.values(), "lost"})
_JUDGED: Final = {"job_stalled": "jobs.stalled", "job_lost": "jobs.lost"}


@dataclass(slots=True)
class Baseline:
    """What a job had told before.

    Attributes:
        attempt: which one it was at.
        over: whether a start would open the next.
        reported: the attempt's totals, as `Job.totals`.
        counters: the same as counters, computed only where they are needed: a commit of items needs none.
    """

    attempt: int = 1
    over: bool = False
    reported: Mapping[str, Any] = field(default_factory=dict)
    counters: dict[Counter, float] | None = None

    def opens(self) -> None:
        """The next attempt counts from zero."""
        self.attempt += 1
        self.over = False
        self.reported, self.counters = {}, {}

    def grows(self, body: Mapping[str, Any]) -> dict[Counter, float]:
        """By how much a report raises the counters, which stand as it says from now on."""
        if self.counters is None:
            self.counters = counters_of(self.reported)
        told = counters_of(body)
        added = growth(self.counters, told)
        self.counters |= told
        self.reported = {**self.reported, **body}
        return added


def effective_ms(event: Event) -> int:
    """When the event counts: its own time, but never after it was received."""
    return min(event.at_ms, event.received_ms) if event.received_ms else event.at_ms


def body_of(event: Event) -> Mapping[str, Any]:
    """The body; an empty one for an event whose body means nothing."""
    return event.body or {}


def items_of(event: Event) -> int:
    """The items that an `item_scraped` or `item_summary` stands for."""
    return 1 if event.type == "item_scraped" else int(_count(body_of(event), 0))


def errors_of(event: Event) -> float:
    """The errors that an `error` event stands for."""
    return _count(body_of(event), 1)


def is_late(event: Event) -> bool:
    """Whether it came after its job's end or was overtaken, and so changes nothing about the job."""
    return bool(event.flags & _LATE)


def baselines(jobs: Mapping[str, Job]) -> dict[str, Baseline]:
    """What each job has told so far; a copy, so the jobs may change afterwards."""
    return {job_id: Baseline(job.attempt, job.status in _OVER, job.totals) for job_id, job in jobs.items()}


def points_of(commit: Commit, jobs: Mapping[str, Job], before: Mapping[str, Baseline], limits: Limits) -> list[Point]:
    """The points that new events make, one for each series and `RAW_MS`.

    Args:
        commit: the events, late ones flagged; its `excess` learns of those that meet a limit.
        jobs: as they stand after the batch; of those that name more than is told apart, `totals` are shortened.
        before: the `baselines`, from before it, of those that `telling` events are of; used up by this call.
        limits: what becomes of users' own metrics.
    """
    batch = _Batch(jobs, before, limits, commit.excess)
    batch.take_attempts()
    batch.take_items(commit.counted)
    for event in commit.telling:
        batch.take(event)
    return batch.points()


class _Batch:
    """Gathers what a batch adds to each series in each `RAW_MS`."""

    def __init__(self, jobs: Mapping[str, Job], before: Mapping[str, Baseline], limits: Limits, excess: Excess) -> None:
        self._jobs = jobs
        self._before = before
        self._limits = limits
        self._excess = excess
        self._labels: dict[str, Labels] = {}
        self._items: dict[tuple[str, int], int] = {}  # the common case, kept short
        self._sums: dict[tuple[str, Labels, int], tuple[float, int, float, float]] = {}
        self._gauges: dict[tuple[str, Labels, int], list[float]] = {}

    def take_attempts(self) -> None:
        """Count the attempts that began; whatever one began with, its job now has a time of its start."""
        for job_id, job in self._jobs.items():
            if job.begun and job.started_at is not None:
                at_ms = min(job.started_at, job.last_event_at or job.started_at)
                self._add("jobs.started", self._labels_of(job_id)[1:], at_ms - at_ms % RAW_MS, job.begun)

    def take_items(self, counted: Mapping[tuple[str, int], int]) -> None:
        """Count items, by job and second."""
        for (job_id, second), count in counted.items():
            key = (job_id, second * 1000 - second * 1000 % RAW_MS)
            self._items[key] = self._items.get(key, 0) + count

    def take(self, event: Event) -> None:
        """Count one event that is no item."""
        at_ms = effective_ms(event)
        slot = at_ms - at_ms % RAW_MS
        body = body_of(event)
        match event.type:
            case "item_summary":
                self._items[event.job_id, slot] = self._items.get((event.job_id, slot), 0) + int(_count(body, 0))
            case "error":
                self._add("errors", self._labels_of(event.job_id), slot, errors_of(event))
            case "job_started":
                self._started(event)
            case "job_progress" if not is_late(event):
                self._progress(event, slot)
            case "metric":
                self._metric(event, slot)
            case kind if kind in _JUDGED and not is_late(event):
                self._judged(event, slot)
            case kind if kind in _ENDS and not is_late(event):
                self._ended(event, slot)

    def points(self) -> list[Point]:
        """All that was gathered."""
        made = [
            Point("items", self._labels_of(job_id), slot, float(count), min(count, MAX_SAFE_INTEGER), 1.0, 1.0)
            for (job_id, slot), count in self._items.items()
            if count
        ]
        made += [Point(name, labels, slot, *sums) for (name, labels, slot), sums in self._sums.items()]
        made += [_gauge(*key, values) for key, values in self._gauges.items()]
        return made

    def _started(self, event: Event) -> None:
        """A new attempt counts from zero; a second `job_started` of the same one changes nothing."""
        job, known = self._jobs.get(event.job_id), self._before.get(event.job_id)
        if job and known and known.over and known.attempt < job.attempt:
            known.opens()

    def _progress(self, event: Event, slot: int) -> None:
        known = self._before.get(event.job_id)
        if known is None:
            return
        body = body_of(event)
        labels = self._labels_of(event.job_id)
        shortened = limited(body, known.reported)
        for (name, more), added in known.grows({**body, **shortened} if shortened else body).items():
            if added:
                self._add(name, _with(labels, more), slot, added)
        job = self._jobs[event.job_id]
        if shortened and job.attempt == known.attempt:
            job.totals = {**job.totals, **shortened}
        for name, value in gauges_of(body).items():
            self._sample(name, labels, slot, value)

    def _metric(self, event: Event, slot: int) -> None:
        for name, labels, value in self._limits.place(event, self._labels_of(event.job_id), self._excess):
            self._sample(name, labels, slot, value)

    def _judged(self, event: Event, slot: int) -> None:
        known = self._before.get(event.job_id)
        if known and event.type == "job_lost":
            known.over = True  # a start in the same commit opens an attempt, as one after it does
        self._add(_JUDGED[event.type], self._labels_of(event.job_id)[1:], slot, 1)

    def _ended(self, event: Event, slot: int) -> None:
        known = self._before.get(event.job_id)
        if known:
            known.over = True
        labels = _with(self._labels_of(event.job_id)[1:], (("status", str(_ENDS[event.type])),))
        self._add("jobs.ended", labels, slot, 1)
        duration_ms = self._duration_ms(event)
        if duration_ms is not None:
            self._sample("jobs.duration", labels, slot, duration_ms)

    def _duration_ms(self, event: Event) -> float | None:
        """What the event says, else what the job's times say."""
        job = self._jobs.get(event.job_id)
        told = amount(body_of(event).get("duration"))
        return job.duration if told is None and job and job.finished_at == event.at_ms else told

    def _add(self, name: str, labels: Labels, slot: int, value: float) -> None:
        key = (name, labels, slot)
        held = self._sums.get(key)
        if held is None:
            self._sums[key] = (value, 1, value, value)
        else:
            total, count, least, most = held
            self._sums[key] = (total + value, count + 1, min(least, value), max(most, value))

    def _sample(self, name: str, labels: Labels, slot: int, value: float) -> None:
        self._gauges.setdefault((name, labels, slot), []).append(value)

    def _labels_of(self, job_id: str) -> Labels:
        if job_id not in self._labels:
            self._labels[job_id] = labels_of(job_id, self._jobs.get(job_id))
        return self._labels[job_id]


def spider_of(job: Job) -> str:
    """What the job is a run of: its source and query."""
    return _spider(job.source or "", job.query or "")


def _spider(source: str, query: str) -> str:
    return f"{source}: {query}" if source and query else source or query


def labels_of(job_id: str, job: Job | None) -> Labels:
    """The labels of a job's series, `job` the first."""
    if job is None:
        return _labels(job_id, "", "")
    return _labels(job_id, (job.source or "")[:MAX_TEXT], (job.query or "")[:MAX_TEXT])


@lru_cache(maxsize=20_000)
def _labels(job_id: str, source: str, query: str) -> Labels:
    """Remembered only because it takes time to compute; so nothing longer than a label is handed in."""
    named = (("job", job_id), ("source", source), ("spider", _spider(source, query)))
    return tuple((name, text[:MAX_TEXT]) for name, text in named if text)


def points_of_values(values: Mapping[str, float], at_ms: int, labels: Labels = ()) -> list[Point]:
    """Gauges read at one moment, as points."""
    return [_gauge(name, labels, at_ms, [value]) for name, value in values.items()]


def _gauge(name: str, labels: Labels, at_ms: int, values: Sequence[float]) -> Point:
    """Samples of one moment as a point; a counter's is made without a sketch, as no quantile of it is ever asked."""
    sketch = sketches.of(values) if len(values) > 1 else b""
    return Point(name, labels, at_ms, sum(values), len(values), min(values), max(values), sketch)


def _with(labels: Labels, more: Labels) -> Labels:
    """Both, in order."""
    return tuple(sorted((*labels, *((name, text[:MAX_TEXT]) for name, text in more)))) if more else labels


def _count(body: Mapping[str, Any], otherwise: int) -> float:
    found = amount(body.get("count"))
    return float(otherwise) if found is None else found
