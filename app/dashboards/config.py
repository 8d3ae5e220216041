"""A dashboard's configuration: read from outside and checked, field by field.

Its shape is that of the interfaces DashboardConfig, Panel and ChartConfig::

    {"layout": {"panels": [panel, …], "refresh": ms, "grid": {panel id: {"x", "y", "w", "h"}}},
     "theme": {"dark": bool, "colors": {name: "#rrggbb"}}}

    panel: {"id", "type", "title", "data": {"source", "query"?, "transform"?}, "options": {…, "chart": chart}}
    chart: {"type", "data": {"metrics": […], "timeRange": ms, "aggregation"},
            "display": {"title", "axes": {"x": {"label"}, "y": {"label"}}, "legend": bool}}

`grid` is ours and optional. Fields that are not known are left alone: what was imported is what is exported.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.core.errors import InvalidInput
from app.core.shape import (
    a_choice,
    a_colour,
    a_list,
    a_name,
    a_number,
    a_text,
    a_truth,
    a_whole,
    an_object,
    below,
)
from app.dashboards.grid import COLUMNS, MOST_ROWS, TALLEST, Place
from app.metrics.series import AGGREGATIONS
from app.storage.base_series import DAY_MS

TYPES: Final = ("chart", "table", "stats", "log")
SOURCES: Final = ("metrics", "jobs", "events", "alerts")
CHARTS: Final = ("line", "bar", "gauge")

MOST_PANELS: Final = 100
MOST_METRICS: Final = 20
MOST_COLOURS: Final = 200
LONGEST_NAME: Final = 200
LONGEST_ID: Final = 100
LONGEST_QUERY: Final = 2_000
LEAST_RANGE_MS: Final = 1_000
GREATEST_RANGE_MS: Final = 3_660 * DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A ChartConfig.

    Attributes:
        metrics: names, or selectors with labels.
        range_ms: how far back it looks unless the page says otherwise.
    """

    type: str
    metrics: tuple[str, ...]
    range_ms: int
    aggregation: str
    title: str = ""
    x_label: str = ""
    y_label: str = ""
    legend: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A panel; `path` is where it stands in the configuration, for errors; `place` is None where none is given."""

    id: str
    type: str
    title: str
    source: str
    path: str
    query: str = ""
    transform: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    chart: Chart | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What a configuration says; `refresh_ms` 0 is never."""

    panels: tuple[Panel, ...]
    refresh_ms: float
    dark: bool
    colours: Mapping[str, str]


def parse(config: Mapping[str, Any]) -> Board:
    """What `config` says.

    Raises:
        InvalidInput: naming the first field that can't be what it is.
    """
    layout = an_object(config.get("layout"), "layout")
    theme = an_object(config.get("theme"), "theme")
    places = _grid(layout.get("grid", {}))
    panels = tuple(
        _panel(panel, f"layout.panels[{at}]", places)
        for at, panel in enumerate(a_list(layout.get("panels"), "layout.panels", MOST_PANELS))
    )
    _require_unique(panels)
    return Board(
        panels=panels,
        refresh_ms=a_number(layout.get("refresh"), "layout.refresh", 0, DAY_MS),
        dark=a_truth(theme.get("dark"), "theme.dark"),
        colours=_colours(theme.get("colors")),
    )


def _panel(value: object, path: str, places: Mapping[str, Place]) -> Panel:
    panel = an_object(value, path)
    data = an_object(panel.get("data"), below(path, "data"))
    options = an_object(panel.get("options"), below(path, "options"))
    name = a_name(panel.get("id"), below(path, "id"), LONGEST_ID)
    kind = a_choice(panel.get("type"), below(path, "type"), TYPES)
    chart = options.get("chart")
    return Panel(
        id=name,
        type=kind,
        title=a_text(panel.get("title"), below(path, "title"), LONGEST_NAME),
        source=a_choice(data.get("source"), below(path, "data.source"), SOURCES),
        query=a_text(data.get("query", ""), below(path, "data.query"), LONGEST_QUERY),
        transform=a_text(data.get("transform", ""), below(path, "data.transform"), LONGEST_QUERY),
        options=options,
        chart=_chart(chart, below(path, "options.chart")) if kind == "chart" or chart is not None else None,
        place=places.get(name),
        path=path,
    )


def _chart(value: object, path: str) -> Chart:
    chart = an_object(value, path)
    data = an_object(chart.get("data"), below(path, "data"))
    display = an_object(chart.get("display"), below(path, "display"))
    axes = an_object(display.get("axes"), below(path, "display.axes"))
    metrics = a_list(data.get("metrics"), below(path, "data.metrics"), MOST_METRICS)
    return Chart(
        type=a_choice(chart.get("type"), below(path, "type"), CHARTS),
        metrics=tuple(
            a_text(metric, below(path, f"data.metrics[{at}]"), LONGEST_QUERY, 1) for at, metric in enumerate(metrics)
        ),
        range_ms=round(
            a_number(data.get("timeRange"), below(path, "data.timeRange"), LEAST_RANGE_MS, GREATEST_RANGE_MS)
        ),
        aggregation=a_choice(data.get("aggregation"), below(path, "data.aggregation"), AGGREGATIONS),
        title=a_text(display.get("title"), below(path, "display.title"), LONGEST_NAME),
        x_label=_label(axes, "x", below(path, "display.axes")),
        y_label=_label(axes, "y", below(path, "display.axes")),
        legend=a_truth(display.get("legend"), below(path, "display.legend")),
    )


def _label(axes: Mapping[str, Any], name: str, path: str) -> str:
    axis = an_object(axes.get(name), below(path, name))
    return a_text(axis.get("label"), below(path, f"{name}.label"), LONGEST_NAME)


def _grid(value: object) -> dict[str, Place]:
    grid = an_object(value, "layout.grid")
    if len(grid) > MOST_PANELS:
        raise InvalidInput("must hold at most %(most)s", most=MOST_PANELS, field="layout.grid")
    return {name: _place(place, f"layout.grid.{name}") for name, place in grid.items()}


def _place(value: object, path: str) -> Place:
    place = an_object(value, path)
    x = a_whole(place.get("x"), below(path, "x"), 0, COLUMNS - 1)
    return Place(
        x=x,
        y=a_whole(place.get("y"), below(path, "y"), 0, MOST_ROWS),
        w=a_whole(place.get("w"), below(path, "w"), 1, COLUMNS - x),
        h=a_whole(place.get("h"), below(path, "h"), 1, TALLEST),
    )


def _colours(value: object) -> dict[str, str]:
    colours = an_object(value, "theme.colors")
    if len(colours) > MOST_COLOURS:
        raise InvalidInput("must hold at most %(most)s", most=MOST_COLOURS, field="theme.colors")
    return {
        a_text(name, "theme.colors", LONGEST_NAME): a_colour(colour, f"theme.colors.{name}")
        for name, colour in colours.items()
    }


def _require_unique(panels: tuple[Panel, ...]) -> None:
    seen: set[str] = set()
    for panel in panels:
        if panel.id in seen:
            raise InvalidInput("%(id)r is the id of another panel, too", id=panel.id, field=below(panel.path, "id"))
        seen.add(panel.id)
