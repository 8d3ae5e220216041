"""Slows down who guesses passwords: so many wrong ones from an address within a minute, then a pause.

Ten are enough for one user, thirty for all users together.
"""

from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from app.core.clock import CLOCK
from app.core.errors import Unavailable

WRONG_PER_MINUTE: Final = 10
WRONG_PER_MINUTE_AND_ADDRESS: Final = 30


class Throttle:
    """Counts wrong passwords of this process, in a moving window by the machine's clock (the `limits` package's)."""

    def __init__(self) -> None:
        self._of_name = RateLimitItemPerMinute(WRONG_PER_MINUTE)
        self._of_address = RateLimitItemPerMinute(WRONG_PER_MINUTE_AND_ADDRESS)
        self._window = MovingWindowRateLimiter(MemoryStorage())

    def check(self, name_key: str, address: str) -> None:
        """Let pass whoever has guesses left.

        Raises:
            Unavailable: `rate_limited`, with the time until the oldest wrong guess is forgotten.
        """
        for limit, who in self._counted(name_key, address):
            if not self._window.test(limit, *who):
                ends_ms = self._window.get_window_stats(limit, *who).reset_time * 1_000
                raise Unavailable("rate_limited", max(1_000, int(ends_ms) - CLOCK.now_ms()))

    def wrong(self, name_key: str, address: str) -> None:
        """Count a wrong guess."""
        for limit, who in self._counted(name_key, address):
            self._window.hit(limit, *who)

    def _counted(self, name_key: str, address: str) -> tuple[tuple[RateLimitItemPerMinute, tuple[str, ...]], ...]:
        return (self._of_name, (name_key, address)), (self._of_address, (address,))
