"""How much of a deletion one transaction takes: less where a slice took long, so that whoever writes never waits long.

How long a row takes hangs on the disk, on what else is going on, and on how many words of it are indexed.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy import Connection

from app.core.clock import Clock

T = TypeVar("T")

LONG_MS: Final = 20
SHORT_MS: Final = 10
_LEAST: Final = 0.02
_FASTER: Final = 1.2
_FIRST: Final = 0.25
"""Before it is known how fast this machine is."""


class Pace:
    """Holds the share of the greatest slice that is taken at present."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.share = _FIRST

    def timed(self, work: Callable[[Connection, float], T]) -> Callable[[Connection], T]:
        """`work`, which is given the share to take; how long it takes decides on the next."""

        def run(connection: Connection) -> T:
            began_ms = self._clock.monotonic_ms()
            done = work(connection, self.share)
            self._learn(self._clock.monotonic_ms() - began_ms)
            return done

        return run

    def _learn(self, took_ms: int) -> None:
        if took_ms > LONG_MS:
            self.share = max(_LEAST, self.share * LONG_MS / took_ms)
        elif took_ms < SHORT_MS:
            self.share = min(1.0, self.share * _FASTER)
