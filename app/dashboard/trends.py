"""What charts are drawn from: series of the store on one even grid of times."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.storage.base_series import HOUR_MS, MINUTE_MS, RAW_MS, STEPS_MS, Bucket, Labels, SeriesStore

MAX_POINTS: Final = 360
RAW_KEPT_MS: Final = 47 * HOUR_MS
MINUTES_KEPT_MS: Final = 29 * 24 * HOUR_MS
SHOWN_STEPS_MS: Final = (
    RAW_MS, 3 * RAW_MS, MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS, 168 * HOUR_MS,
)  # fmt: skip
OTHERS: Final = ""
"""The name under which all series beyond the first few are added up."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Even times from `from_ms` to `to_ms`, each `step_ms` long; read from the store at `stored_ms`."""

    from_ms: int
    to_ms: int
    step_ms: int
    stored_ms: int

    @property
    def times(self) -> list[int]:
        """The beginnings of the steps, in ms since 1970 UTC."""
        return list(range(self.from_ms, self.to_ms + 1, self.step_ms))


def grid(from_ms: int, to_ms: int, now_ms: int) -> Grid:
    """The finest grid over that span which has at most `MAX_POINTS` and is still kept by the store."""
    age = now_ms - from_ms
    finest = RAW_MS if age <= RAW_KEPT_MS else MINUTE_MS if age <= MINUTES_KEPT_MS else HOUR_MS
    wide_enough = (s for s in SHOWN_STEPS_MS if s >= finest and (to_ms - from_ms) // s < MAX_POINTS)
    step = next(wide_enough, SHOWN_STEPS_MS[-1])
    stored = max(one for one in STEPS_MS if step % one == 0)
    return Grid(from_ms - from_ms % step, max(from_ms, to_ms), step, stored)


def counted(series: SeriesStore, name: str, labels: Mapping[str, str], over: Grid) -> list[float]:
    """What a counter gained in each step; nothing stored is 0."""
    return _sums(_read(series, name, labels, over).values(), over)


def measured(series: SeriesStore, name: str, over: Grid) -> list[float | None]:
    """The mean of a gauge in each step; nothing stored is a gap."""
    sums: dict[int, float] = {}
    counts: dict[int, int] = {}
    for buckets in _read(series, name, {}, over).values():
        for bucket in buckets:
            slot = bucket.at_ms - bucket.at_ms % over.step_ms
            sums[slot] = sums.get(slot, 0.0) + bucket.sum
            counts[slot] = counts.get(slot, 0) + bucket.count
    return [sums[at] / counts[at] if counts.get(at) else None for at in over.times]


def by_source(series: SeriesStore, name: str, over: Grid, most: int) -> dict[str, list[float]]:
    """What a counter gained for each of the `most` busiest sources, and for `OTHERS` if there are more."""
    found: dict[str, list[Sequence[Bucket]]] = {}
    for labels, buckets in _read(series, name, {}, over).items():
        found.setdefault(dict(labels).get("source", OTHERS), []).append(buckets)
    totals = {source: _sums(lists, over) for source, lists in found.items()}
    ranked = sorted((source for source in totals if source), key=lambda source: -sum(totals[source]))
    shown = {source: totals[source] for source in ranked[:most]}
    rest = [totals[source] for source in totals if source not in shown]
    if rest:
        shown[OTHERS] = [sum(values) for values in zip(*rest, strict=True)]
    return shown


def per_second(sums: Iterable[float], step_ms: int) -> list[float]:
    """Sums over a step as a rate."""
    return [round(value * 1000 / step_ms, 3) for value in sums]


def _read(series: SeriesStore, name: str, labels: Mapping[str, str], over: Grid) -> Mapping[Labels, Sequence[Bucket]]:
    return series.read(name, labels, from_ms=over.from_ms, to_ms=over.to_ms + over.step_ms, step_ms=over.stored_ms)


def _sums(lists: Iterable[Sequence[Bucket]], over: Grid) -> list[float]:
    sums: dict[int, float] = {}
    for buckets in lists:
        for bucket in buckets:
            slot = bucket.at_ms - bucket.at_ms % over.step_ms
            sums[slot] = sums.get(slot, 0.0) + bucket.sum
    return [sums.get(at, 0.0) for at in over.times]
