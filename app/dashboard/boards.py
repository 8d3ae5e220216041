"""What a dashboard's page shows: its panels in their places, each with what it says now.

A panel that can't be shown says why in its own place; the others are not touched by it.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import render_template
from werkzeug.datastructures import MultiDict

from app import queries
from app.core.errors import InvalidInput, ScrapewatchError
from app.dashboard import shipped
from app.dashboard.language import gettext, told
from app.dashboard.panels import PANELS
from app.dashboard.panels.base import VARIABLES, Look, View
from app.dashboards.config import Board, Panel, parse
from app.dashboards.grid import Place, beside, settle
from app.services import Services
from app.storage.base_dashboards import Dashboard

log = logging.getLogger(__name__)

AT_FIRST: Final = 16
"""Panels that the server fills before the page is sent; the others are asked for when they are seen."""

MOST_ASKED: Final = 100
LEAST_REFRESH_MS: Final = 1_000
_SIZES: Final[Mapping[str, tuple[int, int]]] = {"chart": (6, 6), "table": (6, 6), "stats": (3, 3), "log": (6, 6)}
_GAUGE: Final = (3, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A panel in its place, with its contents if they were asked for."""

    panel: Panel
    place: Place
    html: str = ""
    chart: Mapping[str, Any] | None = None


def view_of(args: Mapping[str, str], board: Board, now_ms: int) -> View:
    """From where the page is looked at, by its query string.

    Raises:
        InvalidInput: `from`, `to` or a variable can't be used.
    """
    begin, end = queries.span(args, now_ms)
    to_ms = now_ms if end is None else end
    if begin is not None and begin >= to_ms:
        raise InvalidInput("must be before to", field="from")
    for name in VARIABLES:
        if "\x00" in args.get(name, "") or len(args.get(name, "")) > 1_000:
            raise InvalidInput("must be a text of at most 1000 characters", field=name)
    return View(
        now_ms=now_ms,
        from_ms=begin,
        to_ms=to_ms,
        is_live=end is None or args.get("to") == "now",
        variables={name: args[name] for name in VARIABLES if args.get(name)},
        colours=board.colours,
        with_marks=args.get("marks") == "1",
    )


def placed(board: Board) -> list[Placed]:
    """The panels with their places, in the order in which a page is read."""
    settled = _settled({panel.id: panel.place for panel in board.panels if panel.place})
    taken = list(settled.values())
    found = []
    for panel in board.panels:
        place = settled.get(panel.id)
        if place is None:
            place = beside(_size(panel), taken)
            taken.append(place)
        found.append(Placed(panel=panel, place=place))
    return sorted(found, key=lambda one: (one.place.y, one.place.x))


def filled(services: Services, view: View, ones: Iterable[Placed]) -> list[Placed]:
    """The same with their contents; for real threads."""
    return [fill(services, view, one) for one in ones]


def fill(services: Services, view: View, one: Placed) -> Placed:
    """One panel with its contents, or with the reason why it has none."""
    content = _content(Look(panel=one.panel, view=view, services=services))
    html = render_template(f"dashboards/panels/{content['template']}.html", panel=one.panel, **content)
    return Placed(panel=one.panel, place=one.place, html=html.strip(), chart=content.get("chart"))


def renewed(services: Services, board: Board, args: MultiDict[str, str]) -> dict[str, Any]:
    """The panels that ``id`` names, once or several times, as they are now: what a page's script asks for."""
    view = view_of(args, board, services.clock.now_ms())
    wanted = set(args.getlist("id")[:MOST_ASKED])
    found = filled(services, view, [one for one in placed(board) if one.panel.id in wanted])
    return {"now": view.now_ms, "panels": {one.panel.id: {"html": one.html, "chart": one.chart} for one in found}}


def board_of(dashboard: Dashboard) -> Board:
    """The checked configuration of a dashboard, as the page shows it."""
    board = parse(dashboard.config)
    return shipped.titled(board) if dashboard.origin == shipped.ORIGIN else board


def refresh_ms(board: Board) -> int:
    """How long the page waits between two looks; 0 for never."""
    return max(LEAST_REFRESH_MS, round(board.refresh_ms)) if board.refresh_ms else 0


def _content(look: Look) -> dict[str, Any]:
    try:
        return {"template": look.panel.type, **PANELS[look.panel.type](look)}
    except InvalidInput as error:
        return {
            "template": "trouble",
            "field": error.field.removeprefix(f"{look.panel.path}."),
            "detail": told(error.said),
        }
    except ScrapewatchError as error:
        return {"template": "trouble", "field": "", "detail": told(error.said)}
    except Exception:
        log.exception("The panel %s could not be shown", look.panel.id)
        detail = gettext("Something went wrong on the server; its log knows what.")
        return {"template": "trouble", "field": "", "detail": detail}


def _settled(places: Mapping[str, Place]) -> dict[str, Place]:
    ordered = sorted(places.items(), key=lambda pair: (pair[1].y, pair[1].x))
    return dict(zip((name for name, _ in ordered), settle(place for _, place in ordered), strict=True))


def _size(panel: Panel) -> tuple[int, int]:
    return _GAUGE if panel.chart and panel.chart.type == "gauge" and panel.type == "chart" else _SIZES[panel.type]
