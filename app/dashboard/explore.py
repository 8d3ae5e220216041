"""Explore: one metric looked at from all sides, and put on a dashboard once it shows what was looked for."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, render_template, request
from flask_wtf.csrf import generate_csrf

from app.accounts.access import current_principal, require
from app.core.errors import InvalidInput
from app.dashboard import boards, figures
from app.dashboard.language import gettext, told
from app.dashboard.threads import in_thread
from app.dashboard.titles import series_title
from app.dashboard.watching import rule_address
from app.dashboards.config import CHARTS, LONGEST_NAME, Board, parse
from app.metrics import transforms
from app.metrics.catalogue import LABELS, METRICS
from app.metrics.selector import Selector, write
from app.metrics.series import AGGREGATIONS
from app.services import Services
from app.storage.base_series import HOUR_MS

FIRST: Final = "items"
REFRESH_MS: Final = 5_000
MOST_VALUES: Final = 200


def blueprint(services: Services) -> Blueprint:
    """``/explore``."""
    pages = Blueprint("explore", __name__)

    @pages.get("/explore")
    @require("read")
    def explore() -> str:
        content = in_thread(services.runtime, _shown, services)
        content["page"] |= {"csrf": generate_csrf()}
        return render_template("explore/explore.html", may_edit=current_principal().may("operate"), **content)

    @pages.get("/explore/panels")
    @require("read")
    def panels() -> Response:
        return Response(
            msgspec.json.encode(in_thread(services.runtime, _asked, services)), content_type="application/json"
        )

    return pages


def _shown(services: Services) -> dict[str, Any]:
    """All that the page shows; runs in a real thread."""
    config = _config(request.args)
    board, problem = _board(request.args)
    view = boards.view_of(request.args, board, services.clock.now_ms())
    filled = boards.filled(services, view, boards.placed(board))
    name = request.args.get("metric") or FIRST
    return {
        "args": request.args,
        "metric": name,
        "metrics": [*METRICS, *services.reader.names()],
        "help": gettext(row.help) if (row := METRICS.get(name)) and row.help else "",
        "labels": _labels(services, name, view.to_ms - HOUR_MS if view.from_ms is None else view.from_ms),
        "aggregations": AGGREGATIONS,
        "kinds": CHARTS,
        "transforms": {
            key: (row.example, told(row.help).replace("`", "")) for key, row in transforms.TRANSFORMS.items()
        },
        "panels": filled,
        "rule": rule_address(board.panels[0], {}, request.args.get("agg", "")),
        "problem": problem,
        "dashboards": [one for one in services.dashboards.all() if one.origin == "own"],
        "page": {
            "panel": config["layout"]["panels"][0],
            "refresh": REFRESH_MS if view.is_live and not problem else 0,
            "charts": {one.panel.id: one.chart for one in filled if one.chart},
            "chartTemplate": figures.TEMPLATE,
            "chartConfig": figures.CONFIG,
        },
    }


def _board(args: Mapping[str, str]) -> tuple[Board, str]:
    """What was chosen, as far as it can be shown, and what is wrong with it."""
    problem = ""
    try:
        transforms.parse(args.get("transform", ""))  # by itself, so that an error tells the place in its field
    except InvalidInput as error:
        problem, args = told(error.said), {name: value for name, value in args.items() if name != "transform"}
    try:
        return parse(_config(args)), problem
    except InvalidInput as error:
        return parse(_config({})), problem or told(error.said)


def _asked(services: Services) -> dict[str, Any]:
    return boards.renewed(services, parse(_config(request.args)), request.args)


def _config(args: Mapping[str, str]) -> dict[str, Any]:
    """What was chosen, as a dashboard of a chart and a table of the same lines."""
    name = args.get("metric") or FIRST
    counted = name in METRICS and METRICS[name].kind == "counter"
    where = {label: args[label] for label in LABELS if args.get(label)}
    called = series_title(name, where, alone=False)[:LONGEST_NAME]
    steps = [f"groupBy({args['by']})" if args.get("by") else "", args.get("transform", "").strip()]
    data = {"source": "metrics", "query": write(Selector(name, where)), "transform": " | ".join(filter(None, steps))}
    chart = {
        "type": args.get("kind") or "line",
        "data": {"metrics": [], "timeRange": HOUR_MS, "aggregation": args.get("agg") or ("sum" if counted else "avg")},
        "display": {"title": called, "axes": {"x": {"label": ""}, "y": {"label": ""}}, "legend": True},
    }
    panel = {"id": "chart", "type": "chart", "title": called, "data": data, "options": {"chart": chart}}
    return {
        "layout": {
            "panels": [panel, {**panel, "id": "table", "type": "table"}],
            "refresh": REFRESH_MS,
            "grid": {"chart": {"x": 0, "y": 0, "w": 12, "h": 8}, "table": {"x": 0, "y": 8, "w": 12, "h": 5}},
        },
        "theme": {"dark": False, "colors": {}},
    }


def _labels(services: Services, name: str, since_ms: int) -> dict[str, list[str]]:
    """The labels that the metric's series carry, with the values there are since, and what was chosen."""
    known = METRICS[name].labels if name in METRICS else tuple(LABELS)
    found = services.reader.label_values(name, since_ms)
    shown = {
        label: sorted({*sorted(found.get(label, ()))[:MOST_VALUES], request.args.get(label, "")} - {""})
        for label in known
    }
    return {label: values for label, values in shown.items() if values}
