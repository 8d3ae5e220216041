"""One incident: how bad it is, what its metric did, what happened, who was told, and why somebody was not."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from app.accounts.access import current_actor, require
from app.alerts import wording
from app.alerts.rules import Rule
from app.alerts.wording import sentence
from app.audited import SILENCE
from app.core.errors import InvalidInput
from app.dashboard import language, timeline
from app.dashboard.alerts import NUMBER, acting, figure, limit, with_notices
from app.dashboard.channels import KINDS
from app.dashboard.curves import Curve, Mark, curve
from app.dashboard.language import gettext
from app.dashboard.quiet import reply
from app.dashboard.threads import in_thread
from app.notify.office import Told
from app.services import Services
from app.storage.base_alerts import Incident
from app.storage.base_notices import NoticeFilter
from app.storage.base_series import HOUR_MS
from app.storage.base_silences import SilenceRow

MOST_NOTICES: Final = 200
MOST_MEMBERS: Final = 20
LEAST_BEFORE_MS: Final = 15 * 60_000
TEXT: Final = "text/plain; charset=utf-8"
LENGTHS: Final = {
    str(HOUR_MS // 2): lazy_gettext("30 minutes"),
    str(2 * HOUR_MS): lazy_gettext("2 hours"),
    str(8 * HOUR_MS): lazy_gettext("8 hours"),
    "": lazy_gettext("Until it is over"),
}
"""For how long, in ms, an incident may be kept quiet from its page."""


def blueprint(services: Services) -> Blueprint:
    """``/alerts/incidents/…``."""
    pages = Blueprint("incident_pages", __name__)

    @pages.get(f"/alerts/incidents/<{NUMBER}:incident_id>")
    @require("read")
    def incident(incident_id: int) -> str:
        content = in_thread(services.runtime, _content, services, incident_id)
        return render_template("alerts/incident.html", lengths=LENGTHS, **content, **acting())

    @pages.get(f"/alerts/incidents/<{NUMBER}:incident_id>/sentence")
    @require("read")
    def words(incident_id: int) -> Response:
        state = request.args.get("state", "")
        return Response(in_thread(services.runtime, _words, services, incident_id, state), content_type=TEXT)

    @pages.post(f"/alerts/incidents/<{NUMBER}:incident_id>/silence")
    @require("operate")
    def silence(incident_id: int) -> ResponseReturnValue:
        length, reason = request.form.get("length", ""), request.form.get("reason", "").strip()
        if length not in LENGTHS:
            raise InvalidInput("must be one of %(known)s", known=", ".join(filter(None, LENGTHS)), field="length")
        to_ms = services.clock.now_ms() + int(length) if length else None
        alerts, actor = services.alerts, current_actor()

        def silenced() -> SilenceRow:
            return alerts.silence(alerts.open_incident(incident_id), reason, to_ms, actor.name)

        services.runtime.call(services.audit.made, actor, SILENCE, silenced)
        return redirect(f"/alerts/incidents/{incident_id}", 303)

    return pages


def _words(services: Services, incident_id: int, state: str) -> str:
    """What is told of it in that state, "" being its own, in the language of whoever asks; scripts hear English."""
    if state not in {"", "firing", "resolved"}:
        raise InvalidInput("must be one of %(known)s", known="firing, resolved", field="state")
    found = services.alerts.incident(incident_id)
    rule = next((rule for rule in services.alerts.list_rules() if rule.id == found.rule_id), None)
    state = state or ("firing" if found.ended_at is None else "resolved")
    return language.told(wording.told(rule, found, state))


def _content(services: Services, incident_id: int) -> dict[str, Any]:
    """All that the page shows; runs in a real thread."""
    alerts, office = services.alerts, services.office
    found, entries = alerts.incident(incident_id), alerts.timeline(incident_id)
    rule = next((rule for rule in alerts.list_rules() if rule.id == found.rule_id), None)
    log = office.log(NoticeFilter(incident_id=incident_id), limit=MOST_NOTICES)
    known = office.channels.names()
    return {
        "one": with_notices(office, [found], [rule] if rule else [])[0],
        "rule": rule,
        "sentence": language.told(sentence(rule)) if rule else "",
        "limit": limit(rule) if rule else "",
        "curve": _curve(services, rule, found, timeline.marks(entries)) if rule else None,
        "lines": timeline.lines(entries, log, rule)[::-1],
        "members": _members(services, rule, found) if rule else [],
        "untold": _untold(rule, log, known),
    }


def _curve(services: Services, rule: Rule, incident: Incident, marks: Iterable[Mark]) -> Curve | None:
    """What the metric did from before it began until it was over."""
    if rule.condition.kind != "metric":
        return None
    now_ms = services.clock.now_ms()
    end_ms = now_ms if incident.ended_at is None else incident.ended_at
    around = max(LEAST_BEFORE_MS, (end_ms - incident.started_at) // 4)
    to_ms = min(now_ms, end_ms + (0 if incident.ended_at is None else around))
    try:
        walk = services.alerts.walk(rule, incident.started_at - around, to_ms)
    except InvalidInput:  # it lies too far back, or its metric is no longer kept: the rest of the page still tells
        return None
    return curve(rule, walk, marks, incident.group)


def _members(services: Services, rule: Rule, incident: Incident) -> list[dict[str, Any]]:
    """What fires of it now."""
    if incident.state == "resolved":
        return []
    mine = [
        one
        for one in services.alerts.instances(("firing", "recovering"))
        if one.rule_id == rule.id and one.labels and set(incident.group) <= set(one.labels)
    ]
    return [
        {"labels": dict(one.labels), "recovers": one.state == "recovering", "figure": figure(rule, one.value)}
        for one in mine[:MOST_MEMBERS]
    ]


def _untold(rule: Rule | None, log: Sequence[Told], known: set[str]) -> list[tuple[str, str]]:
    """Which channels did not hear of something, and why."""
    found = []
    if rule and not rule.channels:
        found.append((gettext("Nobody"), gettext("The rule names no channel.")))
    missing = gettext("There is no channel of that name; what it should hear waits a day for it.")
    handed_on = [notice.channel for notice, _ in log if notice.in_place_of and notice.state == "waiting"]
    named = dict.fromkeys([*(rule.channels if rule else ()), *handed_on])
    found += [(name, missing) for name in named if name not in known]
    instead = {(notice.in_place_of, notice.kind): notice.channel for notice, _ in log}
    for notice, _ in log:
        kind = str(KINDS.get(notice.kind, notice.kind))
        if notice.state == "failed":
            text = gettext("“%(kind)s” failed: %(reply)s", kind=kind, reply=reply(notice.reply))
        elif notice.state == "waiting" and notice.attempts and notice.channel in known:
            text = gettext("“%(kind)s” is tried again; so far: %(reply)s", kind=kind, reply=reply(notice.reply))
        else:
            continue
        stand_in = instead.get((notice.channel, notice.kind))
        more = gettext("It went to %(channel)s.", channel=stand_in) if stand_in else ""
        found.append((notice.channel, f"{text} {more}".strip()))
    return found
