"""Figures of any unit as people read them: what a value is multiplied by, and what stands behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.dashboard import filters
from app.dashboard.language import gettext


@dataclass(frozen=True, slots=True)
class Shown:
    """How a unit of the catalogue is drawn: values times `factor`, then `suffix`; `tick` is Plotly's number format."""

    factor: float = 1.0
    suffix: str = ""
    tick: str = ""


SHOWN: Final[Mapping[str, Shown]] = {
    "ratio": Shown(100.0, " %"),
    "bytes": Shown(1.0, "B", "~s"),
    "ms": Shown(1.0, " ms"),
    "per second": Shown(1.0, "/s"),
}
"""A unit without a row is shown as it is."""

_PER_SECOND: Final = " per second"


def shown(unit: str) -> Shown:
    """How the unit is drawn; what is told per second keeps the rest of its unit."""
    if unit.endswith(_PER_SECOND):
        found = shown(unit.removesuffix(_PER_SECOND))
        return Shown(found.factor, f"{found.suffix}/s", found.tick)
    return SHOWN.get(unit, Shown())


def measure(value: float | None, unit: str) -> tuple[str, str]:
    """A value as (figure, unit), with as many decimals as its size asks for."""
    if value is None:
        return filters.NOTHING, ""
    if unit.endswith(_PER_SECOND):
        figure, rest = measure(value, unit.removesuffix(_PER_SECOND))
        return figure, rest + gettext("/s")
    if unit == "ratio":
        return filters.percent(value, 1), "%"
    if unit == "bytes":
        return filters.size(value)
    if unit == "ms":
        return filters.duration(value), ""
    digits = 0 if float(value).is_integer() and unit != "per second" else 1 if abs(value) >= 10 else 2
    return filters.number(value, digits), gettext("/s") if unit == "per second" else ""
