"""What is told of an incident now, and why not: pure functions of the time.

In this order: is there anything to tell; do inhibition or a silence keep it quiet; does somebody look after it, so that
reminders are of no use; is the last problem notice too recent. Whatever keeps a notice back is a line of the timeline,
so "why was I not told?" has an answer.

A notice that it is over is never kept back: it goes at once to the channels that heard of the problem, and to no other.
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import replace
from typing import Final

from app.alerts.incidents import RESOLVED, Draft, worst_of
from app.alerts.rules import SEVERITIES, Rule
from app.alerts.wording import body
from app.storage.base_alerts import Incident, Instance
from app.storage.base_evaluations import Outgoing

ACKNOWLEDGED: Final = "acknowledged"


def tell(
    rule: Rule,
    draft: Draft,
    members: Sequence[Instance],
    muted: str,
    now_ms: int,
    insisting: Callable[[], Set[str]] = frozenset,
) -> None:
    """Put what is to be told into the draft, or the reason why it is not.

    Args:
        rule: the rule.
        draft: its incident.
        members: its open instances.
        muted: what keeps it quiet, in words; "" for nothing.
        now_ms: the time.
        insisting: the channels for which an end is written though the rule does not tell it; who of them and of their
            stand-ins hears of it is settled when it is sent.
    """
    if draft.incident.state == RESOLVED:
        tell_end(rule, draft, now_ms, insisting)
        return
    _review(rule, draft, muted, now_ms)
    kind = due(rule, draft.incident, now_ms)
    if not kind:
        return
    reason = muted or _reason(rule, draft.incident, kind, now_ms)
    if reason:
        _hold(draft, kind, reason, now_ms)
    else:
        _tell_problem(rule, draft, kind, members, now_ms)


def tell_end(rule: Rule | None, draft: Draft, now_ms: int, insisting: Callable[[], Set[str]] = frozenset) -> None:
    """Tell that an incident is over to those who were told that it fires; `rule` is None once it is gone.

    What happens at one moment has no end to tell, unless its rule says so.
    """
    held = draft.incident
    if held.told != "firing":
        if draft.before is None or draft.before.state != RESOLVED:
            draft.note(now_ms, "suppressed", notice="firing", reason="over before it could be told")
        return
    draft.incident = replace(held, told=RESOLVED, sequence=held.sequence + 1)
    channels = held.channels
    if rule is not None and not rule.send_resolved:
        draft.note(now_ms, "suppressed", notice=RESOLVED, reason="sendResolved is false")
        insist = frozenset() if rule.condition.is_moment else insisting()
        channels = tuple(channel for channel in channels if channel in insist)
        if not channels:
            return
    draft.note(now_ms, "notice", notice=RESOLVED, channels=list(channels))
    said = body(rule, draft.incident, RESOLVED, (), now_ms)
    if rule is not None and not rule.send_resolved:
        said["sendResolved"] = False
    draft.outgoing += [Outgoing(kind=RESOLVED, channel=channel, body=said) for channel in channels]


def due(rule: Rule, incident: Incident, now_ms: int) -> str:
    """The kind of notice that an open incident would have now; "" for none."""
    if incident.told != "firing":
        return "" if 0 <= now_ms - incident.opened_at < rule.group_wait_ms else "firing"
    if incident.joined or _rank(incident.severity) > _rank(incident.told_severity):
        return "update"
    is_due = incident.told_at is not None and now_ms - incident.told_at >= rule.repeat_interval_ms > 0
    return "reminder" if is_due and incident.reminders < (rule.max_reminders or incident.reminders + 1) else ""


def is_cooling(rule: Rule, incident: Incident, now_ms: int) -> bool:
    """Whether the last problem notice, or the end before it came again, is too recent; a clock set back ends it."""
    moments = (incident.told_at, incident.last_ended_at if incident.told != "firing" else None)
    return any(at_ms is not None and 0 <= now_ms - at_ms < rule.cooldown_ms for at_ms in moments)


def lifted(incident: Incident) -> Incident:
    """The incident when nobody is said to look after it any more."""
    return replace(incident, state="firing", acked_by=None, acked_at=None, acked_until=None, note=None)


def _review(rule: Rule, draft: Draft, muted: str, now_ms: int) -> None:
    """Note what operators and the clock have changed: severity, acknowledgement, quiet."""
    held = draft.incident
    if rule.severity != held.severity:
        draft.note(now_ms, "severity", before=held.severity, after=rule.severity)
        worse = _rank(rule.severity) > _rank(held.severity)
        draft.incident = replace(held, severity=rule.severity)
        if worse and held.state == ACKNOWLEDGED:
            draft.note(now_ms, "ack_ended", reason="worse")
            draft.incident = lifted(draft.incident)
    until = draft.incident.acked_until
    if draft.incident.state == ACKNOWLEDGED and until is not None and until <= now_ms:
        draft.note(now_ms, "ack_ended", reason="until", by=held.acked_by)
        draft.incident = lifted(draft.incident)
    if muted != held.muted:
        draft.note(now_ms, "muted" if muted else "unmuted", reason=muted or held.muted)
        draft.incident = replace(draft.incident, muted=muted)


def _reason(rule: Rule, incident: Incident, kind: str, now_ms: int) -> str:
    if incident.state == ACKNOWLEDGED and kind != "firing":
        return f"acknowledged by {incident.acked_by}"
    return "cooldown" if is_cooling(rule, incident, now_ms) else ""


def _hold(draft: Draft, kind: str, reason: str, now_ms: int) -> None:
    """Keep a notice back, and say so once."""
    is_covered = kind == "update" and reason.startswith("acknowledged")
    mark = f"{kind}: {reason}"
    if draft.incident.held != mark or is_covered:
        draft.note(now_ms, "suppressed", notice=kind, reason=reason)
        draft.incident = replace(draft.incident, held=mark)
    if is_covered:  # who looks after it looks after those that came later, too
        draft.incident = replace(draft.incident, joined=0)


def _tell_problem(rule: Rule, draft: Draft, kind: str, members: Sequence[Instance], now_ms: int) -> None:
    held = draft.incident
    first = kind == "firing"
    told = replace(
        held,
        value=worst_of(rule, members) if members else held.value,
        told="firing",
        told_at=now_ms,
        told_severity=held.severity,
        channels=rule.channels if first else tuple(dict.fromkeys((*held.channels, *rule.channels))),
        reminders=0 if first else held.reminders + (kind == "reminder"),
        sequence=held.sequence + 1,
        joined=0,
        held="",
    )
    draft.incident = told
    draft.note(now_ms, "notice", notice=kind, channels=list(rule.channels))
    said = body(rule, told, kind, members, now_ms)
    draft.outgoing += [Outgoing(kind=kind, channel=channel, body=said) for channel in rule.channels]


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
