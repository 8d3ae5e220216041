"""What a rule's incident comes to at a value, and what is to be told of it: pure functions of the time.

::

    (none) ── holds ──▶ firing ── no longer ──▶ resolved
                         │   ▲                     │
             acknowledge ▼   └── holds again within the cooldown
                   acknowledged ── no longer ──▶ resolved

No value is no news: without a value, or with too few samples behind it, an incident stays what it is.
Telling goes by its own clock: that a problem is there is told once, at least a cooldown after the last time; that
it is over is told at once, to those who were told of it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from app.alerts.rules import holds, worse
from app.metrics.catalogue import METRICS
from app.storage.base_alerts import Incident, Rule

OPEN: Final = ("firing", "acknowledged")
_WORDS: Final = {
    ">": "above",
    "<": "below",
    "==": "at",
    ">=": "at or above",
    "<=": "at or below",
    "!=": "other than",
}


def value_of(rule: Rule, values: Mapping[str, float]) -> float | None:
    """The rule's metric, or None if it was not measured or from too few samples."""
    metric = METRICS.get(rule.metric)
    if metric and metric.samples and values.get(metric.samples, 0.0) < rule.min_samples:
        return None
    return values.get(rule.metric)


def moved(rule: Rule, last: Incident | None, value: float | None, now_ms: int) -> Incident | None:
    """What the rule's newest incident becomes, a new one (`id` 0) included; None when nothing changes."""
    is_open = last is not None and last.state in OPEN
    if not rule.enabled:
        return resolved(last, last.value, "paused", now_ms) if last and is_open else None
    if value is None:
        return None
    if last and is_open:
        return _worsened(rule, last, value) if holds(rule, value) else resolved(last, value, "recovered", now_ms)
    if not holds(rule, value):
        return None
    return _reopened(rule, last, value) if last and is_cooling(rule, last, now_ms) else _opened(rule, value, now_ms)


def due(rule: Rule, incident: Incident, now_ms: int) -> str:
    """What outsiders are to be told now: `firing`, `resolved`, or "" for nothing."""
    if incident.state in OPEN:
        return "" if incident.told == "firing" or is_cooling(rule, incident, now_ms) else "firing"
    return "resolved" if incident.told == "firing" else ""


def told(incident: Incident, state: str, now_ms: int) -> Incident:
    """The incident once outsiders were told `state`."""
    return replace(incident, told=state, told_at=now_ms if state == "firing" else incident.told_at)


def is_cooling(rule: Rule, incident: Incident, now_ms: int) -> bool:
    """Whether the last problem notice is so recent that there must be no other; a clock set back ends it."""
    return incident.told_at is not None and 0 <= now_ms - incident.told_at < rule.cooldown_ms


def resolved(incident: Incident, value: float, reason: str, now_ms: int) -> Incident:
    """The incident, over."""
    return replace(incident, state="resolved", ended_at=now_ms, value=value, reason=reason)


def message(rule: Rule, state: str, value: float) -> str:
    """A sentence for a person."""
    limit = f"{_WORDS[rule.operator]} {_shown(rule, rule.threshold)}"
    if state == "firing":
        return f"{rule.metric} is {_shown(rule, value)}, {limit}."
    return f"{rule.metric} is {_shown(rule, value)}; the alert was for {limit}."


def _opened(rule: Rule, value: float, now_ms: int) -> Incident:
    return Incident(rule_id=rule.id, rule=rule.name, severity=rule.severity, started_at=now_ms, value=value, peak=value)


def _reopened(rule: Rule, last: Incident, value: float) -> Incident:
    return replace(
        last,
        state="firing",
        severity=rule.severity,
        ended_at=None,
        reason="",
        value=value,
        peak=worse(rule, last.peak, value),
        acked_by=None,
        acked_at=None,
        note=None,
    )


def _worsened(rule: Rule, last: Incident, value: float) -> Incident | None:
    peak = worse(rule, last.peak, value)
    return None if peak == last.peak else replace(last, peak=peak)


def _shown(rule: Rule, value: float) -> str:
    metric = METRICS.get(rule.metric)
    if metric and metric.unit == "ratio":
        return f"{_number(value * 100)} %"
    unit = f" {metric.unit}" if metric and metric.unit in {"bytes", "ms", "per second"} else ""
    return f"{_number(value)}{unit}"


def _number(value: float) -> str:
    """To three decimals, or as many as a small one needs to be seen."""
    return f"{value:,.3f}".rstrip("0").rstrip(".") if value == 0 or abs(value) >= 0.001 else f"{value:.3g}"
