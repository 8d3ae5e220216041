"""Where every page is found, for tests that open them all; a page that is not listed here fails one of them.

A house is told enough for each page to have something to show: jobs in several states, an alert that fires, a notice.
"""

import time
from collections.abc import Mapping
from typing import Any, Final

from app.dashboard.job_tabs import TABS
from tests.e2e.boards import run, send
from tests.e2e.seed import event
from tests.server import Server

JOB: Final = "shop-1"
FAILED: Final = 6
FIRES_S: Final = 30

PAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "overview.overview": ("/",),
    "jobs_page.jobs": ("/jobs", "/jobs?q=status:failed", "/jobs?q=nothing-like-it"),
    "job_page.job": (
        "/jobs/failed-0",
        *(f"/jobs/{JOB}?tab={tab}" for tab in TABS),
    ),
    "history.history": ("/events", "/events?q=nothing-like-it"),
    "history.event": ("/events/1",),
    "alert_pages.alerts": ("/alerts", "/alerts?state=history"),
    "incident_pages.incident": ("/alerts/incidents/1",),
    "rule_pages.listed": ("/alerts/rules",),
    "rule_pages.new": ("/alerts/rules/new",),
    "rule_pages.one": ("/alerts/rules/1",),
    "silence_pages.listed": ("/alerts/silences",),
    "dashboard_pages.all_of_them": ("/dashboards",),
    "dashboard_pages.one": ("/dashboards/overview", "/dashboards/overview?wall=1"),
    "explore.explore": ("/explore", "/explore?query=items"),
    "channel_pages.channels": ("/settings/channels",),
    "channel_pages.new": ("/settings/channels/new?type=slack", "/settings/channels/new?type=email"),
    "channel_pages.one": (),  # there is none without a receiver; its form is that of a new one
    "channel_pages.notices": ("/settings/notices",),
    "status_pages.status": ("/settings/status",),
    "user_pages.users": ("/settings/users",),
    "token_pages.tokens": ("/settings/tokens",),
    "account_pages.account": ("/settings/account",),
    "invitation.form": ("/invitation?name=zoe",),
    "audit_pages.log": ("/settings/audit", "/settings/audit?q=nothing-like-it"),
    "preferences.show": ("/settings/preferences",),
    "style_page.style": ("/settings/style",),
    "reference_pages.documents": ("/api/docs",),
    "reference_pages.shapes": ("/api/docs/shapes",),
    "login.login": ("/login",),
    "kiosk.form": ("/kiosk",),
    "notice_pages.look": ("/notices/1",),
    "notice_pages.ask": ("/notices/1/acknowledge", "/notices/1/silence"),
}
"""Endpoint to the addresses at which it shows what it can show."""

NO_PAGES: Final = frozenset(
    {
        "jobs_page.renewed",
        "assets.static",
        "dashboard_pages.panels",
        "dashboard_pages.hang",
        "explore.panels",
        "incident_pages.words",
    }
)
"""What answers GET beside pages: files, and parts of pages that scripts put into their place."""

OUTSIDE: Final = ("/login", "/kiosk", "/notices/", "/invitation")
"""Where those begin that are for people who are not signed in."""

EMPTY: Final = ("/jobs", "/events", "/alerts?state=acknowledged", "/dashboards/traffic", "/settings/channels")
"""Pages that say so while there is nothing to show."""

MISSING: Final = "/nowhere"


def paths() -> list[str]:
    """Every address, and one at which nothing is."""
    return [*(path for found in PAGES.values() for path in found), MISSING]


def furnish(server: Server, environment: Mapping[str, str]) -> None:
    """Tell the server all that, and wait until the alert fires and its notice is written."""
    failed: list[dict[str, Any]] = [
        event("job_failed", {"error": "blocked by the shop"}, f"failed-{number}") for number in range(FAILED)
    ]
    send(server, environment, *run(5, JOB), *failed, event("log", {"level": "warning", "message": "slow"}, JOB))
    deadline = time.monotonic() + FIRES_S
    while not server.json("/api/v1/notices", token=environment["READ_TOKEN"])["items"]:
        assert time.monotonic() < deadline, "no notice so far"
        time.sleep(0.1)
