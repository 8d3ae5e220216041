"""How many exports somebody may begin, and have at once: each reads as much as the store holds.

`RATE_LIMIT_EXPORTS` within `RATE_LIMIT_INTERVAL`, of each process; those that are refused are not counted.
"""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Final

from app.core.errors import Unavailable
from app.core.rates import Rate

AT_ONCE: Final = 4
BUSY_MS: Final = 5_000
"""After which to try again while others of one's own go on; how long they take nobody knows."""


class ExportThrottle:
    """Counts the exports of this process; safe to use from any thread."""

    def __init__(self, most: int, interval_ms: int) -> None:
        self._rate = Rate(most, interval_ms)
        self._lock = threading.Lock()
        self._open: Counter[str] = Counter()

    def begin(self, who: str) -> Callable[[], None]:
        """Let somebody begin one; what is returned says that it has ended, and may be called again.

        Raises:
            Unavailable: `rate_limited`.
        """
        with self._lock:
            wait_ms = BUSY_MS if self._open[who] >= AT_ONCE else self._rate.hit(who)
            if wait_ms:
                raise Unavailable("rate_limited", wait_ms)
            self._open[who] += 1
        ended = threading.Event()

        def end() -> None:
            with self._lock:
                if not ended.is_set():
                    ended.set()
                    self._open[who] -= 1
                    self._open += Counter()  # lets go of those that have none

        return end

    def forget(self) -> None:
        """Let go of those that have been away."""
        self._rate.forget()
