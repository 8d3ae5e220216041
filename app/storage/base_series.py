"""What the house asks of a store of series, and the records that pass through."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec

Labels = tuple[tuple[str, str], ...]
"""Sorted (name, value) pairs."""

Dated = tuple[Labels, int]
"""A series' labels, and the beginning of the hour that its newest bucket lies in."""

RAW_MS: Final = 5_000
MINUTE_MS: Final = 60_000
QUARTER_HOUR_MS: Final = 900_000
HOUR_MS: Final = 3_600_000
QUARTER_DAY_MS: Final = 21_600_000
DAY_MS: Final = 86_400_000
STEPS_MS: Final = (RAW_MS, MINUTE_MS, QUARTER_HOUR_MS, HOUR_MS, QUARTER_DAY_MS, DAY_MS)
"""The resolutions in which series are kept, finest first; each divides the next."""

WRITTEN_MS: Final = (RAW_MS, MINUTE_MS)
"""Those that a point is written into; the others are made of the one before by `SeriesStore.roll_up`."""


class Point(msgspec.Struct, frozen=True, gc=False):
    """What was measured of one series within one moment; merged into its buckets by the store.

    A struct of msgspec's rather than a dataclass, as of `Event`.

    Attributes:
        sketch: how the values are spread (`app/storage/sketches.py`); empty for a single value; None for a counter,
            of which no quantile is ever asked.
    """

    name: str
    labels: Labels
    at_ms: int
    sum: float
    count: int
    min: float
    max: float
    sketch: bytes | None = None


@dataclass(slots=True, frozen=True)
class Bucket:
    """A series, or several together, over one step that begins at `at_ms`; `sketch` as of `Point`."""

    at_ms: int
    sum: float
    count: int
    min: float
    max: float
    sketch: bytes | None = None


@dataclass(slots=True, frozen=True)
class Stretch:
    """A part of a span, its end not included, and the resolution in which to read it."""

    step_ms: int
    from_ms: int
    to_ms: int


def oldest_of(begins: Sequence[int | None]) -> int | None:
    """The beginning of the oldest bucket, as finely as it is known, from the oldest of each of `STEPS_MS`."""
    oldest, width = None, 0
    for at_ms, step_ms in zip(reversed(begins), reversed(STEPS_MS), strict=True):
        if at_ms is not None and (oldest is None or at_ms < oldest + width):
            oldest, width = at_ms, step_ms
    return oldest


def edges(*, raw_before_ms: int, minutes_before_ms: int, hours_before_ms: int) -> dict[int, int]:
    """Before when buckets are deleted, by resolution; see `SeriesStore.prune`."""
    ends = (raw_before_ms, minutes_before_ms, minutes_before_ms, hours_before_ms, hours_before_ms, hours_before_ms)
    return dict(zip(STEPS_MS, ends, strict=True))


@dataclass(slots=True, frozen=True)
class Cells:
    """Where combined buckets go: group by group, `steps` cells of `step_ms` each, the first beginning at `from_ms`.

    The cell of a group and a time is ``group * steps + (at_ms - from_ms) // step_ms``.
    """

    from_ms: int
    step_ms: int
    steps: int


FIGURES: Final = ("sum", "count", "min", "max")
"""What can be asked of combined buckets."""

Combined = tuple[Any, ...]
"""A cell's number, and the figures asked for in their order. (A record of each would take longer than the query.)"""

Sketched = tuple[int, bytes | None, float]
"""A cell's number, and the sketch and the sum of one of the buckets that belong there."""


class SeriesStore(Protocol):
    """Figures over time, kept in the resolutions of `STEPS_MS`."""

    def record(self, points: Iterable[Point]) -> None:
        """Merge points into their buckets of `WRITTEN_MS`; counts saturate at `MAX_SAFE_INTEGER`."""
        ...

    def roll_up(self, from_ms: int, to_ms: int) -> None:
        """Bring the hours that begin within the span up to date, their quarters, and the days they lie in.

        What has not grown since is left alone; twice does no harm.
        """
        ...

    def catch_up(self, before_ms: int) -> None:
        """Roll up the hours that begin before and that this process recorded points into since it last did this."""
        ...

    def find(self, name: str, labels: Mapping[str, str], since_ms: int = 0) -> list[Labels]:
        """The labels of every series of that name that carries all `labels`, in order.

        Those whose newest bucket lies before the hour of `since_ms` are left out, at no cost.
        """
        ...

    def has(self, name: str, labels: Mapping[str, str]) -> bool:
        """Whether there is a series of that name that carries all `labels`."""
        ...

    def names(self) -> list[str]:
        """The names that series have, in order."""
        ...

    def newest(self, name: str, limit: int, *, since_ms: int = 0, before_ms: int | None = None) -> list[Dated]:
        """Series of that name, those written to last first; only those whose hour begins within the span.

        Args:
            name: the metric.
            limit: how many at most.
            since_ms: the earliest hour.
            before_ms: the end of the hours, not included; None for no end.
        """
        ...

    def since(self) -> int | None:
        """The beginning of the oldest bucket of all, in ms; None while there is none."""
        ...

    def alive(self, name: str, series: Sequence[Labels], within: Stretch) -> list[Labels]:
        """Those of the series that have a bucket within the stretch."""
        ...

    def combine(
        self,
        name: str,
        groups: Mapping[Labels, int],
        within: Sequence[Stretch],
        cells: Cells,
        figures: Sequence[str] = FIGURES,
    ) -> list[Combined]:
        """The buckets of series, those of one cell combined.

        Args:
            name: the metric.
            groups: each series' group, from 0 on.
            within: what to read, a stretch after the other, all of it within the cells.
            cells: how to combine; a multiple of every stretch's own step.
            figures: some of `FIGURES`; the fewer, the faster.

        Returns:
            rows in no order; where stretches meet, two may be of one cell.
        """
        ...

    def sketched(
        self, name: str, groups: Mapping[Labels, int], within: Sequence[Stretch], cells: Cells
    ) -> list[Sketched]:
        """Every single bucket of these series, in no order; otherwise as `combine`."""
        ...

    def read(
        self, name: str, labels: Mapping[str, str], *, from_ms: int, to_ms: int, step_ms: int
    ) -> dict[Labels, list[Bucket]]:
        """The buckets of every series of that name that carries all `labels`, oldest first, without sketches."""
        ...

    def prune(self, *, raw_before_ms: int, minutes_before_ms: int, hours_before_ms: int) -> int:
        """Delete older buckets: quarters of hours with the minutes, days and their quarters with the hours.

        Returns:
            how many went.
        """
        ...
