"""Where the links in notices lead: one incident, and the one thing that its link allows, without a login.

A link shows when it is followed and acts when its button is pressed, since programs that look through mails and chats
follow links. Its signature is all that opens the page, so it also stands in for a token against forged forms.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from app.accounts.access import current_origin, signed
from app.accounts.actors import Actor
from app.alerts.service import Alerts
from app.alerts.shapes import incident_json
from app.audited import SILENCE, acknowledged
from app.core.errors import Conflict, InvalidInput, NotFound
from app.dashboard.language import gettext
from app.notify.links import ACTS
from app.notify.message import message
from app.queries import GREATEST_ID
from app.services import Services
from app.storage.base_alerts import Incident
from app.storage.base_notices import Notice

MAX_NAME: Final = 60
TITLES: Final = {
    "": lazy_gettext("Alert"),
    "acknowledge": lazy_gettext("Acknowledge"),
    "silence": lazy_gettext("Silence"),
}
"""The page's heading by what its link allows."""

SPANS: Final = {
    "30": lazy_gettext("30 minutes"),
    "120": lazy_gettext("2 hours"),
    "480": lazy_gettext("8 hours"),
    "": lazy_gettext("until it is over"),
}
"""How long a silence may last, by its minutes."""


def blueprint(services: Services) -> Blueprint:
    """``/notices/…``."""
    pages = Blueprint("notice_pages", __name__)
    call = services.runtime.call

    @pages.get(f"/notices/<int(max={GREATEST_ID}):notice_id>")
    @signed
    def look(notice_id: int) -> str:
        return _page(call(_content, services, notice_id, ""))

    @pages.get(f"/notices/<int(max={GREATEST_ID}):notice_id>/<any({','.join(map(repr, ACTS))}):act>")
    @signed
    def ask(notice_id: int, act: str) -> str:
        return _page(call(_content, services, notice_id, act))

    @pages.post(f"/notices/<int(max={GREATEST_ID}):notice_id>/<any({','.join(map(repr, ACTS))}):act>")
    @signed
    def do(notice_id: int, act: str) -> ResponseReturnValue:
        notice = call(_notice, services, notice_id)
        try:
            actor = Actor("link", _who(notice), None, current_origin())
            call(_ACTS[act], services, notice, actor, request.form.get("minutes", ""))
        except Conflict:
            problem = gettext("It has changed meanwhile: see how it stands now.")
            return Response(_page(call(_content, services, notice_id, act), problem), 409)
        return redirect(request.full_path, 303)

    return pages


def _content(services: Services, notice_id: int, act: str) -> dict[str, Any]:
    """The notice, how its incident stands now, and whether what its link allows has been done."""
    notice = _notice(services, notice_id)
    incident = services.alerts.incident(notice.incident_id or 0)
    return {
        "told": message(notice, {}),
        "incident": incident,
        "now_json": incident_json(incident),
        "act": act,
        "is_done": bool(act) and _DONE[act](services.alerts, incident),
    }


def _notice(services: Services, notice_id: int) -> Notice:
    found = services.office.notices.notice(notice_id)
    if found is None or found.incident_id is None:
        raise NotFound("There is no such page.")
    return found


def _page(content: Mapping[str, Any], problem: str = "") -> str:
    heading = TITLES[content["act"]]
    return render_template("notices/notice.html", **content, heading=heading, spans=SPANS, problem=problem, next="")


def _who(notice: Notice) -> str:
    """Whoever pressed the button: by the name that they gave, and the channel whose link they had."""
    name = "".join(sign for sign in request.form.get("name", "") if sign.isprintable()).strip()[:MAX_NAME]
    return f"{name} ({notice.channel})" if name else notice.channel


def _acknowledge(services: Services, notice: Notice, actor: Actor, _: str) -> None:
    acknowledged(services, actor, notice.incident_id or 0, None, None)


def _silence(services: Services, notice: Notice, actor: Actor, minutes: str) -> None:
    """Keep that incident quiet, and nothing else of its rule."""
    incident = services.alerts.open_incident(notice.incident_id or 0)
    if minutes not in SPANS:
        raise InvalidInput("must be one of those offered", field="minutes")
    until_ms = services.clock.now_ms() + int(minutes) * 60_000 if minutes else None
    reason = f"By the link in a notice to {notice.channel}"
    services.audit.made(actor, SILENCE, lambda: services.alerts.silence(incident, reason, until_ms, actor.name))


def _is_silenced(alerts: Alerts, incident: Incident) -> bool:
    return any(row.config.get("incident") == incident.id for row in alerts.silences.all())


_ACTS: Final[dict[str, Callable[[Services, Notice, Actor, str], None]]] = {
    "acknowledge": _acknowledge,
    "silence": _silence,
}
_DONE: Final[dict[str, Callable[[Alerts, Incident], bool]]] = {
    "acknowledge": lambda _, incident: incident.state == "acknowledged",
    "silence": _is_silenced,
}
