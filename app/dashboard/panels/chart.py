"""A chart: lines, bars or dials, drawn by the page's script from a figure made here."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.dashboard import figures
from app.dashboard.figures import Dial, Trace
from app.dashboard.panels import axes, readings
from app.dashboard.panels.base import Look
from app.dashboard.panels.marks import marks
from app.dashboard.panels.readings import Drawn, Reading
from app.dashboard.panels.units import measure, shown
from app.dashboard.titles import title
from app.dashboards.config import Chart
from app.dashboards.selectors import selectors

TOKENS: Final = tuple(f"--c{place}" for place in range(1, 9))
EARLIER: Final = "--text-faint"
"""Of another time's lines, which the page also draws dotted."""

_SHORT: Final = ".3~s"
"""How a dial writes what an axis writes in thousands and millions."""
_SHARE: Final = ".3~g"
"""How it writes a share, which is to fit into a small one."""

_KIND_TOKENS: Final[Mapping[str, str]] = {
    "completed": "--quiet", "running": "--accent", "failed": "--failed", "lost": "--lost", "stalled": "--stalled",
    "queued": "--queued", "cancelled": "--cancelled", "error": "--failed", "critical": "--failed",
    "warning": "--stalled", "info": "--info", "debug": "--cancelled",
}  # fmt: skip
"""States and severities keep their colours, whatever they are counted of."""


def content(look: Look) -> dict[str, Any]:
    """`chart` for the script; `legend` and what would fill it (`fills`) for the page."""
    chart = look.panel.chart
    if chart is None:
        raise LookupError(f"The chart {look.panel.id!r} was read without its options")
    reading = readings.read(look, readings.MOST_BARS if chart.type == "bar" else readings.MOST_POINTS)
    colours = _colours(reading.lines, look)
    traces = [
        Trace(line.name, line.title, colour, readings.scaled(line, shown(line.unit).factor).values)
        for line, colour in zip(reading.lines, colours, strict=True)
    ]
    return {
        "chart": {
            "kind": chart.type,
            "figure": _figure(chart, reading, traces, look),
            "step": reading.step_ms,
            "span": list(look.span),
            "marks": marks(look) if chart.type != "gauge" else [],
        },
        "legend": _legend(reading.lines, colours) if chart.legend and chart.type != "gauge" else [],
        "heading": chart.title,
        "fills": "" if reading.lines else _fills(look),
        "reading": reading,
    }


def _fills(look: Look) -> str:
    """What would be drawn, by the titles of the panel's metrics."""
    if look.panel.source != "metrics":
        return ""
    return ", ".join(title(one.name) for one in selectors(look.panel))


def _figure(chart: Chart, reading: Reading, traces: Sequence[Trace], look: Look) -> dict[str, Any]:
    if chart.type == "gauge":
        return figures.dials([_dial(*one, look) for one in zip(reading.lines, traces, strict=True)])
    draw = figures.bars if chart.type == "bar" else figures.lines
    hows = [shown(line.unit) for line in reading.lines]
    figure = draw(reading.times, traces, unit=hows[0].suffix if hows else "")
    return figures.label_axes(axes.share(figure, hows), chart.x_label, chart.y_label)


def _dial(line: Drawn, trace: Trace, look: Look) -> Dial:
    """What was counted over the whole span, or the newest of what was measured."""
    how = shown(line.unit)
    told = readings.told(line)
    value = None if told is None else round(told * how.factor, 6)
    greatest = max((one for one in (*trace.values, value) if one is not None), default=0.0)
    ends = _ends(greatest, line.unit, look.panel.options)
    written = _SHORT if how.tick else _SHARE if line.unit == "ratio" else ",.4~g"
    return Dial(trace.key, trace.name, trace.token, value, ends, how.suffix, written)


def _ends(greatest: float, unit: str, options: Mapping[str, Any]) -> tuple[float, float]:
    """From 0 to the panel's own ``"max"``, to 100 % for a share, else a little beyond the greatest value there was."""
    given = options.get("max")
    if isinstance(given, int | float) and not isinstance(given, bool) and 0 < given < float("inf"):
        return 0.0, float(given)
    if unit == "ratio":
        return 0.0, 100.0
    return 0.0, greatest * 1.25 if greatest > 0 else 1.0


def _colours(lines: Sequence[Drawn], look: Look) -> list[str]:
    """A colour of the theme that is named after a series is its own; the others go to the series in their order."""
    theme = look.view.colours
    names = {name for line in lines for name in (line.name, line.metric)}
    free = [colour for name, colour in theme.items() if name not in names]
    inherited = [*free, *TOKENS[len(free) :]] or list(TOKENS)
    return [
        EARLIER
        if line.is_earlier
        else theme.get(line.name) or theme.get(line.metric) or _of_kind(line, look) or inherited[at % len(inherited)]
        for at, line in enumerate(lines)
    ]


def _of_kind(line: Drawn, look: Look) -> str | None:
    return None if look.panel.source == "metrics" else _KIND_TOKENS.get(line.metric)


def _legend(lines: Sequence[Drawn], colours: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"name": line.name, "title": line.title, "token": colour, "figure": measure(readings.told(line), line.unit)}
        for line, colour in zip(lines, colours, strict=True)
    ]
