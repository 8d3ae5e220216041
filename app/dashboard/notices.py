"""Where the links in notices lead: one incident, and the one thing that its link allows, without a login.

A link shows when it is followed and acts when its button is pressed, since programs that look through mails and chats
follow links. Its signature is all that opens the page, so it also stands in for a token against forged forms.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from app.accounts.access import signed
from app.alerts.service import Alerts, incident_json
from app.core.errors import Conflict, NotFound
from app.dashboard.language import gettext
from app.notify.links import ACTS
from app.notify.message import message
from app.queries import GREATEST_ID
from app.services import Services
from app.storage.base_notices import Notice

MAX_NAME: Final = 60
TITLES: Final = {
    "": lazy_gettext("Alert"),
    "acknowledge": lazy_gettext("Acknowledge"),
}
"""The page's heading by what its link allows."""

DONE: Final = {"acknowledge": lambda incident: incident.state == "acknowledged"}
"""Whether what a link allows has been done."""


def blueprint(services: Services) -> Blueprint:
    """``/notices/…``."""
    pages = Blueprint("notice_pages", __name__)
    call = services.runtime.call

    @pages.get(f"/notices/<int(max={GREATEST_ID}):notice_id>")
    @signed
    def look(notice_id: int) -> str:
        return _page(call(_content, services, notice_id), "")

    @pages.get(f"/notices/<int(max={GREATEST_ID}):notice_id>/<any({','.join(map(repr, ACTS))}):act>")
    @signed
    def ask(notice_id: int, act: str) -> str:
        return _page(call(_content, services, notice_id), act)

    @pages.post(f"/notices/<int(max={GREATEST_ID}):notice_id>/<any({','.join(map(repr, ACTS))}):act>")
    @signed
    def do(notice_id: int, act: str) -> ResponseReturnValue:
        notice = call(_notice, services, notice_id)
        try:
            call(_ACTS[act], services.alerts, notice, _who(notice))
        except Conflict:
            problem = gettext("It has changed meanwhile: see how it stands now.")
            return Response(_page(call(_content, services, notice_id), act, problem), 409)
        return redirect(request.full_path, 303)

    return pages


def _content(services: Services, notice_id: int) -> dict[str, Any]:
    """The notice and how its incident stands now."""
    notice = _notice(services, notice_id)
    incident = services.alerts.incident(notice.incident_id or 0)
    return {"told": message(notice, {}), "incident": incident, "now_json": incident_json(incident)}


def _notice(services: Services, notice_id: int) -> Notice:
    found = services.office.notices.notice(notice_id)
    if found is None or found.incident_id is None:
        raise NotFound("There is no such page.")
    return found


def _page(content: Mapping[str, Any], act: str, problem: str = "") -> str:
    is_done = bool(act) and DONE[act](content["incident"])
    return render_template(
        "notices/notice.html", **content, act=act, heading=TITLES[act], is_done=is_done, problem=problem, next=""
    )


def _who(notice: Notice) -> str:
    """Whoever pressed the button: by the name that they gave, and the channel whose link they had."""
    name = "".join(sign for sign in request.form.get("name", "") if sign.isprintable()).strip()[:MAX_NAME]
    return f"{name} ({notice.channel})" if name else notice.channel


def _acknowledge(alerts: Alerts, notice: Notice, who: str) -> None:
    alerts.acknowledge(notice.incident_id or 0, who)


_ACTS: Final[dict[str, Callable[[Alerts, Notice, str], None]]] = {"acknowledge": _acknowledge}
