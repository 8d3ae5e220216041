"""How often something may happen: moving windows by the machine's clock (the `limits` package's)."""

import ipaddress
from typing import Final

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from app.core.clock import CLOCK

LEAST_WAIT_MS: Final = 1_000
_NETWORK_BITS: Final = 64


class Rate:
    """So many times within so many ms, for each of those that are counted; safe to use from any thread."""

    def __init__(self, most: int, interval_ms: int) -> None:
        self._limit = RateLimitItemPerSecond(most, -(-interval_ms // 1_000))
        self._counts = MemoryStorage()
        self._window = MovingWindowRateLimiter(self._counts)

    def wait_ms(self, *who: str) -> int:
        """0 if there is room for one more, else the ms until there is."""
        return 0 if self._window.test(self._limit, *who) else self._until_room_ms(*who)

    def hit(self, *who: str) -> int:
        """Count one if there is room; the same."""
        return 0 if self._window.hit(self._limit, *who) else self._until_room_ms(*who)

    def forget(self) -> None:
        """Let go of those that have been away."""
        forget(self._counts)

    def _until_room_ms(self, *who: str) -> int:
        ends_ms = int(self._window.get_window_stats(self._limit, *who).reset_time * 1_000)
        return max(LEAST_WAIT_MS, ends_ms - CLOCK.now_ms())


def forget(counts: MemoryStorage) -> None:
    """Let go of those that have been away; the package keeps the name of each for ever."""
    for key in list(counts.events):
        with counts.locks[key]:  # who comes back at this moment is counted before or after, not in between
            if not counts.events.get(key):
                counts.events.pop(key, None)
                counts.locks.pop(key, None)


def network_of(address: str) -> str:
    """The address; of IPv6 the network, since a single customer has the whole of it.

    One of IPv4 that came as IPv6, as proxies that listen to both tell it, is itself: all of them share one network.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, _NETWORK_BITS), strict=False))
