"""Channels: who can be told, the form of each type, and the log of what was told.

The forms are drawn from the types' own settings, and what they hold goes to the API as it stands.
"""

from typing import Any, Final

import msgspec
from flask import Blueprint, Response, abort, render_template, request
from flask_babel import lazy_gettext
from flask_wtf.csrf import generate_csrf

from app import queries
from app.accounts.access import current_actor, current_principal, require
from app.accounts.actors import Actor
from app.audited import tested
from app.dashboard.language import told
from app.dashboard.links import Query
from app.dashboard.quiet import reply
from app.dashboard.threads import in_thread
from app.notify.channel import Channel, channel_json
from app.notify.channels import TYPES
from app.notify.fields import SHARED
from app.notify.message import FIELDS
from app.notify.office import Told, notice_json, tried_json
from app.services import Services
from app.storage.base_notices import NoticeFilter

PAGE_ROWS: Final = 50
RECENT: Final = 20
FIRST_TYPE: Final = "slack"
STATES: Final = {
    "waiting": lazy_gettext("Waiting"),
    "sending": lazy_gettext("Sending"),
    "sent": lazy_gettext("Sent"),
    "failed": lazy_gettext("Failed"),
    "superseded": lazy_gettext("Not needed"),
}
"""States of a notice in words."""

KINDS: Final = {
    "firing": lazy_gettext("fires"),
    "update": lazy_gettext("has changed"),
    "reminder": lazy_gettext("still fires"),
    "resolved": lazy_gettext("is over"),
    "test": lazy_gettext("test"),
}
"""Kinds of notices in words, after the rule's name."""

SIGNS: Final = {
    "waiting": "queued", "sending": "running", "sent": "completed", "failed": "failed", "superseded": "cancelled",
}  # fmt: skip
"""The look of a notice's state: that of a job's."""


def blueprint(services: Services) -> Blueprint:
    """``/settings/channels`` and ``/settings/notices``."""
    pages = Blueprint("channel_pages", __name__)

    @pages.get("/settings/channels")
    @require("read")
    def channels() -> str:
        return render_template("settings/channels.html", **in_thread(services.runtime, _listed, services), **_viewer())

    @pages.get("/settings/channels/new")
    @require("admin")
    def new() -> str:
        kind = TYPES.get(request.args.get("type", FIRST_TYPE)) or abort(404)
        defaults = services.office.channels.defaults(kind.name)
        content = {"kind": kind, "channel": None, "defaults": defaults, "name": request.args.get("name", "")}
        others = {"others": services.runtime.call(_others, services, None), "missing_stand_ins": []}
        return render_template("settings/channel.html", **content, **others, **_form(), **_viewer())

    @pages.get("/settings/channels/<channel_id>")
    @require("read")
    def one(channel_id: str) -> str:
        content = in_thread(services.runtime, _shown, services, channel_id)
        return render_template("settings/channel.html", **content, **_form(), **_viewer())

    @pages.post("/settings/channels/<channel_id>/test")
    @require("operate")
    def test(channel_id: str) -> Response:
        tried = in_thread(services.runtime, _tried, services, current_actor(), channel_id)
        return Response(msgspec.json.encode(tried), content_type="application/json")

    @pages.get("/settings/notices")
    @require("read")
    def notices() -> str:
        query = Query("/settings/notices", request.args, ("state", "channel", "incident", "next"))
        content = services.runtime.call(_logged, services, query, queries.before(query.args, queries.GREATEST_ID))
        return render_template("settings/notices.html", query=query, **content, **_log_words(), **_viewer())

    return pages


def _listed(services: Services) -> dict[str, Any]:
    """Every channel with the newest notice to it."""
    office = services.office
    rows = []
    for channel in office.channels.all():
        last = office.log(NoticeFilter(channel=channel.name), limit=1)
        rows.append((_told(channel), notice_json(last[0]) if last else None))
    there = {channel["name"] for channel, _ in rows}
    named = {name for rule in services.alerts.list_rules() if rule.enabled for name in rule.channels}
    stand_ins = {channel["config"].get("fallback", "") for channel, _ in rows} - {""}
    missing = {"missing": sorted(named - there), "missing_stand_ins": sorted(stand_ins - there)}
    return {"rows": rows, "types": TYPES, **missing, **_log_words()}


def _told(channel: Channel) -> dict[str, Any]:
    """The API's object; what is wrong with the channel is said in the language of the page."""
    shown = channel_json(channel)
    if shown["broken"]:
        shown["broken"]["why"] = reply(shown["broken"]["why"])
    return {**shown, "trouble": told(channel.trouble)}


def _tried(services: Services, actor: Actor, channel_id: str) -> dict[str, Any]:
    """What came of a test, as the API tells it, in the language of the page."""
    tried = tried_json(tested(services, actor, channel_id))
    trouble = services.office.channels.get(channel_id).trouble
    return {**tried, "reply": told(trouble) if trouble else reply(tried["reply"])}


def _shown(services: Services, channel_id: str) -> dict[str, Any]:
    office = services.office
    channel = office.channels.get(channel_id)
    log = office.log(NoticeFilter(channel=channel.name), limit=RECENT)
    stand_in = channel.config.get("fallback", "")
    return {
        "missing_stand_ins": [] if stand_in in {"", *office.channels.names()} else [stand_in],
        "kind": TYPES[channel.type],
        "channel": _told(channel),
        "defaults": office.channels.defaults(channel.type),
        "others": _others(services, channel),
        "notices": _rows(log),
        **_log_words(),
    }


def _others(services: Services, channel: Channel | None) -> list[tuple[str, str]]:
    """The channels that may stand in for this one, as options; the one that does is among them, even if it is gone."""
    names = services.office.channels.names()
    if channel:
        names = {*names, *filter(None, [channel.config.get("fallback")])} - {channel.name}
    return [(name, name) for name in sorted(names)]


def _logged(services: Services, query: Query, before: int | None) -> dict[str, Any]:
    which = queries.notice_filter(query.args)
    found = services.office.log(which, before=before, limit=PAGE_ROWS)
    return {"notices": _rows(found), "next": queries.next_page([notice.id for notice, _ in found], PAGE_ROWS)}


def _rows(log: list[Told]) -> list[dict[str, Any]]:
    return [notice_json(told) for told in log]


def _log_words() -> dict[str, Any]:
    return {"states": STATES, "kinds": KINDS, "signs": SIGNS}


def _form() -> dict[str, Any]:
    return {"types": TYPES, "fields": FIELDS, "shared": SHARED}


def _viewer() -> dict[str, Any]:
    viewer = current_principal()
    return {
        "may_edit": viewer.may("admin"),
        "may_operate": viewer.may("operate"),
        "told": told,
        "page": {"csrf": generate_csrf()},
    }
