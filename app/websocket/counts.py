"""What became of the sockets of this process: refused by code, closed by reason."""

import threading
from collections import Counter


class Counts:
    """Plain counters since the start; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._refused: Counter[str] = Counter()
        self._closed: Counter[str] = Counter()

    def refuse(self, code: str) -> None:
        """A socket was not let into a namespace."""
        with self._lock:
            self._refused[code] += 1

    def close(self, reason: str) -> None:
        """A socket was closed, by whichever side."""
        with self._lock:
            self._closed[reason] += 1

    def refused(self) -> dict[str, int]:
        """Code to number."""
        with self._lock:
            return dict(self._refused)

    def closed(self) -> dict[str, int]:
        """Reason to number."""
        with self._lock:
            return dict(self._closed)
