"""Slows down who guesses passwords: ten wrong ones for a user from an address within a minute, then a pause."""

from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from app.core.clock import CLOCK
from app.core.errors import Unavailable

WRONG_PER_MINUTE: Final = 10


class Throttle:
    """Counts wrong passwords of this process, in a moving window by the machine's clock (the `limits` package's)."""

    def __init__(self) -> None:
        self._limit = RateLimitItemPerMinute(WRONG_PER_MINUTE)
        self._window = MovingWindowRateLimiter(MemoryStorage())

    def check(self, name_key: str, address: str) -> None:
        """Let pass whoever has guesses left.

        Raises:
            Unavailable: `rate_limited`, with the time until the oldest wrong guess is forgotten.
        """
        if self._window.test(self._limit, name_key, address):
            return
        ends_ms = self._window.get_window_stats(self._limit, name_key, address).reset_time * 1_000
        raise Unavailable("rate_limited", max(1_000, int(ends_ms) - CLOCK.now_ms()))

    def wrong(self, name_key: str, address: str) -> None:
        """Count a wrong guess."""
        self._window.hit(self._limit, name_key, address)
