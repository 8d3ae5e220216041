"""Rules and incidents in plain sentences, and what a notice says."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from app.alerts.incidents import SHOWN
from app.alerts.rules import Rule
from app.core.clock import rfc3339, rfc3339_or_none
from app.metrics.catalogue import METRICS
from app.storage.base_alerts import Incident, Instance

SIZES: Final = ("B", "kB", "MB", "GB", "TB", "PB")
"""Units of bytes, each 1,000 times the one before."""
_WORDS: Final = {
    ">": "above",
    "<": "below",
    "==": "at",
    ">=": "at or above",
    "<=": "at or below",
    "!=": "other than",
}
_EVENTS: Final = {
    "job_failed": "a job fails",
    "job_completed": "a job completes",
    "job_stalled": "a job stalls",
    "job_lost": "a job is lost",
    "error_group_new": "a new kind of error appears",
}
_REASONS: Final = {
    "no_data": "nothing was heard any more",
    "job_ended": "the job ended while the alert was firing",
    "paused": "the rule was paused",
    "rule_deleted": "the rule was deleted",
    "rule_changed": "the rule was changed",
}


def condition(rule: Rule) -> str:
    """The condition in words: ``jobs.failureRate above 10 %``."""
    found = rule.condition
    if found.kind == "metric":
        return f"{found.text} {_WORDS[found.operator]} {shown(rule, found.threshold)}"
    about = "".join(f" of {name} {value}" for name, value in found.filters.items())
    if found.kind == "no_item":
        return f"a job{about} brings no item for {span(int(found.threshold))}"
    if found.kind == "job_missing":
        when = f"every {span(found.every_ms)}" if found.every_ms else f"by {found.cron} ({found.timezone})"
        return f"no job{about} starts, due {when}, {span(found.grace_ms)} late"
    return f"{_EVENTS[found.event]}{about.replace(' of ', ', of ', 1)}"


def sentence(rule: Rule) -> str:
    """The rule in plain words, as a preview of what it will do."""
    said = [f"When {condition(rule)}"]
    if rule.window_ms:
        said.append(f" over {span(rule.window_ms)}")
    if rule.scope and rule.condition.kind == "metric":
        said.append(f", for each {' and '.join(rule.scope)}")
    if rule.for_ms:
        said.append(f", for {span(rule.for_ms)}")
    said.append(f": {rule.severity}")
    said.append(f" to {', '.join(rule.channels)}" if rule.channels else " to no channel")
    if rule.cooldown_ms:
        said.append(f", at most once in {span(rule.cooldown_ms)}")
    said.append(f"; over {span(rule.keep_firing_for_ms) if rule.keep_firing_for_ms else 'once'}")
    said.append(" after it no longer holds" if rule.keep_firing_for_ms else " it no longer holds")
    said += _besides(rule)
    return "".join(said) + ("." if rule.enabled else ". Paused.")


def _besides(rule: Rule) -> Iterator[str]:
    """What the rule does otherwise than most."""
    if rule.no_data == "alert":
        yield f"; it also fires when nothing is heard for {span(rule.stale_after_ms)}"
    if rule.no_data == "ok":
        yield f"; it is also over when nothing is heard for {span(rule.stale_after_ms)}"
    if rule.repeat_interval_ms == 0:
        yield "; no reminder"
    elif rule.max_reminders:
        most, after = rule.max_reminders, span(rule.repeat_interval_ms)
        yield f"; 1 reminder at most, after {after}" if most == 1 else f"; {most} reminders at most, after {after} each"
    if not rule.send_resolved and not rule.condition.is_moment:
        yield "; its end is not told"
    if rule.inhibits:
        yield f"; keeps quiet meanwhile: {', '.join(rule.inhibits)}"


def message(rule: Rule, state: str, value: float, reason: str = "") -> str:
    """A sentence for a person about an incident that is `firing` or `resolved`."""
    if rule.condition.kind != "metric":
        words = condition(rule)
        return f"{words[:1].upper()}{words[1:]}." if state == "firing" else f"Over: {words}{_why(reason)}."
    limit = f"{_WORDS[rule.condition.operator]} {shown(rule, rule.condition.threshold)}"
    if state == "firing":
        return f"{rule.metric} is {shown(rule, value)}, {limit}."
    return f"{rule.metric} is {shown(rule, value)}; the alert was for {limit}{_why(reason)}."


def announcement(rule: Rule | None, incident: Incident) -> dict[str, Any]:
    """The data of the `system_alert` that tells how an incident stands; `rule` is None once it is gone."""
    gone = f"{incident.rule}: {_REASONS['rule_deleted']}."
    return {
        "name": incident.rule,
        "severity": incident.severity,
        "state": incident.told,
        "message": message(rule, incident.told, incident.value, incident.reason) if rule else gone,
        "value": incident.value,
        **({"threshold": rule.condition.threshold} if rule else {}),
        "incident": incident.id,
    }


def body(rule: Rule | None, incident: Incident, kind: str, members: Sequence[Instance], now_ms: int) -> dict[str, Any]:
    """What a notice says, see `app.storage.base_notices.NewNotice`; `rule` is None once it is gone."""
    ended_at = incident.ended_at
    state = "firing" if ended_at is None else "resolved"
    return {
        "rule": incident.rule,
        "severity": incident.severity,
        "state": state,
        "kind": kind,
        "value": incident.value,
        "peak": incident.peak,
        "startedAt": rfc3339(incident.started_at),
        "endedAt": rfc3339_or_none(ended_at),
        "duration": (now_ms if ended_at is None else ended_at) - incident.started_at,
        "reason": incident.reason,
        "again": incident.again,
        "labels": {**(rule.labels if rule else {}), **dict(incident.group)},
        "members": [{"labels": dict(one.labels), "value": one.value, "state": one.state} for one in members[:SHOWN]],
        "firing": incident.members,
        "resolved": incident.left,
        "ackedBy": incident.acked_by,
        "note": incident.note,
        **(_of_rule(rule, state, incident) if rule else {"summary": f"{incident.rule}: {_REASONS['rule_deleted']}."}),
    }


def _of_rule(rule: Rule, state: str, incident: Incident) -> dict[str, Any]:
    return {
        "summary": rule.summary or message(rule, state, incident.value, incident.reason),
        "condition": condition(rule),
        "metric": rule.metric,
        "operator": rule.condition.operator,
        "threshold": rule.condition.threshold,
        "shown": {"value": shown(rule, incident.value), "peak": shown(rule, incident.peak)},
        "runbookUrl": rule.runbook_url,
    }


def span(ms: int) -> str:
    """A span in the largest unit that says it in a whole number."""
    for unit, size in (("day", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000)):
        if ms >= size and ms % size == 0:
            number = ms // size
            return f"{number} {unit}{'s' if unit == 'day' and number > 1 else ''}"
    return f"{ms} ms"


def shown(rule: Rule, value: float) -> str:
    """A figure of the rule's metric with its unit."""
    metric = METRICS.get(rule.condition.metric)
    if metric and metric.unit == "ratio":
        return f"{_number(value * 100)} %"
    if metric and metric.unit == "bytes":
        return _size(value)
    unit = f" {metric.unit}" if metric and metric.unit in {"ms", "per second"} else ""
    return f"{_number(value)}{unit}"


def _why(reason: str) -> str:
    return f"; {_REASONS[reason]}" if reason in _REASONS else ""


def _size(value: float) -> str:
    """Bytes in steps of 1,000, to three decimals."""
    step = 0
    while abs(value) >= 1_000 and step < len(SIZES) - 1:
        value, step = value / 1_000, step + 1
    return f"{_number(value)} {SIZES[step]}"


def _number(value: float) -> str:
    """To three decimals, or as many as a small one needs to be seen."""
    return f"{value:,.3f}".rstrip("0").rstrip(".") if value == 0 or abs(value) >= 0.001 else f"{value:.3g}"
