"""Silences: what is quiet now, what will be and what was; made with a look at what they match, and ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext
from werkzeug.datastructures import MultiDict

from app.accounts.access import current_actor, current_principal, require
from app.alerts.silences import DAYS, silence_json
from app.audited import SILENCE
from app.core.errors import Conflict, InvalidInput
from app.dashboard.alerts import NUMBER
from app.dashboard.language import told
from app.dashboard.threads import in_thread
from app.services import Services
from app.storage.base_series import HOUR_MS

WEEKLY: Final = "weekly"
LENGTHS: Final = {
    str(HOUR_MS // 2): lazy_gettext("30 minutes"),
    str(2 * HOUR_MS): lazy_gettext("2 hours"),
    str(8 * HOUR_MS): lazy_gettext("8 hours"),
    WEEKLY: lazy_gettext("Every week"),
}
"""How long a silence is, in ms."""

DAY_NAMES: Final = {
    "mon": lazy_gettext("Monday"),
    "tue": lazy_gettext("Tuesday"),
    "wed": lazy_gettext("Wednesday"),
    "thu": lazy_gettext("Thursday"),
    "fri": lazy_gettext("Friday"),
    "sat": lazy_gettext("Saturday"),
    "sun": lazy_gettext("Sunday"),
}
MOST_ENDED: Final = 50


@dataclass(slots=True, kw_only=True)
class Draft:
    """A form of a silence.

    Attributes:
        values: what stands in it.
        days: those that are chosen.
        field: the field at fault; `problem` says what is wrong, "" for nothing.
        matches: what it would match now; None where that was not asked.
    """

    values: Mapping[str, str]
    days: list[str]
    field: str = ""
    problem: str = ""
    matches: list[tuple[str, dict[str, str]]] | None = None


def blueprint(services: Services) -> Blueprint:
    """``/alerts/silences``."""
    pages = Blueprint("silence_pages", __name__)

    @pages.get("/alerts/silences")
    @require("read")
    def listed() -> str:
        return _page(services, Draft(values=request.args.to_dict(), days=[]))

    @pages.post("/alerts/silences")
    @require("operate")
    def create() -> ResponseReturnValue:
        draft = Draft(values=request.form.to_dict(), days=request.form.getlist("days"))
        try:
            config = read(request.form, services.clock.now_ms())
            if request.form.get("act") == "save":
                actor, silences = current_actor(), services.alerts.silences
                services.runtime.call(services.audit.made, actor, SILENCE, lambda: silences.create(config, actor.name))
                return redirect("/alerts/silences", 303)
            found = services.runtime.call(services.alerts.silences.preview, config)
            draft.matches = [(rule.name, dict(one.labels)) for rule, one in found]
        except InvalidInput as error:
            draft.field, draft.problem = error.field, told(error.said)
        except Conflict as error:
            draft.problem = told(error.said)
        return Response(_page(services, draft), 400 if draft.problem else 200)

    @pages.post(f"/alerts/silences/<{NUMBER}:silence_id>/end")
    @require("operate")
    def end(silence_id: int) -> ResponseReturnValue:
        silences = services.alerts.silences
        old, remove = partial(silences.get, silence_id), partial(silences.delete, silence_id)
        services.runtime.call(services.audit.gone, current_actor(), SILENCE, old, remove)
        return redirect("/alerts/silences", 303)

    return pages


def read(form: "MultiDict[str, str]", now_ms: int) -> dict[str, Any]:
    """The fields of a silence that a form holds.

    Raises:
        InvalidInput: naming `matchers` or `length`.
    """
    length = form.get("length", "")
    if length not in LENGTHS:
        raise InvalidInput("must be one of %(known)s", known=", ".join(LENGTHS), field="length")
    config: dict[str, Any] = {
        "matchers": [_matcher(line.strip()) for line in form.get("matchers", "").splitlines() if line.strip()],
        "reason": form.get("reason", "").strip(),
    }
    if length != WEEKLY:
        return {**config, "to": now_ms + int(length)}
    zone = form.get("timezone", "").strip() or "UTC"
    hours = {"from": form.get("from", ""), "to": form.get("to", "")}
    return {**config, "weekly": {"days": form.getlist("days"), **hours, "timezone": zone}}


def _matcher(line: str) -> dict[str, str]:
    """``source=ebay.com``, ``severity!=critical`` or ``source~*.example``."""
    for place, sign in enumerate(line):
        if sign in "=~":
            operator = "!=" if sign == "=" and line[place - 1 : place] == "!" else sign
            name = line[: place - (operator == "!=")].strip()
            return {"name": name, "operator": operator, "value": line[place + 1 :].strip().strip('"')}
    raise InvalidInput("must be lines such as source=ebay.com; %(line)r is none", line=line[:100], field="matchers")


def _page(services: Services, draft: Draft) -> str:
    content = in_thread(services.runtime, _content, services)
    return render_template(
        "alerts/silences.html",
        draft=draft,
        wrong=draft.field.partition(".")[0],
        lengths=LENGTHS,
        days=DAY_NAMES,
        may_operate=current_principal().may("operate"),
        **content,
    )


def _content(services: Services) -> dict[str, Any]:
    """All silences by how they stand: on now, to come, over."""
    now_ms = services.clock.now_ms()
    found = [silence_json(row, now_ms) for row in services.alerts.silences.all(ended=True)]
    going = [one for one in found if not one["ended"]]
    return {
        "active": [one for one in going if one["active"]],
        "planned": [one for one in going if not one["active"]],
        "over": [one for one in found if one["ended"]][:MOST_ENDED],
        "order": DAYS,
    }
