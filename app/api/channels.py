"""``/api/v1/channels`` and ``/api/v1/notices``: who can be told, and what became of what was told."""

from typing import Any

import msgspec
from flask import Blueprint, Response, request

from app.accounts.access import require
from app.api.answers import answer
from app.core.errors import InvalidInput
from app.notify.channel import channel_json
from app.notify.office import notice_json, tried_json
from app.queries import GREATEST_ID, before, limit, next_page
from app.services import Services
from app.storage.base_notices import NoticeFilter


def blueprint(services: Services) -> Blueprint:
    """Reads for everyone who may read, tests and repetitions for operators, changes for admins."""
    channels = Blueprint("channels", __name__, url_prefix="/api/v1")
    call, office = services.runtime.call, services.office

    @channels.get("/channels")
    @require("read")
    def all_of_them() -> Response:
        return answer({"items": [channel_json(one) for one in call(office.channels.all)], "next": None})

    @channels.post("/channels")
    @require("admin")
    def create() -> Response:
        return answer(channel_json(call(office.create, _body())), 201)

    @channels.get("/channels/<channel_id>")
    @require("read")
    def one(channel_id: str) -> Response:
        return answer(channel_json(call(office.channels.get, channel_id)))

    @channels.put("/channels/<channel_id>")
    @require("admin")
    def change(channel_id: str) -> Response:
        return answer(channel_json(call(office.change, channel_id, _body())))

    @channels.delete("/channels/<channel_id>")
    @require("admin")
    def delete(channel_id: str) -> Response:
        call(office.channels.delete, channel_id)
        return Response(status=204)

    @channels.post("/channels/<channel_id>/test")
    @require("operate")
    def test(channel_id: str) -> Response:
        return answer(tried_json(call(office.test, channel_id)))

    _add_notices(channels, services)
    return channels


def _add_notices(channels: Blueprint, services: Services) -> None:
    """The delivery log."""
    call, office = services.runtime.call, services.office

    @channels.get("/notices")
    @require("read")
    def notices() -> Response:
        size = limit(request.args)
        found = call(office.log, _filter(), before=before(request.args, GREATEST_ID), limit=size)
        numbers = [notice.id for notice, _ in found]
        return answer({"items": [notice_json(told) for told in found], "next": next_page(numbers, size)})

    @channels.post(f"/notices/<int(max={GREATEST_ID}):notice_id>/retry")
    @require("operate")
    def retry(notice_id: int) -> Response:
        return answer(notice_json(call(office.retry, notice_id)))


def _filter() -> NoticeFilter:
    """`incident`, `state` (several by comma), `channel`."""
    incident = request.args.get("incident", "")
    if incident and not (incident.isascii() and incident.isdigit() and int(incident[:20]) <= GREATEST_ID):
        raise InvalidInput("must be the number of an incident", field="incident")
    return NoticeFilter(
        incident_id=int(incident) if incident else None,
        states=[state for state in request.args.get("state", "").split(",") if state],
        channel=request.args.get("channel", ""),
    )


def _body() -> Any:
    try:
        return msgspec.json.decode(request.get_data())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"is no JSON: {error}") from error
