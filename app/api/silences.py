"""``/api/v1/alerts/silences``: what is to be quiet, when and why; a token may do it, as before a deployment."""

from functools import partial
from typing import Any

from flask import Blueprint, Response, request

from app.accounts.access import current_actor, require
from app.alerts.shapes import instance_json
from app.alerts.silences import silence_json
from app.api.answers import NUMBER, answer, version_asked
from app.audited import SILENCE
from app.core.shape import decode
from app.queries import truth
from app.services import Services
from app.storage.base_silences import SilenceRow


def blueprint(services: Services) -> Blueprint:
    """Reads for everyone who may read, changes for operators."""
    silences = Blueprint("silences", __name__, url_prefix="/silences")
    call, alerts, audit = services.runtime.call, services.alerts, services.audit

    def told(row: SilenceRow, status: int = 200) -> Response:
        made = answer(silence_json(row, services.clock.now_ms()), status)
        made.set_etag(str(row.version))
        return made

    @silences.get("")
    @require("read")
    def all_of_them() -> Response:
        found = call(alerts.silences.all, ended=truth(request.args, "ended"))
        return answer({"items": [silence_json(row, services.clock.now_ms()) for row in found], "next": None})

    @silences.post("")
    @require("operate")
    def create() -> Response:
        actor, body = current_actor(), decode(request.get_data())
        return told(call(audit.made, actor, SILENCE, lambda: alerts.silences.create(body, actor.name)), 201)

    @silences.get(f"/<{NUMBER}:silence_id>")
    @require("read")
    def one(silence_id: int) -> Response:
        return told(call(alerts.silences.get, silence_id))

    @silences.put(f"/<{NUMBER}:silence_id>")
    @require("operate")
    def change(silence_id: int) -> Response:
        body, version = decode(request.get_data()), version_asked(request.headers)
        old, new = partial(alerts.silences.get, silence_id), partial(alerts.silences.change, silence_id, body, version)
        return told(call(audit.changed, current_actor(), SILENCE, old, new))

    @silences.delete(f"/<{NUMBER}:silence_id>")
    @require("operate")
    def delete(silence_id: int) -> Response:
        old, remove = partial(alerts.silences.get, silence_id), partial(alerts.silences.delete, silence_id)
        call(audit.gone, current_actor(), SILENCE, old, remove)
        return Response(status=204)

    @silences.post("/preview")
    @require("read")
    def preview() -> Response:
        found: list[tuple[Any, Any]] = call(alerts.silences.preview, decode(request.get_data()))
        return answer({"items": [instance_json(one, rule.name) for rule, one in found], "next": None})

    return silences
