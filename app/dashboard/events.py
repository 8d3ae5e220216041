"""The history: every event kept, by job, type, level, text and time; exported with exactly those filters."""

import json
from typing import Any, Final

from flask import Blueprint, render_template, request

from app import queries
from app.accounts.access import require
from app.dashboard.language import gettext
from app.dashboard.links import Query
from app.dashboard.wording import shown
from app.services import Services
from scrapewatch.events import EVENTS, LEVELS

PAGE_ROWS: Final = 50
NAMES: Final = ("job", "type", "level", "q", "from", "to", "next")
RANGES: Final = ("-15m", "-1h", "-24h", "-7d")


def blueprint(services: Services) -> Blueprint:
    """``/events``."""
    pages = Blueprint("history", __name__)

    @pages.get("/events")
    @require("read")
    def history() -> str:
        query = Query("/events", request.args, NAMES)
        wanted = queries.event_filter(query.args, services.clock.now_ms())
        before = queries.before(query.args)
        found = services.runtime.call(services.events.events, wanted, before=before, limit=PAGE_ROWS)
        return render_template(
            "events/history.html",
            query=query,
            events=[{**shown(event), "whole": _whole(shown(event))} for event in found],
            next=queries.next_page([event.cursor for event in found], PAGE_ROWS),
            types=tuple(EVENTS),
            levels=LEVELS,
            ranges=RANGES,
            chips=query.chips(_labels()),
        )

    return pages


def _labels() -> dict[str, str]:
    return {
        "job": gettext("job"),
        "type": gettext("type"),
        "level": gettext("level from"),
        "q": gettext("text"),
        "from": gettext("from"),
        "to": gettext("to"),
    }


def _whole(event: dict[str, Any]) -> str:
    """The event as the API gives it, indented for reading."""
    kept = {name: value for name, value in event.items() if name not in {"level", "headline"}}
    return json.dumps(kept, indent=2, ensure_ascii=False)
