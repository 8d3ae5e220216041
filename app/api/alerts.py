"""``/api/v1/alerts``: the rules, their incidents, and the word that somebody looks after one."""

from flask import Blueprint, Response, request

from app.accounts.access import current_principal, require
from app.alerts.rules import rule_json
from app.alerts.service import incident_json
from app.api.answers import answer
from app.core.errors import InvalidInput
from app.ingest.decode import BAD_TEXT
from app.queries import GREATEST_ID, before, limit, next_page
from app.services import Services
from app.storage.base_alerts import IncidentFilter


def blueprint(services: Services) -> Blueprint:
    """Reads for everyone who may read, acknowledgement for operators."""
    alerts = Blueprint("alerts", __name__, url_prefix="/api/v1/alerts")
    call, kept = services.runtime.call, services.alerts

    @alerts.get("/rules")
    @require("read")
    def rules() -> Response:
        return answer({"items": [rule_json(rule) for rule in call(kept.list_rules)], "next": None})

    @alerts.get("/incidents")
    @require("read")
    def incidents() -> Response:
        states = tuple(state for state in request.args.get("state", "").split(",") if state)
        size = limit(request.args)
        found = call(
            kept.incidents, IncidentFilter(states=states), before=before(request.args, GREATEST_ID), limit=size
        )
        numbers = [incident.id for incident in found]
        return answer({"items": [incident_json(incident) for incident in found], "next": next_page(numbers, size)})

    @alerts.post(f"/incidents/<int(max={GREATEST_ID}):incident_id>/ack")
    @require("operate")
    def acknowledge(incident_id: int) -> Response:
        acked = call(kept.acknowledge, incident_id, current_principal().name, _note())
        return answer(incident_json(acked))

    return alerts


def _note() -> str | None:
    """The optional ``{"note": …}``."""
    body = request.get_json(silent=True) if request.data else {}
    if not isinstance(body, dict):
        raise InvalidInput("must be an object")
    note = body.get("note")
    if note is not None and (not isinstance(note, str) or BAD_TEXT.search(note)):
        raise InvalidInput("must be a text without NUL and half surrogates", field="note")
    return note
