"""Lines of several units in one chart: each is told in its own, along an axis of its unit.

The first unit keeps the axis on the left; each other one has its own on the right.
"""

from collections.abc import Sequence
from typing import Any, Final

from app.dashboard import figures
from app.dashboard.panels.units import Shown

_RIGHT: Final = {"overlaying": "y", "side": "right", "showgrid": False, "tickmode": "auto"}
"""Its ticks are round numbers of its own; it has no grid, as that of the other would lie between them."""
_FURTHER: Final = {**_RIGHT, "anchor": "free", "autoshift": True}
"""One that stands beside another on that side."""


def share(figure: dict[str, Any], hows: Sequence[Shown]) -> dict[str, Any]:
    """The same figure with its axes, one for each unit. Bars of different units stand side by side: no sum of them
    means anything.

    Args:
        figure: of `figures.lines` or `figures.bars`.
        hows: how each trace is told, in the order of its traces.
    """
    units = list(dict.fromkeys(hows)) or [Shown()]
    _write(figure["layout"]["yaxis"], units[0])
    if len(units) == 1:
        return figure
    for place, (trace, how) in enumerate(zip(figure["data"], hows, strict=True)):
        trace["hovertemplate"] = figures.hover(how.suffix)
        if how != units[0]:
            trace["yaxis"] = f"y{units.index(how) + 1}"
        if trace["type"] == "bar":
            trace["offsetgroup"] = str(place)
    figure["layout"]["barmode"] = "group"
    for number, how in enumerate(units[1:], 2):
        axis: dict[str, Any] = dict(_RIGHT if number == 2 else _FURTHER)
        figure["layout"][f"yaxis{number}"] = axis
        _write(axis, how)
    return figure


def _write(axis: dict[str, Any], how: Shown) -> None:
    axis["ticksuffix"] = how.suffix
    if how.tick:
        axis["tickformat"] = how.tick
