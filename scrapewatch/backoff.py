"""How long to wait before the next try: exponential back-off with full jitter.

Source:
    "Exponential Backoff and Jitter", AWS Architecture Blog, 2015: of the variants compared there, full
    jitter needed the fewest calls when many clients come back at once.
"""

import random
from collections.abc import Callable
from typing import Final

LIMIT_S: Final = 30.0
"""No wait of our own is longer."""

PATIENCE_MS: Final = 300_000
"""No wait that a server asks for is longer."""


def jitter(attempt: int, base_ms: float, factor: float, draw: Callable[[], float] = random.random) -> float:
    """Seconds to wait after the `attempt`-th failure in a row.

    Args:
        attempt: failures in a row, >= 1.
        base_ms: the most to wait after the first failure.
        factor: how much that grows with each further one, >= 1.
        draw: gives a number in [0, 1).
    """
    try:
        ceiling = min(LIMIT_S, base_ms / 1000 * factor ** (attempt - 1))
    except OverflowError:
        ceiling = LIMIT_S
    return draw() * ceiling


def asked(retry_after_ms: float) -> float:
    """Seconds to wait because the server asked for it.

    Jitter comes on top: clients that were all told the same moment must not come back in the same moment.
    """
    return min(max(retry_after_ms, 0), PATIENCE_MS) / 1000
