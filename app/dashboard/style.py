"""The living style page: every element of the pages in every state, of the macros and style sheets that pages use.

It is there in development alone, for admins: change a token or a macro, then look here first. What it shows is made up.
"""

import re
from typing import Any, Final

from flask import Blueprint, Flask, render_template, request
from flask_login import current_user

from app.accounts.access import require
from app.accounts.roles import ADMIN
from app.dashboard import tokens
from app.dashboard.assets import asset
from app.dashboard.job_cells import pace, strip_of
from app.dashboard.language import gettext
from app.dashboard.links import Chip, Query
from app.dashboard.sparks import RUNS
from app.dashboard.wording import SEVERITIES, STATUSES
from app.jobs.view import detailed_json
from app.services import Services
from app.storage.base import Job

MINUTE_MS: Final = 60_000
TOTAL: Final = 1_200
PAST: Final = {3: "failed", 4: "lost", 11: "cancelled"}
"""How some of the last runs ended; the others were completed."""
WITHOUT_TOTAL: Final = frozenset({"cancelled"})
OVER: Final = frozenset({"failed", "completed", "cancelled"})


def blueprint(services: Services) -> Blueprint:
    """``/settings/style``, in development; elsewhere there is no such page."""
    pages = Blueprint("style_page", __name__)
    if not services.settings.in_development:
        return pages

    @pages.get("/settings/style")
    @require(ADMIN)
    def style() -> str:
        held = tokens.tokens()
        now_ms = services.clock.now_ms()
        rows = [_row(status, place, now_ms) for place, status in enumerate(STATUSES)]
        return render_template(
            "settings/style.html",
            sizes=_named(held, "text-", "rem"),
            spaces=_named(held, "s-", "rem"),
            colours=tokens.colours(),
            promises={promise.front: (promise, *tokens.least(promise)) for promise in tokens.PROMISES},
            icons=icons(),
            rows=rows,
            paces=[pace(row["pace"], row["job"]["itemsPerSecond"]) for row in rows if row["pace"]],
            strip=strip_of(rows[0]["spider"], rows[0]["runs"], {name: str(word) for name, word in STATUSES.items()}),
            events=[{"level": level, "text": text} for level, text in zip(SEVERITIES, LINES, strict=True)],
            connections=_connections(),
            query=Query("/jobs", request.args, ()),
            chips=[Chip("status", "failed", "#chips"), Chip("source", "ebay.com", "#chips")],
        )

    return pages


def install(app: Flask, services: Services) -> None:
    """Let the tabs of the settings know for whom the page is there."""
    app.jinja_env.globals["has_style_page"] = lambda: (
        services.settings.in_development and current_user.is_authenticated and current_user.principal.may(ADMIN)
    )


PACE: Final = 4.6 / MINUTE_MS
"""Of the one that runs, lately: twice what it was before, so that its end is between two times."""
LINES: Final = (
    "Crawled (200) <GET https://ebay.com/p/1>",
    "Opened the spider",
    "Retrying <GET https://ebay.com/p/7>, 429",
    "no price on page 12",
    "403 from every proxy",
)
"""A line of log for each level."""


def icons() -> list[str]:
    """The names of all symbols."""
    sprite = asset("icons.svg")
    return re.findall(r'<symbol id="([\w-]+)"', sprite.body.decode()) if sprite else []


def _connections() -> dict[str, str]:
    """States of the chip in the bezel, as static/js/connection.js tells them."""
    return {
        "live": gettext("Live"),
        "polling": gettext("Live, polling"),
        "catching-up": gettext("Catching up"),
        "connecting": gettext("Connecting"),
        "stale": gettext("Stale since {time}").format(time="14:27"),
        "signed-out": gettext("Signed out"),
        "offline": gettext("No network"),
    }


def _named(held: dict[str, str], prefix: str, unit: str) -> dict[str, str]:
    """The tokens whose names begin so and whose values are lengths."""
    return {name: value for name, value in held.items() if name.startswith(prefix) and value.endswith(unit)}


def _row(status: str, place: int, now_ms: int) -> dict[str, Any]:
    """A job of that state, as `job_rows.rows` gives it."""
    waits, over = status == "queued", status in OVER
    done = 0 if waits else TOTAL if status == "completed" else 180 * place + 90
    job = Job(
        id=f"ebay-2026-11-28-{place:04d}",
        sender_id=1,
        created_at=now_ms - 40 * MINUTE_MS,
        source="ebay.com",
        query="vintage cards",
        tags=["nightly", "eu"],
        status=status,
        done=None if waits or status in WITHOUT_TOTAL else done,
        total=None if status in WITHOUT_TOTAL else TOTAL,
        unit="pages",
        items=done * 3,
        errors=12 if status == "failed" else 0,
        started_at=None if waits else now_ms - 40 * MINUTE_MS,
        finished_at=now_ms - 5 * MINUTE_MS if over else None,
        duration=35 * MINUTE_MS if over else None,
        last_event_at=now_ms - place * MINUTE_MS,
    )
    works = status in {"running", "stalled"}
    return {
        "job": detailed_json(job, 2.4 if status == "running" else 0.0, PACE if status == "running" else None, now_ms),
        "key": place + 1,
        "pace": [2.0 + (step * 7 % 5) / 4 if status == "running" else 0.0 for step in range(RUNS)] if works else None,
        "recent": (3 if status == "stalled" else 0) if works else None,
        "success": None if waits else 0.71 if status == "failed" else 0.998,
        "alerts": {"firing": int(status == "failed"), "acknowledged": int(status == "stalled"), "path": "/alerts"},
        "runs": []
        if place
        else [*((PAST.get(step, "completed"), 900 + 150 * (step % 3)) for step in range(24)), (status, 400)],
        "spider": "ebay.com: vintage cards",
        "late": status == "stalled",
    }
