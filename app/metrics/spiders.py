"""What each spider has done since the server started: sums that only grow.

For those who keep a history of their own (``/metrics``); ours is in the series, by job. A job's id is never among
the names, and there are at most `MAX_SPIDERS` of them.
"""

from collections.abc import Mapping
from typing import Final

from app.metrics.reported import OTHER

MAX_SPIDERS: Final = 200
"""Spiders that are told apart, the first that are heard; the rest is counted as `OTHER`."""

Counted = tuple[str, str]
"""A metric's name and, for ``jobs.ended``, how; "" for the others."""


class Spiders:
    """Sums by spider. Not thread-safe."""

    def __init__(self) -> None:
        self._sums: dict[str, dict[Counted, float]] = {}
        self._names: set[str] = set()

    def name_of(self, spider: str) -> str:
        """What the spider is told as: its own name if it is among the first, `OTHER` if not."""
        if spider not in self._names and len(self._names) >= MAX_SPIDERS:
            return OTHER
        self._names.add(spider)
        return spider

    def add(self, spider: str, amounts: Mapping[str, float], status: str = "") -> None:
        """Count what one spider did, by metric name."""
        sums = self._sums.setdefault(self.name_of(spider), {})
        for name, amount in amounts.items():
            sums[name, status] = sums.get((name, status), 0.0) + amount

    def read(self) -> dict[str, dict[Counted, float]]:
        """A copy of all sums."""
        return {spider: dict(sums) for spider, sums in self._sums.items()}
