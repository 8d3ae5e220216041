"""Charts as Plotly figures: one builder a kind, one template made of the design tokens.

The figures go into the page as JSON and are drawn there. Colours depend on the viewer's theme, so a figure names
tokens instead: ``--line`` as a value in the template, and each trace's own token in its `meta`; the script replaces
both and draws anew when the theme changes. Times are ms since 1970 UTC; the script shows them in the viewer's zone.

The plotly package checks every attribute. It is imported by the first figure, not at the start of the server:
it costs 14 MB. The traces are imported one by one since the `Figure` class alone takes another 2 MB.
"""

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any, Final

FONT: Final = "--font-ui"
COLOURWAY: Final = ("#0d8c94", "#c4590c", "#4f78d6", "#b33a78", "#909a22", "#9f84e2", "#8a5a38", "#86929a")
"""The tokens c1 to c8, the same in both themes."""

TEMPLATE: Final[dict[str, Any]] = {
    "layout": {
        "font": {"family": FONT, "size": 11, "color": "--text-muted"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "colorway": list(COLOURWAY),
        "margin": {"l": 40, "r": 8, "t": 8, "b": 24},
        "showlegend": False,
        "xaxis": {
            "showgrid": False,
            "zeroline": False,
            "showline": True,
            "linecolor": "--chart-axis",
            "ticks": "",
            "nticks": 7,
            "fixedrange": False,
            "showspikes": True,
            "spikemode": "across",
            "spikesnap": "cursor",
            "spikethickness": 1,
            "spikedash": "solid",
            "spikecolor": "--text",
        },
        "yaxis": {
            "gridcolor": "--chart-grid",
            "griddash": "solid",
            "zeroline": False,
            "showline": False,
            "ticks": "",
            "nticks": 5,
            "rangemode": "tozero",
            "fixedrange": True,
            "automargin": True,
        },
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": "--ink", "bordercolor": "--ink", "font": {"color": "--on-ink", "size": 11}},
        "dragmode": "zoom",
        "bargap": 0.12,
        "barmode": "stack",
        "uirevision": "keep",
        "transition": {"duration": 0},
    },
    "data": {
        "scatter": [{"mode": "lines", "line": {"width": 1.5, "shape": "linear"}, "connectgaps": False}],
        "bar": [{"marker": {"line": {"width": 0}}}],
        "indicator": [
            {
                "mode": "gauge+number",
                "number": {"font": {"size": 36, "color": "--text"}},
                "gauge": {
                    "bar": {"thickness": 1, "line": {"width": 0}},
                    "bgcolor": "--chart-grid",
                    "borderwidth": 0,
                    "axis": {"tickwidth": 0, "nticks": 3},
                },
            }
        ],
    },
}

TICKS: Final = (
    {"dtickrange": [None, 59_999], "value": "%H:%M:%S"},
    {"dtickrange": [60_000, 86_399_999], "value": "%H:%M"},
    {"dtickrange": [86_400_000, None], "value": "%d %b"},
)
"""How times are written by the distance of two ticks; a template can't hold a list of objects."""

_ALONE: Final[dict[str, list[float]]] = {"x": [0, 1], "y": [0, 1]}
_BESIDE: Final = 0.18
_BELOW: Final = 0.26
"""Of the place that a dial has among others, what stays free on either side, for the ends of its scale, and below, for
its name."""
_WIDEST: Final = 20
"""Characters of a dial's name in a line, of which there are two."""

CONFIG: Final[dict[str, Any]] = {
    "displayModeBar": False,
    "responsive": True,
    "plotlyServerURL": "",
    "scrollZoom": False,
    "doubleClick": "reset",
}


@dataclass(frozen=True, slots=True)
class Trace:
    """One line, or one kind of bar.

    Attributes:
        key: what the script knows it by when it adds to it.
        name: what the legend calls it.
        token: its colour: a token like ``--c1``, or ``#rrggbb`` for the same in every theme.
        values: one a time of the chart, None for a gap.
    """

    key: str
    name: str
    token: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Dial:
    """One value on a half circle from one end of `span` to the other; `key`, `name` and `token` are as of `Trace`.

    `written` is Plotly's format of its numbers.
    """

    key: str
    name: str
    token: str
    value: float | None
    span: tuple[float, float]
    unit: str = ""
    written: str = ",.4~g"


def lines(times: Sequence[int], traces: Sequence[Trace], *, unit: str = "", stacked: bool = False) -> dict[str, Any]:
    """Lines over time; stacked ones are filled."""
    from plotly.graph_objs import Scatter  # noqa: PLC0415 - see the module's docstring

    extra: Mapping[str, Any] = {"stackgroup": "all", "line": {"width": 1.5}} if stacked else {}
    drawn = [
        Scatter(
            x=list(times),
            y=list(one.values),
            name=verbatim(one.name),
            meta=_meta(one),
            hovertemplate=hover(unit),
            **extra,
        )
        for one in traces
    ]
    return _figure(drawn, unit)


def bars(
    times: Sequence[int], traces: Sequence[Trace], *, marks: Sequence[Trace] = (), unit: str = ""
) -> dict[str, Any]:
    """Bars over time, stacked upon one another in the order given; `marks` are diamonds, which add to no stack."""
    from plotly.graph_objs import Bar, Scatter  # noqa: PLC0415 - see the module's docstring

    def told(one: Trace) -> dict[str, Any]:
        return {"x": list(times), "y": list(one.values), "name": verbatim(one.name), "meta": _meta(one)}

    drawn = [Bar(**told(one), hovertemplate=hover(unit)) for one in traces]
    diamonds = {"mode": "markers", "marker": {"symbol": "diamond", "size": 8}, "hovertemplate": hover(unit)}
    return _figure([*drawn, *(Scatter(**told(one), **diamonds) for one in marks)], unit)


def dials(ones: Sequence[Dial]) -> dict[str, Any]:
    """Half circles beside and below one another; several bear their names, and only the ends of their scales."""
    from plotly.graph_objs import Indicator  # noqa: PLC0415 - see the module's docstring

    alone = len(ones) == 1
    places = [_ALONE] if alone else _places(len(ones))
    number = {} if alone else {"font": {"size": max(12, 24 - 3 * math.ceil(math.sqrt(len(ones))))}}
    drawn = [
        Indicator(
            value=one.value,
            number={"suffix": one.unit, "valueformat": one.written, **number},
            gauge={"axis": {"range": list(one.span)} if alone else _ends(one)},
            domain=place,
            name=one.name,
            meta=_meta(one),
        )
        for one, place in zip(ones, places, strict=True)
    ]
    sides = 36 if alone else 12
    names = [] if alone else [_below(one.name, place) for one, place in zip(ones, places, strict=True)]
    layout = {"margin": {"l": sides, "r": sides, "t": 32 if alone else 8, "b": 8}, "annotations": names}
    return {"data": [one.to_plotly_json() for one in drawn], "layout": layout}


def _ends(dial: Dial) -> dict[str, Any]:
    return {
        "range": list(dial.span),
        "tickvals": list(dial.span),
        "tickformat": ".3~s" if dial.span[1] >= 1 else ".2~g",
    }


def _places(number: int) -> list[dict[str, list[float]]]:
    """Where each of so many dials stands, as shares of the drawing from its left and from its bottom."""
    columns = max(1, math.ceil(math.sqrt(number)))
    rows = math.ceil(number / columns)
    left, right = _BESIDE, 1 - _BESIDE
    return [
        {
            "x": [(at % columns + left) / columns, (at % columns + right) / columns],
            "y": [(rows - 1 - at // columns + _BELOW) / rows, (rows - 1 - at // columns + 0.98) / rows],
        }
        for at in range(number)
    ]


def _below(name: str, place: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """A dial's name; Plotly would write it across the number where the scale has no ticks above."""
    return {
        "text": "<br>".join(textwrap.wrap(name, _WIDEST, max_lines=2, placeholder=" …", break_long_words=False)),
        "font": {"size": 11},
        "showarrow": False,
        "xref": "paper",
        "yref": "paper",
        "x": sum(place["x"]) / 2,
        "y": place["y"][0],
        "xanchor": "center",
        "yanchor": "top",
    }


def label_axes(figure: dict[str, Any], x: str, y: str) -> dict[str, Any]:
    """The same figure with its axes named, where there are names; they make the room that these take."""
    layout = figure["layout"]
    for axis, label in (("xaxis", x), ("yaxis", y)):
        if label and axis in layout:
            layout[axis] |= {"title": {"text": verbatim(label), "standoff": 8}, "automargin": True}
    return figure


def hover(unit: str) -> str:
    """How a value is written under the mouse, its unit behind it."""
    return "%{y:,.4~g}" + unit


def verbatim(text: str) -> str:
    """As Plotly shows the text itself: it reads some markup, but does not know the entities of quotes."""
    return escape(text, quote=False)


def is_blank(figure: Mapping[str, Any], *, counted: bool) -> bool:
    """Whether there is nothing to draw: nothing was counted, or no state was measured."""
    values = [value for trace in figure["data"] for value in trace["y"]]
    return not any(values) if counted else all(value is None for value in values)


def _figure(drawn: Sequence[Any], unit: str) -> dict[str, Any]:
    layout = {axis: dict(told) for axis, told in _layout(unit).items()}  # callers add to each
    return {"data": [one.to_plotly_json() for one in drawn], "layout": layout}


@lru_cache(maxsize=100)
def _layout(unit: str) -> dict[str, dict[str, Any]]:
    """The axes of all charts of one unit."""
    from plotly.graph_objs import Layout  # noqa: PLC0415 - see the module's docstring

    layout = Layout(xaxis={"type": "date", "tickformatstops": list(TICKS)}, yaxis={"ticksuffix": unit})
    return dict(layout.to_plotly_json())


def _meta(trace: Trace | Dial) -> dict[str, str]:
    return {"key": trace.key, "name": trace.name, "token": trace.token}
