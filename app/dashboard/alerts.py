"""Alerts: what fires, what pends, what is quiet, and what did fire; and that somebody looks after it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from app import queries
from app.accounts.access import current_actor, current_principal, require
from app.alerts.rules import Rule
from app.alerts.service import Alerts
from app.alerts.shapes import incident_json, instance_json
from app.alerts.standing import MOST_OPEN, place
from app.alerts.wording import message, shown
from app.audited import acknowledged
from app.core.clock import rfc3339, rfc3339_or_none
from app.core.errors import InvalidInput
from app.dashboard import language
from app.dashboard.filters import duration
from app.dashboard.links import Query
from app.dashboard.quiet import why
from app.dashboard.threads import in_thread
from app.notify.channels import TYPES
from app.notify.office import Office
from app.services import Services
from app.storage.base_alerts import OPEN, Incident, IncidentFilter, Instance
from app.storage.base_series import HOUR_MS

PAGE_ROWS: Final = 50
NUMBER: Final = f"int(max={queries.GREATEST_ID})"

TABS: Final = {
    "firing": lazy_gettext("Firing"),
    "acknowledged": lazy_gettext("Acknowledged"),
    "pending": lazy_gettext("Pending"),
    "silenced": lazy_gettext("Silenced"),
    "history": lazy_gettext("History"),
}
"""The lists; the first is what one comes for."""

SPANS: Final = {
    "": lazy_gettext("Until it is over"),
    str(HOUR_MS): lazy_gettext("For 1 hour"),
    str(4 * HOUR_MS): lazy_gettext("For 4 hours"),
    str(24 * HOUR_MS): lazy_gettext("For a day"),
}
"""How long somebody looks after an incident, in ms."""

REASONS: Final = {
    "recovered": lazy_gettext("It recovered."),
    "no_data": lazy_gettext("Nothing was heard any more."),
    "job_ended": lazy_gettext("The job ended while it fired."),
    "paused": lazy_gettext("The rule was paused."),
    "rule_changed": lazy_gettext("The rule was changed."),
    "rule_deleted": lazy_gettext("The rule was deleted."),
}
"""Why an incident was over."""


def blueprint(services: Services) -> Blueprint:
    """``/alerts``."""
    pages = Blueprint("alert_pages", __name__)

    @pages.get("/alerts")
    @require("read")
    def alerts() -> str:
        query = Query("/alerts", request.args, ("state", "next"))
        state = query.get("state") or next(iter(TABS))
        if state not in TABS:
            raise InvalidInput("must be one of %(known)s", known=", ".join(TABS), field="state")
        content = in_thread(
            services.runtime, _content, services, state, queries.before(query.args, queries.GREATEST_ID)
        )
        shown_with = {"query": query, "tabs": TABS, "here": state, "types": TYPES}
        return render_template("alerts/alerts.html", **shown_with, **content, **acting())

    @pages.post(f"/alerts/incidents/<{NUMBER}:incident_id>/ack")
    @require("operate")
    def acknowledge(incident_id: int) -> ResponseReturnValue:
        note, until = request.form.get("note", "").strip() or None, _until(services.clock.now_ms())
        services.runtime.call(acknowledged, services, current_actor(), incident_id, note, until)
        back = (
            f"/alerts/incidents/{incident_id}"
            if request.form.get("back") == "incident"
            else "/alerts?state=acknowledged"
        )
        return redirect(back, 303)

    return pages


def acting() -> dict[str, Any]:
    """What templates need to offer an acknowledgement and to say why something is over."""
    return {"may_operate": current_principal().may("operate"), "spans": SPANS, "reasons": REASONS}


def latest(alerts: Alerts, limit: int) -> list[dict[str, Any]]:
    """The newest incidents as a page shows them."""
    return told(alerts.incidents(limit=limit), alerts.list_rules())


def told(incidents: Iterable[Incident], rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """The API's objects, each with what a page says besides.

    That is the sentence that says what is wrong, the figure, its limit and its greatest in words, and why it is not
    told, "" for nothing.
    """
    by_id = {rule.id: rule for rule in rules}
    return [{**incident_json(one), **_words(one, by_id.get(one.rule_id))} for one in incidents]


def with_notices(office: Office, incidents: Sequence[Incident], rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """The same with the last notice that a channel took, whatever was tried.

    That is when (`toldAt`, None for none), and who took any (`channels`); `forgotten` is whether there was one so long
    ago that the log may no longer know who took it. Besides when it had been over before it came back (`lastEndedAt`).
    """
    taken = office.notices.taken([one.id for one in incidents])
    kept_from = office.clock.now_ms() - office.kept_ms
    rows = told(incidents, rules)
    for row, one in zip(rows, incidents, strict=True):
        last = taken.get(one.id)
        row["toldAt"], row["channels"] = (rfc3339(last.at), last.channels) if last else (None, ())
        row["lastEndedAt"] = rfc3339_or_none(one.last_ended_at)
        row["forgotten"] = last is None and one.told_at is not None and one.told_at < kept_from
    return rows


def figure(rule: Rule, value: float) -> str:
    """A figure of the rule's condition with its unit; "" where it has none that says anything."""
    kind = rule.condition.kind
    return language.told(shown(rule, value)) if kind == "metric" else "" if kind == "event" else duration(value)


def limit(rule: Rule) -> str:
    """What the figure is held against: ``> 10 %``; "" where there is no figure."""
    return (
        f"{rule.condition.operator} {figure(rule, rule.condition.threshold)}" if rule.condition.kind != "event" else ""
    )


def _words(incident: Incident, rule: Rule | None) -> dict[str, Any]:
    return {
        "sentence": language.told(message(rule, "firing", incident.peak)) if rule else "",
        "figure": figure(rule, incident.value) if rule else "",
        "worst": figure(rule, incident.peak) if rule else "",
        "limit": limit(rule) if rule else "",
        "held": why(incident.muted or incident.held.partition(": ")[2]),
    }


def _content(services: Services, state: str, before: int | None) -> dict[str, Any]:
    """The list of that tab, and how many are on the others."""
    alerts = services.alerts
    rules = alerts.list_rules()
    open_ones = alerts.incidents(IncidentFilter(states=OPEN), limit=MOST_OPEN)
    pending = alerts.instances(("pending",))
    lists = {name: [one for one in open_ones if place(one) == name] for name in ("firing", "acknowledged", "silenced")}
    over = []
    if state == "history":
        over = alerts.incidents(IncidentFilter(states=("resolved",)), before=before, limit=PAGE_ROWS)
        lists["history"] = [one for one in open_ones if one.again and before is None] + over
    standing = alerts.standing().json()
    evaluated = standing.pop("evaluatedAt")
    rows = lists.get(state, [])
    named = {name for one in lists.get(state, ()) for name in one.channels}
    return {
        "rows": with_notices(services.office, rows, rules),
        "missing": sorted(named.difference(services.office.channels.names())),
        "cut": len(open_ones) == MOST_OPEN and standing.get(state, 0) > len(rows),
        "pending": _pending(pending, rules, services.clock.now_ms()) if state == "pending" else [],
        "counts": {**standing, "pending": len(pending)},
        "rules": rules,
        "evaluated": evaluated,
        "next": queries.next_page([incident.id for incident in over], PAGE_ROWS),
    }


def _pending(instances: Iterable[Instance], rules: Iterable[Rule], now_ms: int) -> list[Mapping[str, Any]]:
    """What will fire if nothing changes, with how long that is off."""
    by_id = {rule.id: rule for rule in rules}
    return [
        {
            **instance_json(one, rule.name),
            "severity": rule.severity,
            "figure": figure(rule, one.value),
            "limit": limit(rule),
            "left": max(0, rule.for_ms - (now_ms - one.since)),
        }
        for one in instances
        if (rule := by_id.get(one.rule_id)) is not None
    ]


def _until(now_ms: int) -> int | None:
    chosen = request.form.get("span", "")
    if chosen not in SPANS:
        raise InvalidInput("must be one of %(known)s", known=", ".join(filter(None, SPANS)), field="span")
    return now_ms + int(chosen) if chosen else None
