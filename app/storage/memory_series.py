"""Series in memory: for tests, a first look, and servers that keep nothing."""

import threading
from collections.abc import Iterable, Mapping
from typing import Final

from app.storage.base_series import HOUR_MS, MINUTE_MS, RAW_MS, STEPS_MS, Bucket, Labels, Point
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

    def record(self, points: Iterable[Point]) -> None:
        """See `SeriesStore`."""
        with self._lock:
            for point in points:
                steps = self._series.pop((point.name, point.labels), None) or {step_ms: {} for step_ms in STEPS_MS}
                self._series[point.name, point.labels] = steps
                for step_ms in (RAW_MS, MINUTE_MS):
                    at_ms = point.at_ms - point.at_ms % step_ms
                    self._put(steps[step_ms], _merged(steps[step_ms].get(at_ms), point, at_ms))
            while self._held > self._max_buckets and len(self._series) > 1:
                dropped = self._series.pop(next(iter(self._series)))
                self._held -= sum(map(len, dropped.values()))

    def roll_up(self, from_ms: int, to_ms: int) -> None:
        """See `SeriesStore`."""
        with self._lock:
            for steps in self._series.values():
                for hour in range(from_ms + -from_ms % HOUR_MS, to_ms, HOUR_MS):
                    self._roll_up(steps, hour)

    def read(
        self, name: str, labels: Mapping[str, str], *, from_ms: int, to_ms: int, step_ms: int
    ) -> dict[Labels, list[Bucket]]:
        """See `SeriesStore`; buckets that begin at `from_ms` or later and before `to_ms`."""
        with self._lock:
            wanted = {
                carried: steps[step_ms]
                for (named, carried), steps in self._series.items()
                if named == name and labels.items() <= dict(carried).items()
            }
            found = {
                carried: sorted((held[at] for at in held if from_ms <= at < to_ms), key=lambda bucket: bucket.at_ms)
                for carried, held in wanted.items()
            }
        return {carried: some for carried, some in found.items() if some}

    def prune(self, *, raw_before_ms: int, minutes_before_ms: int, hours_before_ms: int) -> int:
        """See `SeriesStore`."""
        edges = {RAW_MS: raw_before_ms, MINUTE_MS: minutes_before_ms, HOUR_MS: hours_before_ms}
        with self._lock:
            before = self._held
            for steps in self._series.values():
                for step_ms, held in steps.items():
                    old = [at_ms for at_ms in held if at_ms < edges[step_ms]]
                    for at_ms in old:
                        del held[at_ms]
                    self._held -= len(old)
            self._series = {key: steps for key, steps in self._series.items() if any(steps.values())}
            return before - self._held

    def _roll_up(self, steps: _Steps, hour: int) -> None:
        minutes = [steps[MINUTE_MS][at] for at in range(hour, hour + HOUR_MS, MINUTE_MS) if at in steps[MINUTE_MS]]
        held = steps[HOUR_MS].get(hour)
        # Minutes only ever gain; where an hour would shrink, its minutes have been pruned and it stands.
        if minutes and (held is None or sum(minute.count for minute in minutes) >= held.count):
            self._put(steps[HOUR_MS], _whole(minutes, hour))

    def _put(self, held: dict[int, Bucket], bucket: Bucket) -> None:
        self._held += bucket.at_ms not in held
        held[bucket.at_ms] = bucket


def _merged(held: Bucket | None, point: Point, at_ms: int) -> Bucket:
    new = Bucket(at_ms, float(point.sum), point.count, float(point.min), float(point.max))
    return new if held is None else _whole([held, new], at_ms)


def _whole(parts: list[Bucket], at_ms: int) -> Bucket:
    return Bucket(
        at_ms,
        sum(part.sum for part in parts),
        min(sum(part.count for part in parts), MAX_SAFE_INTEGER),
        min(part.min for part in parts),
        max(part.max for part in parts),
    )
