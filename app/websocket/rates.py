"""How often an address may connect: `RATE_LIMIT_CONNECTIONS` within `RATE_LIMIT_INTERVAL`.

Who fails more than a tenth as often hears that rather than what was wrong; right credentials of the same address pass.

Moving windows by the machine's clock (the `limits` package's); one that was turned away is not counted. Whoever is
turned away is told when there is room again, each at a moment of its own, so that a crowd does not come back as one.
"""

import random
import threading
from collections import OrderedDict
from typing import Final

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from app.accounts.throttle import FAILURES
from app.core.clock import Clock
from app.core.rates import forget, network_of

MOST_KNOWN: Final = 10_000
"""Addresses whose senders are remembered."""
SPREAD_MS: Final = 5_000


class ConnectionRates:
    """Counts the connections to one process."""

    def __init__(self, clock: Clock, most: int, interval_ms: int) -> None:
        seconds = -(-interval_ms // 1_000)
        self._clock = clock
        self._all = RateLimitItemPerSecond(most, seconds, namespace="all")
        self._failed = RateLimitItemPerSecond(max(1, most // FAILURES), seconds, namespace="failed")
        self._counts = MemoryStorage()
        self._window = MovingWindowRateLimiter(self._counts)
        self._lock = threading.Lock()
        self._senders: OrderedDict[str, frozenset[int]] = OrderedDict()

    def enter(self, address: str) -> int:
        """Count a connection; 0 if it may go on, else the ms after which to try again."""
        return self._hit(self._all, network_of(address))

    def failed(self, address: str) -> int:
        """Count one that was refused for its credentials; 0 if it may hear why, else the ms until it may fail again."""
        return self._hit(self._failed, network_of(address))

    def entered(self, address: str, sender_id: int) -> None:
        """Remember who came from there: who is turned away later is not asked for a name."""
        who = network_of(address)
        with self._lock:
            self._senders[who] = self._senders.get(who, frozenset()) | {sender_id}
            self._senders.move_to_end(who)
            if len(self._senders) > MOST_KNOWN:
                self._senders.popitem(last=False)

    def senders(self, address: str) -> frozenset[int]:
        """Those who have come from there."""
        return self._senders.get(network_of(address), frozenset())

    def forget(self) -> None:
        """Let go of addresses that have been away."""
        forget(self._counts)

    def _hit(self, limit: RateLimitItem, who: str) -> int:
        return 0 if self._window.hit(limit, who) else self._wait_ms(limit, who)

    def _wait_ms(self, limit: RateLimitItem, who: str) -> int:
        ends_ms = int(self._window.get_window_stats(limit, who).reset_time * 1_000)
        return max(0, ends_ms - self._clock.now_ms()) + jitter_ms(SPREAD_MS)


def jitter_ms(most: int) -> int:
    """A number of ms from 1 to `most`."""
    return 1 + random.randrange(most)  # noqa: S311  (it spreads, it protects nothing)
