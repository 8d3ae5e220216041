"""Events as points of the series: the metrics' half of the fold that runs inside the storing transaction.

`job_progress` reports totals since the attempt's start, so its points are growth against what the job had
reported before. The factory therefore asks `baselines` first, lets the jobs change, and then asks for the points::

    before = baselines(jobs)
    ...                          # the jobs' half changes `jobs` and flags late events
    points = points_of(events, jobs, before)
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from app.metrics.catalogue import METRICS
from app.metrics.window import growth
from app.storage.base import Commit, Event, Job
from app.storage.base_series import RAW_MS, Labels, Point
from scrapewatch.events import FLAGS, MAX_SAFE_INTEGER

MAX_LABELS: Final = 20
MAX_TEXT: Final = 200
"""Characters of a metric's or label's name, and of a label's value, that are kept."""

_LATE: Final = 1 << FLAGS.index("late")
_REPORTED: Final = {
    "requests": ("requests", "total"),
    "requestsFailed": ("requests", "failed"),
    "requestsRetried": ("requests", "retried"),
}


@dataclass(slots=True)
class Baseline:
    """What a job's attempt had reported so far."""

    attempt: int = 1
    totals: dict[str, float] = field(default_factory=dict)


def effective_ms(event: Event) -> int:
    """When the event counts: its own time, but never after it was received."""
    return min(event.at_ms, event.received_ms) if event.received_ms else event.at_ms


def body_of(event: Event) -> Mapping[str, Any]:
    """The body; an empty one for an event whose body means nothing."""
    return event.body or {}


def items_of(event: Event) -> int:
    """The items that an `item_scraped` or `item_summary` stands for."""
    return 1 if event.type == "item_scraped" else int(_count(body_of(event), 0))


def is_late(event: Event) -> bool:
    """Whether it is an end or progress that came after its job's end, and so changes nothing about the job."""
    return bool(event.flags & _LATE)


def amount(value: object) -> float | None:
    """A finite number ≥ 0, or None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and value >= 0 else None


def part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object under `name`, an empty one if there is none."""
    found = body.get(name)
    return found if isinstance(found, Mapping) else {}


def totals_of(reported: Mapping[str, Any]) -> dict[str, float]:
    """The counters of a `job_progress` body (or of `Job.totals`) by metric name; only those it names."""
    found: dict[str, float | None] = {
        name: amount(part(reported, within).get(key)) for name, (within, key) in _REPORTED.items()
    }
    moved = [amount(part(reported, "bytes").get(way)) for way in ("sent", "received")]
    proxies = part(reported, "proxies")
    proxied = [amount(part(proxies, name).get("requests")) for name in proxies]
    found["bytes"] = _sum(moved)
    found["requestsProxied"] = _sum(proxied)
    return {name: value for name, value in found.items() if value is not None}


def progress_delta(previous: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, float]:
    """What a `job_progress` body adds to an earlier one of the same attempt, by metric name, bytes and counts."""
    return growth(totals_of(previous), totals_of(current))


def baselines(jobs: Mapping[str, Job]) -> dict[str, Baseline]:
    """What each job has reported so far; a copy, so the jobs may change afterwards."""
    return {job_id: Baseline(job.attempt, totals_of(job.totals)) for job_id, job in jobs.items()}


def points_of(commit: Commit, jobs: Mapping[str, Job], before: Mapping[str, Baseline]) -> list[Point]:
    """The points that new events make, one for each series and `RAW_MS`.

    Args:
        commit: the events, late ones flagged.
        jobs: as they stand after the batch.
        before: their `baselines` from before it; used up by this call.
    """
    batch = _Batch(jobs, before)
    batch.take_items(commit.counted)
    for event in commit.telling:
        batch.take(event)
    return batch.points()


class _Batch:
    """Gathers what a batch adds to each series in each `RAW_MS`."""

    def __init__(self, jobs: Mapping[str, Job], before: Mapping[str, Baseline]) -> None:
        self._jobs = jobs
        self._before = before
        self._labels: dict[str, Labels] = {}
        self._items: dict[tuple[str, int], int] = {}  # the common case, kept short
        self._sums: dict[tuple[str, Labels, int], tuple[float, int, float, float]] = {}

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
                self._add("errors", self._labels_of(event.job_id), slot, _count(body, 1))
            case "job_started":
                self._started(event)
            case "job_progress" if not is_late(event):
                self._progress(event, slot)
            case "metric":
                self._metric(event, slot)

    def points(self) -> list[Point]:
        """All that was gathered."""
        made = [
            Point("items", self._labels_of(job_id), slot, float(count), min(count, MAX_SAFE_INTEGER), 1.0, 1.0)
            for (job_id, slot), count in self._items.items()
            if count
        ]
        made += [Point(name, labels, slot, *sums) for (name, labels, slot), sums in self._sums.items()]
        return made

    def _started(self, event: Event) -> None:
        """A new attempt counts from zero; a second `job_started` of the same one changes nothing."""
        job, known = self._jobs.get(event.job_id), self._before.get(event.job_id)
        if job and known and known.attempt < job.attempt:
            known.attempt = job.attempt
            known.totals = {}

    def _progress(self, event: Event, slot: int) -> None:
        known = self._before.get(event.job_id)
        if known is None:
            return
        totals = totals_of(body_of(event))
        for name, added in growth(known.totals, totals).items():
            if added:
                self._add(name, self._labels_of(event.job_id), slot, added)
        known.totals |= totals

    def _metric(self, event: Event, slot: int) -> None:
        labels = own_labels(event, self._labels_of(event.job_id))
        for name, value in own_values(event):
            self._add(name, labels, slot, value)

    def _add(self, name: str, labels: Labels, slot: int, value: float) -> None:
        key = (name, labels, slot)
        held = self._sums.get(key)
        if held is None:
            self._sums[key] = (value, 1, value, value)
        else:
            total, count, least, most = held
            self._sums[key] = (total + value, count + 1, min(least, value), max(most, value))

    def _labels_of(self, job_id: str) -> Labels:
        if job_id not in self._labels:
            job = self._jobs.get(job_id)
            named = (("job", job_id), ("source", (job.source if job else None) or ""))
            self._labels[job_id] = tuple((name, text[:MAX_TEXT]) for name, text in named if text)
        return self._labels[job_id]


def own_values(event: Event) -> list[tuple[str, float]]:
    """The figures of a `metric` event; names of the catalogue and overlong ones are passed over."""
    return [
        (name, float(value))
        for name, value in part(body_of(event), "values").items()
        if 0 < len(name) <= MAX_TEXT and name not in METRICS and _is_finite(value)
    ]


def own_labels(event: Event, job_labels: Labels) -> Labels:
    """The labels of a `metric` event, at most `MAX_LABELS`; its job's are added and are not the user's to set."""
    given = list(part(body_of(event), "labels").items())[:MAX_LABELS]
    texts = {str(name)[:MAX_TEXT]: _label(value) for name, value in given}
    return tuple(sorted((texts | dict(job_labels)).items()))


def points_of_values(values: Mapping[str, float], at_ms: int) -> list[Point]:
    """Gauges read at one moment, as points."""
    return [Point(name, (), at_ms, value, 1, value, value) for name, value in values.items()]


def _label(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)[:MAX_TEXT]


def _count(body: Mapping[str, Any], otherwise: int) -> float:
    found = amount(body.get("count"))
    return float(otherwise) if found is None else found


def _sum(values: Sequence[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    return sum(found) if found else None


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
