"""Dashboards in the shapes DashboardConfig, Panel and ChartConfig."""

from collections.abc import Iterable
from typing import Any, Final

from app.dashboards import config
from app.dashboards.grid import COLUMNS, MOST_ROWS, TALLEST
from app.metrics.series import AGGREGATIONS
from app.reference.openapi.operation import CHANGED, DONE, ETAG, IF_MATCH, JSON, TAKEN, Body, Operation, Part, told
from app.reference.shapes import (
    TEXT,
    TRUTH,
    Fields,
    Schema,
    about,
    by_name,
    listed,
    loose,
    maybe,
    number,
    one_of,
    page_of,
    ref,
    text,
    thing,
    whole,
)
from app.storage.base_series import DAY_MS


def _kept(fields: Fields, optional: Iterable[str] = ()) -> Schema:
    """What is not known is kept."""
    return loose(thing(fields, optional))


_NAME: Final = text(1, config.LONGEST_NAME)
_TITLE: Final = text(most=config.LONGEST_NAME)
_QUERY: Final = text(most=config.LONGEST_QUERY)
_AXIS: Final = _kept({"label": _TITLE})
_CHART: Final[Schema] = _kept(
    {
        "type": one_of(config.CHARTS),
        "data": _kept(
            {
                "metrics": listed(text(1, config.LONGEST_QUERY), most=config.MOST_METRICS),
                "timeRange": about(number(config.LEAST_RANGE_MS, config.GREATEST_RANGE_MS), "ms"),
                "aggregation": one_of(AGGREGATIONS),
            }
        ),
        "display": _kept({"title": _TITLE, "axes": _kept({"x": _AXIS, "y": _AXIS}), "legend": TRUTH}),
    }
)
_PANEL: Final[Schema] = _kept(
    {
        "id": text(1, config.LONGEST_ID),
        "type": one_of(config.TYPES),
        "title": _TITLE,
        "data": _kept(
            {"source": one_of(config.SOURCES), "query": _QUERY, "transform": _QUERY}, optional=("query", "transform")
        ),
        "options": about(
            loose({"type": "object", "properties": {"chart": maybe(ref("Chart"))}}),
            "yours to name; a chart must have `chart`",
        ),
    }
)
_PLACE: Final[Schema] = _kept(
    {"x": whole(0, COLUMNS - 1), "y": whole(0, MOST_ROWS), "w": whole(1, COLUMNS), "h": whole(1, TALLEST)}
)
_CONFIG: Final = {
    "layout": _kept(
        {
            "panels": listed(ref("Panel"), most=config.MOST_PANELS),
            "refresh": about(number(0, DAY_MS), "ms; 0 is never"),
            "grid": about(by_name(ref("Place"), most=config.MOST_PANELS), "where panels stand, by their ids"),
        },
        optional=("grid",),
    ),
    "theme": _kept(
        {
            "dark": TRUTH,
            "colors": by_name({"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"}, most=config.MOST_COLOURS),
        }
    ),
}
_SENT: Final[Schema] = _kept({"name": _NAME, **_CONFIG}, optional=("name",))
_SHOWN: Final[Schema] = _kept({"id": TEXT, "name": _NAME, **_CONFIG})
EXAMPLE: Final[dict[str, Any]] = {
    "name": "Cards",
    "layout": {
        "panels": [
            {
                "id": "failures",
                "type": "table",
                "title": "Failed",
                "data": {"source": "jobs", "query": "status:failed"},
                "options": {},
            }
        ],
        "refresh": 5_000,
    },
    "theme": {"dark": True, "colors": {}},
}
_BODY: Final = Body(
    about="The dashboard; fields that are not known are kept.", content={JSON: ref("DashboardConfig")}, example=EXAMPLE
)
_PATH: Final = {"dashboardId": "overview"}

PART: Final = Part(
    name="Dashboards",
    about="Your own and those that came along; the latter can be cloned, not changed.",
    operations={
        "GET /api/v1/dashboards": Operation(
            summary="List dashboards", answers={200: told("All of them.", page_of(ref("Dashboard")))}
        ),
        "POST /api/v1/dashboards": Operation(
            summary="Make a dashboard",
            body=_BODY,
            answers={201: told("It, with its id.", ref("Dashboard"), headers=ETAG)},
            refuses={409: TAKEN},
        ),
        "GET /api/v1/dashboards/{dashboardId}": Operation(
            summary="Read a dashboard", path=_PATH, answers={200: told("It.", ref("Dashboard"), headers=ETAG)}
        ),
        "PUT /api/v1/dashboards/{dashboardId}": Operation(
            summary="Replace a dashboard",
            about="Without a name it keeps the one it has.",
            path={"dashboardId": "1"},
            parameters=(IF_MATCH,),
            body=_BODY,
            answers={200: told("It, as it is now.", ref("Dashboard"), headers=ETAG)},
            refuses={409: f"{CHANGED} Or it came along."},
        ),
        "DELETE /api/v1/dashboards/{dashboardId}": Operation(
            summary="Delete a dashboard", path={"dashboardId": "1"}, answers=DONE, refuses={409: "It came along."}
        ),
        "POST /api/v1/dashboards/{dashboardId}/clone": Operation(
            summary="Copy a dashboard",
            path=_PATH,
            body=Body(
                about="What the copy is called; a free name is found otherwise.",
                content={JSON: _kept({"name": _NAME}, optional=("name",))},
                example={"name": "Mine"},
                is_required=False,
            ),
            answers={201: told("The copy.", ref("Dashboard"), headers=ETAG)},
            refuses={409: TAKEN},
        ),
        "PUT /api/v1/dashboards/{dashboardId}/home": Operation(
            summary="Begin with this dashboard", about="For users; a token begins with none.", path=_PATH, answers=DONE
        ),
        "DELETE /api/v1/dashboards/{dashboardId}/home": Operation(
            summary="Begin with the overview again", path=_PATH, answers=DONE
        ),
    },
    schemas={
        "Dashboard": _SHOWN,
        "DashboardConfig": _SENT,
        "Panel": _PANEL,
        "Chart": _CHART,
        "Place": _PLACE,
    },
)
