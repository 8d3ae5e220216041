"""``/api/v1/alerts``: rules, what they found, who looks after it, and what is to be quiet."""

from typing import Any

from flask import Blueprint, Response, request

from app.accounts.access import current_actor, require
from app.alerts.shapes import entry_json, incident_json, instance_json
from app.api import rules, silences
from app.api.answers import NUMBER, answer
from app.audited import acknowledged
from app.core.errors import InvalidInput
from app.core.shape import a_text, an_object
from app.ingest.decode import decode_leniently
from app.queries import GREATEST_ID, before, limit, moment, next_page
from app.services import Services
from app.storage.base_alerts import IncidentFilter


def blueprint(services: Services) -> Blueprint:
    """Reads for everyone who may read, acknowledgement for operators."""
    alerts = Blueprint("alerts", __name__, url_prefix="/api/v1/alerts")
    call, kept = services.runtime.call, services.alerts

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

    @alerts.get(f"/incidents/<{NUMBER}:incident_id>")
    @require("read")
    def incident(incident_id: int) -> Response:
        return answer(call(_incident, services, incident_id))

    @alerts.post(f"/incidents/<{NUMBER}:incident_id>/ack")
    @require("operate")
    def acknowledge(incident_id: int) -> Response:
        note, until = _acknowledgement(services.clock.now_ms())
        return answer(incident_json(call(acknowledged, services, current_actor(), incident_id, note, until)))

    @alerts.get("/instances")
    @require("read")
    def instances() -> Response:
        return answer(call(_instances, services))

    for part in (rules, silences):
        alerts.register_blueprint(part.blueprint(services))
    return alerts


def _incident(services: Services, incident_id: int) -> dict[str, Any]:
    """An incident with all that happened to it."""
    found = services.alerts.incident(incident_id)
    return {**incident_json(found), "timeline": [entry_json(entry) for entry in services.alerts.timeline(incident_id)]}


def _instances(services: Services) -> dict[str, Any]:
    """What pends, fires or recovers."""
    names = {rule.id: rule.name for rule in services.alerts.list_rules()}
    found = services.alerts.instances()
    return {"items": [instance_json(one, names.get(one.rule_id, "")) for one in found], "next": None}


def _acknowledgement(now_ms: int) -> tuple[str | None, int | None]:
    """The optional ``{"note": …, "until": …}``."""
    body = an_object(decode_leniently(request.get_data()), "") if request.data else {}
    note, until = body.get("note"), body.get("until")
    if note is not None:
        note = a_text(note, "note", 100_000)
    if until is None:
        return note, None
    if isinstance(until, bool) or not isinstance(until, str | int):
        raise InvalidInput("must be a time", field="until")
    return note, moment(str(until), now_ms, "until")
