"""What is left of a figure once it is written: differences of what is shown add up for whoever reads them.

Each function belongs to the one of its name in `app.dashboard.filters`: what this one leaves, that one writes the same.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from app.storage.base_series import DAY_MS, HOUR_MS, MINUTE_MS

SECOND_MS: Final = 1_000
UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB")
"""Of bytes, in steps of 1,000."""


def number(value: float, digits: int = 0) -> float:
    """With so many decimals."""
    return float(Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN))


def rate(value: float) -> float:
    """A figure per second."""
    return number(value, 1)


def percent(ratio: float, digits: int = 0) -> float:
    """A ratio in hundredths. Never 100 for less than all."""
    shown = round(ratio * 100, digits)
    return shown if shown < 100 or ratio >= 1 else 100 - 10.0**-digits


def in_units(count: float) -> tuple[float, int, int]:
    """Bytes as they are written: how many of the unit, how many steps of 1,000 that is, and with how many decimals."""
    step = 0
    while count >= 999.5 and step < len(UNITS) - 1:
        count, step = count / 1000, step + 1
    return count, step, 1 if step and count < 100 else 0


def size(count: float) -> float:
    """Bytes, rounded in the unit in which they are written."""
    figure, step, digits = in_units(count)
    return number(figure, digits) * 1000.0**step


def duration(ms: float) -> float:
    """A span of time in ms, as far as its two greatest units tell it."""
    if ms < SECOND_MS:
        return round(ms)
    least = HOUR_MS if ms >= DAY_MS else MINUTE_MS if ms >= HOUR_MS else SECOND_MS
    return ms // least * least
