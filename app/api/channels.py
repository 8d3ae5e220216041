"""``/api/v1/channels`` and ``/api/v1/notices``: who can be told, and what became of what was told."""

from functools import partial

from flask import Blueprint, Response, request

from app.accounts.access import current_actor, require
from app.api.answers import NUMBER, answer
from app.audited import CHANNEL, retried, tested
from app.core.shape import a_text, decode
from app.notify.channel import channel_json
from app.notify.office import notice_json, tried_json
from app.notify.service import MAX_NAME
from app.queries import GREATEST_ID, before, limit, next_page, notice_filter
from app.services import Services


def blueprint(services: Services) -> Blueprint:
    """Reads for everyone who may read, tests and repetitions for operators, changes for admins."""
    channels = Blueprint("channels", __name__, url_prefix="/api/v1")
    call, office, audit = services.runtime.call, services.office, services.audit

    @channels.get("/channels")
    @require("read")
    def all_of_them() -> Response:
        return answer({"items": [channel_json(one) for one in call(office.channels.all)], "next": None})

    @channels.post("/channels")
    @require("admin")
    def create() -> Response:
        body = decode(request.get_data())
        call(office.check_reach, body)
        return answer(channel_json(call(audit.made, current_actor(), CHANNEL, lambda: office.create(body))), 201)

    @channels.get("/channels/<channel_id:channel_id>")
    @require("read")
    def one(channel_id: str) -> Response:
        return answer(channel_json(call(office.channels.get, channel_id)))

    @channels.put("/channels/<channel_id:channel_id>")
    @require("admin")
    def change(channel_id: str) -> Response:
        body = decode(request.get_data())
        call(office.check_reach, body)
        old, new = partial(office.channels.get, channel_id), partial(office.change, channel_id, body)
        return answer(channel_json(call(audit.changed, current_actor(), CHANNEL, old, new)))

    @channels.delete("/channels/<channel_id:channel_id>")
    @require("admin")
    def delete(channel_id: str) -> Response:
        old, remove = partial(office.channels.get, channel_id), partial(office.channels.delete, channel_id)
        call(audit.gone, current_actor(), CHANNEL, old, remove)
        return Response(status=204)

    _add_trials(channels, services)
    _add_notices(channels, services)
    return channels


def _add_trials(channels: Blueprint, services: Services) -> None:
    """What a message looks like, and whether it arrives."""
    call, office = services.runtime.call, services.office

    @channels.post("/channels/<channel_id:channel_id>/test")
    @require("operate")
    def test(channel_id: str) -> Response:
        return answer(tried_json(call(tested, services, current_actor(), channel_id)))

    @channels.post("/channels/preview")
    @require("read")
    def preview() -> Response:
        body = decode(request.get_data())
        told = call(office.preview, a_text(body.get("name", ""), "name", MAX_NAME), body.get("template", ""))
        return answer({"title": told.title, "text": told.text})


def _add_notices(channels: Blueprint, services: Services) -> None:
    """The delivery log."""
    call, office = services.runtime.call, services.office

    @channels.get("/notices")
    @require("read")
    def notices() -> Response:
        size = limit(request.args)
        found = call(office.log, notice_filter(request.args), before=before(request.args, GREATEST_ID), limit=size)
        numbers = [notice.id for notice, _ in found]
        return answer({"items": [notice_json(told) for told in found], "next": next_page(numbers, size)})

    @channels.post(f"/notices/<{NUMBER}:notice_id>/retry")
    @require("operate")
    def retry(notice_id: int) -> Response:
        return answer(notice_json(call(retried, services, current_actor(), notice_id)))
