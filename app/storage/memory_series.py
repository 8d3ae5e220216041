"""Series in memory: for tests, a first look, and servers that keep nothing."""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from app.storage import sketches
from app.storage.base_series import (
    DAY_MS,
    FIGURES,
    HOUR_MS,
    MINUTE_MS,
    QUARTER_DAY_MS,
    QUARTER_HOUR_MS,
    STEPS_MS,
    WRITTEN_MS,
    Bucket,
    Cells,
    Combined,
    Dated,
    Labels,
    Point,
    Sketched,
    Stretch,
    edges,
    oldest_of,
)
from app.storage.touched import Touched, spans
from scrapewatch.events import MAX_SAFE_INTEGER

_Steps = dict[int, dict[int, Bucket]]

MAX_BUCKETS: Final = 500_000
"""Some 100 MB; beyond it the series that was written to longest ago goes."""


class MemorySeriesStore:
    """`SeriesStore` in dictionaries; the latest written series stands last."""

    def __init__(self, max_buckets: int = MAX_BUCKETS) -> None:
        self._series: dict[tuple[str, Labels], _Steps] = {}
        self._lock = threading.Lock()
        self._max_buckets = max_buckets
        self._held = 0
        self._last: dict[tuple[str, Labels], int] = {}
        self._touched = Touched()

    def record(self, points: Iterable[Point]) -> None:
        """See `SeriesStore`."""
        with self._lock:
            for point in points:
                self._touched.note((point,))
                key = (point.name, point.labels)
                steps = self._series.pop(key, None) or {step_ms: {} for step_ms in STEPS_MS}
                self._series[key] = steps
                self._last[key] = max(self._last.get(key, 0), point.at_ms - point.at_ms % HOUR_MS)
                for step_ms in WRITTEN_MS:
                    at_ms = point.at_ms - point.at_ms % step_ms
                    self._put(steps[step_ms], _merged(steps[step_ms].get(at_ms), point, at_ms))
            while self._held > self._max_buckets and len(self._series) > 1:
                key = next(iter(self._series))
                dropped = self._series.pop(key)
                del self._last[key]
                self._held -= sum(map(len, dropped.values()))

    def roll_up(self, from_ms: int, to_ms: int) -> None:
        """See `SeriesStore`."""
        first = from_ms + -from_ms % HOUR_MS
        with self._lock:
            for steps in self._series.values():
                self._roll_up(steps, (MINUTE_MS, QUARTER_HOUR_MS), range(first, to_ms, QUARTER_HOUR_MS))
                self._roll_up(steps, (QUARTER_HOUR_MS, HOUR_MS), range(first, to_ms, HOUR_MS))
                quarters = range(first - first % QUARTER_DAY_MS, to_ms, QUARTER_DAY_MS)
                self._roll_up(steps, (HOUR_MS, QUARTER_DAY_MS), quarters)
                self._roll_up(steps, (QUARTER_DAY_MS, DAY_MS), range(first - first % DAY_MS, to_ms, DAY_MS))

    def catch_up(self, before_ms: int) -> None:
        """See `SeriesStore`."""
        for begin, end in spans(self._touched.take(), before_ms):
            self.roll_up(begin, end)

    def find(self, name: str, labels: Mapping[str, str], since_ms: int = 0) -> list[Labels]:
        """See `SeriesStore`."""
        with self._lock:
            carried = [key[1] for key in self._series if key[0] == name and self._last[key] > since_ms - HOUR_MS]
        return sorted(each for each in carried if labels.items() <= dict(each).items())

    def has(self, name: str, labels: Mapping[str, str]) -> bool:
        """See `SeriesStore`."""
        return bool(self.find(name, labels))

    def names(self) -> list[str]:
        """See `SeriesStore`."""
        with self._lock:
            return sorted({name for name, _ in self._series})

    def newest(self, name: str, limit: int, *, since_ms: int = 0, before_ms: int | None = None) -> list[Dated]:
        """See `SeriesStore`."""
        with self._lock:
            held = [(key[1], last_ms) for key, last_ms in self._last.items() if key[0] == name]
        found = [one for one in held if since_ms <= one[1] and (before_ms is None or one[1] < before_ms)]
        return sorted(found, key=lambda series: -series[1])[:limit]

    def since(self) -> int | None:
        """See `SeriesStore`."""
        with self._lock:
            series = list(self._series.values())
            return oldest_of([min((at for steps in series for at in steps[step]), default=None) for step in STEPS_MS])

    def alive(self, name: str, series: Sequence[Labels], within: Stretch) -> list[Labels]:
        """See `SeriesStore`."""
        with self._lock:
            return [labels for labels in series if any(True for _ in self._within(name, labels, within))]

    def combine(
        self,
        name: str,
        groups: Mapping[Labels, int],
        within: Sequence[Stretch],
        cells: Cells,
        figures: Sequence[str] = FIGURES,
    ) -> list[Combined]:
        """See `SeriesStore`."""
        parts: dict[int, list[Bucket]] = {}
        for group, bucket in self._buckets(name, groups, within):
            parts.setdefault(_cell(group, bucket, cells), []).append(bucket)
        wholes = {cell: _whole(some, 0, sketched=False) for cell, some in parts.items()}
        return [(cell, *(getattr(whole, figure) for figure in figures)) for cell, whole in wholes.items()]

    def sketched(
        self, name: str, groups: Mapping[Labels, int], within: Sequence[Stretch], cells: Cells
    ) -> list[Sketched]:
        """See `SeriesStore`."""
        found = self._buckets(name, groups, within)
        return [(_cell(group, bucket, cells), bucket.sketch, bucket.sum) for group, bucket in found]

    def read(
        self, name: str, labels: Mapping[str, str], *, from_ms: int, to_ms: int, step_ms: int
    ) -> dict[Labels, list[Bucket]]:
        """See `SeriesStore`; buckets that begin at `from_ms` or later and before `to_ms`."""
        found: dict[Labels, list[Bucket]] = {}
        for carried in self.find(name, labels):
            some = self._buckets(name, {carried: 0}, [Stretch(step_ms, from_ms, to_ms)])
            if some:
                ordered = sorted((bucket for _, bucket in some), key=lambda bucket: bucket.at_ms)
                found[carried] = [replace(bucket, sketch=None) for bucket in ordered]
        return found

    def prune(self, *, raw_before_ms: int, minutes_before_ms: int, hours_before_ms: int) -> int:
        """See `SeriesStore`."""
        before_ms = edges(
            raw_before_ms=raw_before_ms, minutes_before_ms=minutes_before_ms, hours_before_ms=hours_before_ms
        )
        with self._lock:
            before = self._held
            for steps in self._series.values():
                for step_ms, held in steps.items():
                    old = [at_ms for at_ms in held if at_ms < before_ms[step_ms]]
                    for at_ms in old:
                        del held[at_ms]
                    self._held -= len(old)
            self._series = {key: steps for key, steps in self._series.items() if any(steps.values())}
            self._last = {key: self._last[key] for key in self._series}
            return before - self._held

    def _buckets(self, name: str, groups: Mapping[Labels, int], within: Sequence[Stretch]) -> list[tuple[int, Bucket]]:
        with self._lock:
            return [
                (group, bucket)
                for labels, group in groups.items()
                for stretch in within
                for bucket in self._within(name, labels, stretch)
            ]

    def _within(self, name: str, labels: Labels, stretch: Stretch) -> Iterator[Bucket]:
        held = self._series.get((name, labels), {}).get(stretch.step_ms, {})
        return (bucket for at_ms, bucket in held.items() if stretch.from_ms <= at_ms < stretch.to_ms)

    def _roll_up(self, steps: _Steps, resolutions: tuple[int, int], times: Iterable[int]) -> None:
        fine, coarse = resolutions
        for begin in times:
            parts = [steps[fine][at] for at in range(begin, begin + coarse, fine) if at in steps[fine]]
            held = steps[coarse].get(begin)
            # Finer buckets only ever gain; where a coarser one would shrink, its finer ones have been pruned.
            if parts and (held is None or sum(part.count for part in parts) > held.count):
                self._put(steps[coarse], _whole(parts, begin))

    def _put(self, held: dict[int, Bucket], bucket: Bucket) -> None:
        self._held += bucket.at_ms not in held
        held[bucket.at_ms] = bucket


def _cell(group: int, bucket: Bucket, cells: Cells) -> int:
    return group * cells.steps + (bucket.at_ms - cells.from_ms) // cells.step_ms


def _merged(held: Bucket | None, point: Point, at_ms: int) -> Bucket:
    new = Bucket(at_ms, float(point.sum), point.count, float(point.min), float(point.max), point.sketch)
    return new if held is None else _whole([held, new], at_ms)


def _whole(parts: Sequence[Bucket], at_ms: int, *, sketched: bool = True) -> Bucket:
    sketch = None
    if sketched:
        sketch = parts[0].sketch if len(parts) == 1 else sketches.merged((part.sketch, part.sum) for part in parts)
    return Bucket(
        at_ms,
        sum(part.sum for part in parts),
        min(sum(part.count for part in parts), MAX_SAFE_INTEGER),
        min(part.min for part in parts),
        max(part.max for part in parts),
        sketch,
    )
