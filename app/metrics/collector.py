"""Looks at the machine and writes the gauges down: the scheduler's tick for figures.

Of several processes, which all know the same figures, one writes them down; the others look at their machine alone.
"""

from app.core.clock import Clock
from app.metrics.catalogue import MAX_TEXT, METRICS
from app.metrics.figures import Figures
from app.metrics.points import points_of_values
from app.metrics.system import Reader
from app.storage.base_series import SeriesStore


class Collector:
    """Reads the host into the figures, and the figures into the series."""

    def __init__(self, reader: Reader, figures: Figures, series: SeriesStore, clock: Clock) -> None:
        self._reader = reader
        self._figures = figures
        self._series = series
        self._clock = clock

    def look(self) -> None:
        """Read the host; from a real thread."""
        self._figures.read(self._reader())

    def collect(self) -> None:
        """Do it once; from a real thread.

        Raises:
            app.core.errors.Unavailable: the series could not be written; the figures are up to date all the same.
        """
        self.look()
        ours = {name: value for name, value in self._figures.values().items() if name in METRICS}
        now_ms = self._clock.now_ms()
        points = points_of_values(ours, now_ms)
        for host, values in self._figures.by_host().items():
            points += points_of_values(values, now_ms, (("worker", host[:MAX_TEXT]),))
        self._series.record(points)
