"""What the house asks of a store of series, and the records that pass through."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

Labels = tuple[tuple[str, str], ...]
"""Sorted (name, value) pairs."""

RAW_MS: Final = 10_000
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
STEPS_MS: Final = (RAW_MS, MINUTE_MS, HOUR_MS)
"""The resolutions in which series are kept, finest first."""


@dataclass(slots=True, frozen=True)
class Point:
    """What was measured of one series within one moment; merged into its buckets by the store."""

    name: str
    labels: Labels
    at_ms: int
    sum: float
    count: int
    min: float
    max: float


@dataclass(slots=True, frozen=True)
class Bucket:
    """A series over one step, beginning at `at_ms`."""

    at_ms: int
    sum: float
    count: int
    min: float
    max: float


class SeriesStore(Protocol):
    """Figures over time, kept in the resolutions of `STEPS_MS`."""

    def record(self, points: Iterable[Point]) -> None:
        """Merge points into their buckets of `RAW_MS` and `MINUTE_MS`; counts saturate at `MAX_SAFE_INTEGER`."""
        ...

    def roll_up(self, from_ms: int, to_ms: int) -> None:
        """Compute the hours that begin within the span anew from their minutes; twice does no harm."""
        ...

    def read(
        self, name: str, labels: Mapping[str, str], *, from_ms: int, to_ms: int, step_ms: int
    ) -> dict[Labels, list[Bucket]]:
        """The buckets of every series of that name that carries all `labels`, oldest first."""
        ...

    def prune(self, *, raw_before_ms: int, minutes_before_ms: int, hours_before_ms: int) -> int:
        """Delete older buckets; returns how many went."""
        ...
