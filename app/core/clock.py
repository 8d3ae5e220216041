"""The only source of time: integer milliseconds, so that a test can hand in its own.

`Clock` is what components are given; `CLOCK` is the real one.
"""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Two readings of time."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC; may jump when the machine's clock is set."""
        ...

    def monotonic_ms(self) -> int:
        """Milliseconds since some moment; never runs back."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now_ms(self) -> int:
        """See `Clock`."""
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        """See `Clock`."""
        return time.monotonic_ns() // 1_000_000


CLOCK: Clock = SystemClock()


def cpu_us() -> int:
    """CPU time that this thread has taken since some moment, microseconds: what work costs, whoever runs beside it."""
    return time.thread_time_ns() // 1_000


def rfc3339(ms: int) -> str:
    """`ms` since 1970 UTC as ``2026-11-23T14:32:08.004Z``."""
    return f"{datetime.fromtimestamp(ms // 1000, UTC).isoformat()[:19]}.{ms % 1000:03d}Z"


def rfc3339_or_none(ms: float | None) -> str | None:
    """The same of a time that may not have come; parts of a millisecond are cut off."""
    return None if ms is None else rfc3339(int(ms))
