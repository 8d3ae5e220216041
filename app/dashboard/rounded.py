"""What is left of a figure once it is written: differences of what is shown add up for whoever reads them.

Each function belongs to the one of its name in `app.dashboard.filters`: what this one leaves, that one writes the same.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000


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


def size(count: float) -> float:
    """Bytes, rounded in the unit in which they are written."""
    unit = 1
    while count / unit >= 999.5 and unit < 10**15:
        unit *= 1_000
    in_units = count / unit
    return number(in_units, 1 if unit > 1 and in_units < 100 else 0) * unit


def duration(ms: float) -> float:
    """A span of time in ms, as far as its two greatest units tell it."""
    if ms < SECOND_MS:
        return round(ms)
    least = HOUR_MS if ms >= DAY_MS else MINUTE_MS if ms >= HOUR_MS else SECOND_MS
    return ms // least * least
