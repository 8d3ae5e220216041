"""Rules and incidents in plain sentences, and what a notice says.

The sentences are English, for programs and notices; a page says them in its own language, see `app.core.said`.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from app.alerts.incidents import SHOWN
from app.alerts.rules import Rule
from app.core.clock import rfc3339, rfc3339_or_none
from app.core.said import Said, capital, joined, phrase, said
from app.metrics.catalogue import METRICS
from app.storage.base_alerts import Incident, Instance
from app.storage.base_series import DAY_MS, HOUR_MS, MINUTE_MS

SIZES: Final = ("B", "kB", "MB", "GB", "TB", "PB")
"""Units of bytes, each 1,000 times the one before."""
_LIMITS: Final = {
    ">": phrase("above %(limit)s"),
    "<": phrase("below %(limit)s"),
    "==": phrase("at %(limit)s"),
    ">=": phrase("at or above %(limit)s"),
    "<=": phrase("at or below %(limit)s"),
    "!=": phrase("other than %(limit)s"),
}
_EVENTS: Final = {
    "job_failed": phrase("a job fails"),
    "job_completed": phrase("a job completes"),
    "job_stalled": phrase("a job stalls"),
    "job_lost": phrase("a job is lost"),
    "error_group_new": phrase("a new kind of error appears"),
}
_REASONS: Final = {
    "no_data": phrase("nothing was heard any more"),
    "job_ended": phrase("the job ended while the alert was firing"),
    "paused": phrase("the rule was paused"),
    "rule_deleted": phrase("the rule was deleted"),
    "rule_changed": phrase("the rule was changed"),
}
_GONE: Final = _REASONS["rule_deleted"]
_SEVERITIES: Final = {
    "info": phrase("info"),
    "warning": phrase("warning"),
    "error": phrase("error"),
    "critical": phrase("critical"),
}
_SPANS: Final = (
    (phrase("%(n)s days"), DAY_MS),
    (phrase("%(n)s h"), HOUR_MS),
    (phrase("%(n)s min"), MINUTE_MS),
    (phrase("%(n)s s"), 1_000),
    (phrase("%(n)s ms"), 1),
)
_EVERY: Final = (
    (phrase("every %(n)s days"), DAY_MS),
    (phrase("every %(n)s h"), HOUR_MS),
    (phrase("every %(n)s min"), MINUTE_MS),
    (phrase("every %(n)s s"), 1_000),
    (phrase("every %(n)s ms"), 1),
)
_EVERY_ONE: Final = {DAY_MS: phrase("every day"), HOUR_MS: phrase("every hour"), MINUTE_MS: phrase("every minute")}
_FIGURES: Final = {
    "ratio": phrase("%(n)s %%"),
    "ms": phrase("%(n)s ms"),
    "per second": phrase("%(n)s per second"),
}
"""A figure with its unit, for those that have one to show."""


def condition(rule: Rule) -> Said:
    """The condition in words: ``jobs.failureRate above 10 %``."""
    found = rule.condition
    if found.kind == "metric":
        beyond = said(_LIMITS[found.operator], limit=shown(rule, found.threshold))
        return said("%(metric)s %(beyond)s", metric=found.text, beyond=beyond)
    about = joined(said(" of %(name)s %(value)s", name=name, value=value) for name, value in found.filters.items())
    if found.kind == "no_item":
        return said("a job%(about)s brings no item for %(span)s", about=about, span=span(int(found.threshold)))
    if found.kind == "job_missing":
        by = said("by %(cron)s (%(zone)s)", cron=found.cron, zone=found.timezone)
        when = _every(found.every_ms) if found.every_ms else by
        due = said("no job%(about)s starts, due %(when)s", about=about, when=when)
        return said("%(due)s, %(span)s late", due=due, span=span(found.grace_ms)) if found.grace_ms else due
    return joined((said(_EVENTS[found.event]), "," if about else "", about))


def sentence(rule: Rule) -> Said:
    """The rule in plain words, as a preview of what it will do."""
    return joined((*_fires(rule), *_tells(rule), *_besides(rule), "." if rule.enabled else said(". Paused.")))


def _fires(rule: Rule) -> Iterator[Said]:
    """When it does."""
    yield said("When %(condition)s", condition=condition(rule))
    if rule.window_ms:
        yield said(" over %(span)s", span=span(rule.window_ms))
    if rule.scope and rule.condition.kind == "metric":
        first, *others = rule.scope
        more = joined(said(" and %(label)s", label=label) for label in others)
        yield said(", for each %(label)s%(more)s", label=first, more=more)
    if rule.for_ms:
        yield said(", for %(span)s", span=span(rule.for_ms))


def _tells(rule: Rule) -> Iterator[Said]:
    """Whom it tells, how often, and when it is over."""
    names = ", ".join(rule.channels)
    yield said(": %(severity)s", severity=said(_SEVERITIES[rule.severity]))
    yield said(" to %(channels)s", channels=names) if names else said(" to no channel")
    if rule.cooldown_ms:
        yield said(", at most once in %(span)s", span=span(rule.cooldown_ms))
    if rule.keep_firing_for_ms:
        yield said("; over %(span)s after it no longer holds", span=span(rule.keep_firing_for_ms))
    else:
        yield said("; over once it no longer holds")


def _besides(rule: Rule) -> Iterator[Said]:
    """What the rule does otherwise than most."""
    if rule.no_data == "alert":
        yield said("; it also fires when nothing is heard for %(span)s", span=span(rule.stale_after_ms))
    if rule.no_data == "ok":
        yield said("; it is also over when nothing is heard for %(span)s", span=span(rule.stale_after_ms))
    most, after = rule.max_reminders, span(rule.repeat_interval_ms)
    if rule.repeat_interval_ms == 0:
        yield said("; no reminder")
    elif most == 1:
        yield said("; 1 reminder at most, after %(span)s", span=after)
    elif most:
        yield said("; %(n)s reminders at most, after %(span)s each", n=most, span=after)
    if not rule.send_resolved and not rule.condition.is_moment:
        yield said("; its end is not told")
    if rule.inhibits:
        yield said("; keeps quiet meanwhile: %(rules)s", rules=", ".join(rule.inhibits))


def message(rule: Rule, state: str, value: float, reason: str = "") -> Said:
    """A sentence for a person about an incident that is `firing` or `resolved`."""
    why = said("; %(reason)s", reason=said(_REASONS[reason])) if reason in _REASONS else ""
    if rule.condition.kind != "metric":
        if state == "firing":
            return joined((capital(condition(rule)), "."))
        return said("Over: %(condition)s%(why)s.", condition=condition(rule), why=why)
    limit = said(_LIMITS[rule.condition.operator], limit=shown(rule, rule.condition.threshold))
    now = shown(rule, value)
    if state == "firing":
        return said("%(metric)s is %(value)s, %(limit)s.", metric=rule.metric, value=now, limit=limit)
    past = said("%(metric)s is %(value)s; the alert was for %(limit)s", metric=rule.metric, value=now, limit=limit)
    return joined((past, why, "."))


def told(rule: Rule | None, incident: Incident, state: str) -> Said:
    """The sentence for an incident that is told as `firing` or `resolved`; `rule` is None once it is gone."""
    if rule is None:
        return said("%(rule)s: %(reason)s.", rule=incident.rule, reason=said(_GONE))
    return message(rule, state, incident.value, incident.reason)


def announcement(rule: Rule | None, incident: Incident) -> dict[str, Any]:
    """The data of the `system_alert` that tells how an incident stands; `rule` is None once it is gone."""
    return {
        "name": incident.rule,
        "severity": incident.severity,
        "state": incident.told,
        "message": str(told(rule, incident, incident.told)),
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
        **(_of_rule(rule, state, incident) if rule else {"summary": str(told(None, incident, state))}),
    }


def _of_rule(rule: Rule, state: str, incident: Incident) -> dict[str, Any]:
    return {
        "summary": rule.summary or str(message(rule, state, incident.value, incident.reason)),
        "condition": str(condition(rule)),
        "metric": rule.metric,
        "operator": rule.condition.operator,
        "threshold": rule.condition.threshold,
        "shown": {"value": str(shown(rule, incident.value)), "peak": str(shown(rule, incident.peak))},
        "runbookUrl": rule.runbook_url,
    }


def span(ms: int) -> Said:
    """A span in the largest unit that says it in a whole number."""
    if ms == DAY_MS:
        return said("1 day")
    return _in_units(ms, _SPANS)


def _every(ms: int) -> Said:
    """The same of what comes again and again."""
    return said(_EVERY_ONE[ms]) if ms in _EVERY_ONE else _in_units(ms, _EVERY)


def _in_units(ms: int, units: Sequence[tuple[str, int]]) -> Said:
    """By the largest of the units that says it in a whole number, the last being 1 ms."""
    form, size = next((one for one in units if ms >= one[1] and ms % one[1] == 0), units[-1])
    return said(form, n=ms // size)


def shown(rule: Rule, value: float) -> Said:
    """A figure of the rule's metric with its unit."""
    metric = METRICS.get(rule.condition.metric)
    unit = metric.unit if metric else ""
    if unit == "bytes":
        return _size(value)
    return said(_FIGURES.get(unit, "%(n)s"), n=float(value * 100 if unit == "ratio" else value))


def _size(value: float) -> Said:
    """Bytes in steps of 1,000."""
    step = 0
    while abs(value) >= 1_000 and step < len(SIZES) - 1:
        value, step = value / 1_000, step + 1
    return said("%(n)s %(unit)s", n=float(value), unit=SIZES[step])
