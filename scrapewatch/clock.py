"""The client's only reader of time."""

import time


def now_ms() -> int:
    """Milliseconds since 1970-01-01 UTC; may jump when the machine's clock is set."""
    return time.time_ns() // 1_000_000


def monotonic() -> float:
    """Seconds since some moment; never runs back."""
    return time.monotonic()
