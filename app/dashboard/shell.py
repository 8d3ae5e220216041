"""What all pages share: the frame around them, their headers, words and error pages. The factory calls `register`."""

from typing import Any, Final

from flask import Flask, g, request
from flask_babel import get_locale, lazy_gettext
from flask_login import current_user

from app.alerts.standing import LATE_MS
from app.core.clock import rfc3339
from app.dashboard import (
    account,
    alerts,
    assets,
    audit,
    bezel,
    channels,
    dashboards,
    events,
    explore,
    figures,
    filters,
    first,
    incidents,
    invitation,
    job,
    job_cells,
    jobs,
    kiosk,
    language,
    notices,
    overview,
    pieces,
    preferences,
    rule_pages,
    security,
    silence_pages,
    status,
    style,
    token_pages,
    users,
    views,
    zones,
)
from app.dashboard.wording import SEVERITIES, STATUSES
from app.dashboard.words import sentences
from app.services import Services

PAGES: Final = (
    assets.blueprint,
    overview.blueprint,
    jobs.blueprint,
    job.blueprint,
    events.blueprint,
    alerts.blueprint,
    incidents.blueprint,
    rule_pages.blueprint,
    silence_pages.blueprint,
    dashboards.blueprint,
    explore.blueprint,
    kiosk.blueprint,
    status.blueprint,
    channels.blueprint,
    notices.blueprint,
    users.blueprint,
    token_pages.blueprint,
    account.blueprint,
    invitation.blueprint,
    audit.blueprint,
    preferences.blueprint,
    style.blueprint,
    views.blueprint,
)
"""One row a page group."""

TROUBLES: Final = {
    "storage_full": lazy_gettext("The store is full: events wait with their senders."),
    "storage_down": lazy_gettext("The store can't be reached: events wait with their senders."),
    "busy": lazy_gettext("Events come faster than they can be stored: their senders wait."),
}
"""Why nothing new may come in, in words; every page says so."""

OF_ALERTS: Final = ("overview", "alert_pages", "incident_pages")
"""Blueprints whose pages show what the bezel counts."""


def register(app: Flask, services: Services) -> None:
    """Register every page of the dashboard and what they need."""
    language.install(app)
    filters.install(app)
    job_cells.install(app)
    security.install(app)
    style.install(app, services)
    pieces.install(app)
    pages = [page(services) for page in PAGES]
    for each in pages:
        app.register_blueprint(each)
    first.install(app, services.way, {each.name for each in pages})
    for name in OF_ALERTS:
        app.before_request_funcs.setdefault(name, []).append(lambda: _look_first(services))
    app.jinja_env.globals.update(
        may=lambda permission: current_user.is_authenticated and current_user.may(permission),
        static_url=assets.static_url,
        module=assets.module,
        integrity=assets.integrity,
        statuses=STATUSES,
        severities=SEVERITIES,
        chart_template=figures.TEMPLATE,
        chart_config=figures.CONFIG,
    )

    @app.context_processor
    def frame() -> dict[str, Any]:
        return {
            "language": str(get_locale()),
            "theme": preferences.theme(services.settings.dashboard_theme),
            "density": preferences.density(),
            "zone": zones.label(zones.current()),
            "languages": language.NAMES,
            "user_name": current_user.principal.name if current_user and current_user.is_authenticated else None,
            "trouble": lambda: TROUBLES.get(services.status.trouble()),
            "shell": lambda: g.get("shell") or shell_block(services),
            "now": rfc3339(services.clock.now_ms()),
        }


def shell_block(services: Services) -> dict[str, Any]:
    """What scripts need on every page."""
    since, standing, broken = bezel.seen(services)
    return {
        "socket": {
            "path": services.settings.websocket_path,
            "transports": list(services.settings.websocket_transports),
        },
        "now": services.clock.now_ms(),
        "locale": str(get_locale()).replace("_", "-"),
        "zone": zones.chosen(),
        "words": sentences(),
        "statuses": {name: str(word) for name, word in STATUSES.items()},
        "severities": {name: str(word) for name, word in SEVERITIES.items()},
        "since": since,
        "alerts": standing.json(),
        "lateFromMs": max(standing.evaluated_at or 0, services.status.began_ms) + LATE_MS,
        "lateAfterMs": LATE_MS,
        "broken": broken,
        "favicons": {"quiet": assets.static_url("favicon.svg"), "alert": assets.static_url("favicon-alert.svg")},
    }


def _look_first(services: Services) -> None:
    """Count before the page itself is made, so that what changes in between is heard of twice, not never."""
    if request.method == "GET":
        g.shell = shell_block(services)
