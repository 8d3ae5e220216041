"""Alerts: what fires now, and what did."""

from typing import Any, Final

from flask import Blueprint, render_template, request

from app import queries
from app.accounts.access import require
from app.alerts.rules import Rule
from app.alerts.service import OPEN, Alerts, incident_json
from app.alerts.wording import message
from app.dashboard.links import Query
from app.services import Services
from app.storage.base_alerts import Incident, IncidentFilter

PAGE_ROWS: Final = 50


def blueprint(services: Services) -> Blueprint:
    """``/alerts``."""
    pages = Blueprint("alert_pages", __name__)

    @pages.get("/alerts")
    @require("read")
    def alerts() -> str:
        query = Query("/alerts", request.args, ("next",))
        content = services.runtime.call(_content, services.alerts, queries.before(query.args, queries.GREATEST_ID))
        return render_template("alerts/alerts.html", query=query, **content)

    return pages


def firing_names(alerts: Alerts) -> list[str]:
    """The rules that fire and that nobody has acknowledged."""
    return [incident.rule for incident in alerts.incidents(IncidentFilter(states=("firing",)))]


def latest(alerts: Alerts, limit: int) -> list[dict[str, Any]]:
    """The newest incidents as a page shows them."""
    return _shown(alerts.incidents(limit=limit), alerts.list_rules())


def _content(alerts: Alerts, before: int | None) -> dict[str, Any]:
    rules = alerts.list_rules()
    over = alerts.incidents(IncidentFilter(states=("resolved",)), before=before, limit=PAGE_ROWS)
    return {
        "open": _shown(alerts.incidents(IncidentFilter(states=OPEN)), rules),
        "over": _shown(over, rules),
        "rules": rules,
        "next": queries.next_page([incident.id for incident in over], PAGE_ROWS),
    }


def _shown(incidents: list[Incident], rules: list[Rule]) -> list[dict[str, Any]]:
    """The API's objects, each with the sentence that says what is wrong."""
    by_id = {rule.id: rule for rule in rules}
    return [{**incident_json(one), "sentence": _sentence(one, by_id.get(one.rule_id))} for one in incidents]


def _sentence(incident: Incident, rule: Rule | None) -> str:
    return message(rule, "firing", incident.peak) if rule else ""
