"""Dashboards: the list, and each as a page that stays up to date."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from app.accounts.access import current_actor, current_principal, require
from app.accounts.actors import Actor
from app.audited import DASHBOARD
from app.core.errors import NotFound, ScrapewatchError
from app.core.shape import decode
from app.dashboard import boards, figures, shipped, wall
from app.dashboard.boards import Placed
from app.dashboard.links import Query
from app.dashboard.panels.base import VARIABLES, View
from app.dashboard.threads import in_thread
from app.dashboard.watching import rule_address
from app.dashboards.config import CHARTS, SOURCES, TYPES, Board, parse
from app.dashboards.service import dashboard_json
from app.metrics.catalogue import METRICS
from app.metrics.points import spider_of
from app.metrics.series import AGGREGATIONS
from app.services import Services
from app.storage.base import JobFilter
from app.storage.base_dashboards import Dashboard

RANGES: Final = ("-15m", "-1h", "-6h", "-24h", "-7d", "-30d")
NAMES: Final = ("from", "to", "marks", *VARIABLES)
RECENT: Final = 300


def blueprint(services: Services) -> Blueprint:
    """``/dashboards``."""
    pages = Blueprint("dashboard_pages", __name__)

    @pages.get("/dashboards")
    @require("read")
    def all_of_them() -> str:
        content = in_thread(services.runtime, _listed, services, current_principal().user_id)
        content |= {"may_edit": current_principal().may("operate"), "every": wall.EVERY_S}
        return render_template("dashboards/list.html", **content, page=_session())

    wall.add_route(pages)

    @pages.get("/dashboards/<dashboard_id>")
    @require("read")
    def one(dashboard_id: str) -> ResponseReturnValue:
        try:
            content = in_thread(services.runtime, _shown, services, dashboard_id)
        except NotFound:
            there = {known.id for known in services.runtime.call(services.dashboards.all)}
            onward = wall.onward(request.args, dashboard_id, NAMES, there)
            if onward is None:
                raise
            return redirect(onward)
        content["page"] |= _session()
        return render_template("dashboards/dashboard.html", **content)

    @pages.get("/dashboards/<dashboard_id>/panels")
    @require("read")
    def panels(dashboard_id: str) -> Response:
        answer = in_thread(services.runtime, _asked, services, dashboard_id)
        return Response(msgspec.json.encode(answer), content_type="application/json")

    @pages.post("/dashboards/<dashboard_id>/clone")
    @require("operate")
    def clone(dashboard_id: str) -> Response:
        made = in_thread(services.runtime, _cloned, services, current_actor(), dashboard_id)
        return Response(msgspec.json.encode({"id": made.id}), 201, content_type="application/json")

    _add_drafts(pages, services)
    return pages


def _add_drafts(pages: Blueprint, services: Services) -> None:
    """A dashboard that is being edited, looked at before it is saved: nothing is stored here."""

    @pages.post("/dashboards/<dashboard_id>/panels")
    @require("operate")
    def drafted(dashboard_id: str) -> Response:
        services.runtime.call(services.dashboards.get, dashboard_id)
        board = parse(decode(request.get_data()))
        answer = in_thread(services.runtime, boards.renewed, services, board, request.args)
        return Response(msgspec.json.encode(answer), content_type="application/json")

    @pages.post("/dashboards/<dashboard_id>/check")
    @require("operate")
    def check(dashboard_id: str) -> Response:
        services.runtime.call(services.dashboards.draft, dashboard_id, decode(request.get_data()))
        return Response(status=204)


def _listed(services: Services, user: int | None) -> dict[str, Any]:
    """Every dashboard with its number of panels; one that can't be read any more has None."""
    home = services.dashboards.home(user) if user is not None else None
    return {"dashboards": [(shipped.named(one), _panel_count(one)) for one in services.dashboards.all()], "home": home}


def _panel_count(dashboard: Dashboard) -> int | None:
    try:
        return len(parse(dashboard.config).panels)
    except ScrapewatchError:
        return None


def _shown(services: Services, dashboard_id: str) -> dict[str, Any]:
    """All that the page shows; runs in a real thread."""
    dashboard = services.dashboards.get(dashboard_id)
    board = boards.board_of(dashboard)
    view = boards.view_of(request.args, board, services.clock.now_ms())
    ordered = boards.placed(board)
    filled = [*boards.filled(services, view, ordered[: boards.AT_FIRST]), *ordered[boards.AT_FIRST :]]
    return {
        "dashboard": shipped.named(dashboard),
        "board": board,
        "query": Query(f"/dashboards/{dashboard_id}", request.args, NAMES),
        "ranges": RANGES,
        "panels": filled,
        "rules": {one.panel.id: rule_address(one.panel, view.variables) for one in filled if one.panel.type == "chart"},
        "wall": wall.is_wall(request.args),
        "choices": _choices(services),
        "vocabulary": {
            "types": TYPES,
            "sources": SOURCES,
            "charts": CHARTS,
            "aggregations": AGGREGATIONS,
            "metrics": tuple(METRICS),
            "counters": {name for name, metric in METRICS.items() if metric.kind == "counter"},
        },
        "may_edit": current_principal().may("operate"),
        "page": _for_script(dashboard, board, view, filled),
    }


def _for_script(dashboard: Dashboard, board: Board, view: View, filled: list[Placed]) -> dict[str, Any]:
    return {
        "dashboard": dashboard_json(dashboard),
        "version": dashboard.version,
        "refresh": boards.refresh_ms(board) if view.is_live else 0,
        "places": {one.panel.id: [one.place.x, one.place.y, one.place.w, one.place.h] for one in filled},
        "charts": {one.panel.id: one.chart for one in filled if one.chart},
        "empty": [one.panel.id for one in filled if not one.html],
        "chartTemplate": figures.TEMPLATE,
        "chartConfig": figures.CONFIG,
        "wall": wall.turns(request.args, dashboard.id, NAMES),
    }


def _session() -> dict[str, Any]:
    return {"csrf": generate_csrf()}


def _asked(services: Services, dashboard_id: str) -> dict[str, Any]:
    return boards.renewed(services, boards.board_of(services.dashboards.get(dashboard_id)), request.args)


def _cloned(services: Services, actor: Actor, dashboard_id: str) -> Dashboard:
    shown = shipped.as_shown(services.dashboards.get(dashboard_id))
    return services.audit.made(actor, DASHBOARD, lambda: services.dashboards.copy(shown))


def _choices(services: Services) -> Mapping[str, list[str]]:
    """What the page's variables may be, by the newest jobs."""
    recent = services.events.jobs(JobFilter(), limit=RECENT)
    return {
        "source": sorted({job.source for job in recent if job.source}),
        "spider": sorted({spider_of(job) for job in recent if job.source}),
        "job": [job.id for job in recent[:50]],
    }
