"""Hours that points came into since hours were last rolled up.

What is replayed after an outage lies days behind the hours that are rolled up as they go. It is remembered here, so
that nobody has to look through a month for it; a process that is killed forgets, and `Retention` looks.
"""

import threading
from collections.abc import Iterable

from app.storage.base_series import HOUR_MS, Point


class Touched:
    """A set of hours."""

    def __init__(self) -> None:
        self._hours: set[int] = set()
        self._lock = threading.Lock()

    def note(self, points: Iterable[Point]) -> None:
        """Remember the hours of these points."""
        self.put_back({point.at_ms - point.at_ms % HOUR_MS for point in points})

    def put_back(self, hours: Iterable[int]) -> None:
        """Remember these hours."""
        with self._lock:
            self._hours.update(hours)

    def take(self) -> list[int]:
        """The hours, in order; they are forgotten."""
        with self._lock:
            hours, self._hours = self._hours, set()
        return sorted(hours)


def spans(hours: Iterable[int], before_ms: int) -> list[tuple[int, int]]:
    """The hours that begin before, given in order, those in a row as one: each from its beginning to its end."""
    found: list[tuple[int, int]] = []
    for hour in hours:
        if hour < before_ms:
            begin = found.pop()[0] if found and found[-1][1] == hour else hour
            found.append((begin, hour + HOUR_MS))
    return found
