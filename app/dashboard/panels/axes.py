"""Lines of several units in one chart: each is told in its own, and the first unit keeps the axis on the left."""

from collections.abc import Sequence
from typing import Any, Final

from app.dashboard import figures
from app.dashboard.panels.units import Shown

_RIGHT: Final = {"overlaying": "y", "side": "right", "showgrid": False, "tickmode": "auto"}
"""Its ticks are round numbers of its own; it has no grid, as that of the other would lie between them."""


def share(figure: dict[str, Any], hows: Sequence[Shown]) -> dict[str, Any]:
    """The same figure with its axes; of units that differ, all but the first are drawn along a second one.

    That one bears a unit only where it has but one. Bars of different units stand side by side: no sum of them means
    anything.

    Args:
        figure: of `figures.lines` or `figures.bars`.
        hows: how each trace is told, in the order of its traces.
    """
    first = hows[0] if hows else Shown()
    _write(figure["layout"]["yaxis"], first)
    others = {how for how in hows if how != first}
    if not others:
        return figure
    for place, (trace, how) in enumerate(zip(figure["data"], hows, strict=True)):
        trace["hovertemplate"] = figures.hover(how.suffix)
        if how != first:
            trace["yaxis"] = "y2"
        if trace["type"] == "bar":
            trace["offsetgroup"] = str(place)
    figure["layout"] |= {"yaxis2": dict(_RIGHT), "barmode": "group"}
    _write(figure["layout"]["yaxis2"], others.pop() if len(others) == 1 else Shown())
    return figure


def _write(axis: dict[str, Any], how: Shown) -> None:
    axis["ticksuffix"] = how.suffix
    if how.tick:
        axis["tickformat"] = how.tick
