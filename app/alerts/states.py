"""How a rule's condition stands for one set of labels: pure functions of the figure and the time.

::

    ok ── holds, no `for` ─────────────────────▶ firing ── past resolveThreshold ──▶ recovering
     │                                            ▲  ▲                                │   │
     └─ holds ──▶ pending ── after `for` ─────────┘  └────── holds (a flap) ──────────┘   │
     ▲              │                                                                     │
     └── no longer ─┘◀───────────────────────────────────────── after keepFiringFor ──────┘

A figure that is missing is no news: clocks are held, nothing fires and nothing is over. Only where the rule says so is
silence, once it has lasted `staleAfter`, taken for a figure that is good or bad.

Clocks go by the wall. One that is set back makes a clock begin anew, so that nothing happens sooner than it may.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from app.alerts.rules import Rule
from app.storage.base_alerts import Instance

OK: Final = "ok"
PENDING: Final = "pending"
FIRING: Final = "firing"
RECOVERING: Final = "recovering"
OPEN: Final = (FIRING, RECOVERING)
"""The states in which an instance belongs to an incident."""
GREATEST_GAP_MS: Final = 3_600_000
"""An evaluator that was away for longer has clocks begin anew."""


def step(rule: Rule, one: Instance, value: float | None, now_ms: int) -> Instance:
    """What an instance becomes when its figure is `value`, or is missing."""
    if value is None:
        return _unheard(rule, one, now_ms)
    return _STEPS[one.state](rule, _heard(one, now_ms), value, now_ms)


def over(one: Instance, reason: str) -> Instance:
    """The instance once it ended for another reason than its figure: `job_ended`, `paused`, `rule_deleted`."""
    return replace(one, state=OK, reason=reason)


def reloaded(one: Instance, evaluated_ms: int | None, now_ms: int) -> Instance:
    """The instance as an evaluator takes it over that was last here at `evaluated_ms`.

    Silence is counted from now: it may have been our own.
    """
    if one.quiet_since is not None:
        one = replace(_heard(one, now_ms), quiet_since=now_ms)
    if evaluated_ms is not None and 0 <= now_ms - evaluated_ms <= GREATEST_GAP_MS:
        return one
    return replace(one, since=now_ms) if one.state in {PENDING, RECOVERING} else one


def _from_ok(rule: Rule, one: Instance, value: float, now_ms: int) -> Instance:
    if not rule.condition.holds(value):
        return replace(one, value=value, reason="")
    begun = replace(one, value=value, peak=value, since=now_ms, starts_at=now_ms, flaps=0, reason="")
    return replace(begun, state=PENDING if rule.for_ms else FIRING)


def _from_pending(rule: Rule, one: Instance, value: float, now_ms: int) -> Instance:
    if not rule.condition.holds(value):
        return replace(one, state=OK, value=value)
    worse = replace(one, value=value, peak=rule.condition.worse(one.peak, value))
    return replace(worse, state=FIRING) if now_ms - one.since >= rule.for_ms else worse


def _from_firing(rule: Rule, one: Instance, value: float, now_ms: int) -> Instance:
    if rule.condition.holds(value, rule.resolve_threshold):
        return replace(one, value=value, peak=rule.condition.worse(one.peak, value), reason="")
    return _recovering(rule, replace(one, value=value), "", now_ms)


def _from_recovering(rule: Rule, one: Instance, value: float, now_ms: int) -> Instance:
    if rule.condition.holds(value):
        peak = rule.condition.worse(one.peak, value)
        return replace(one, state=FIRING, value=value, peak=peak, flaps=one.flaps + 1, reason="")
    if rule.condition.holds(value, rule.resolve_threshold):  # between both thresholds: not bad, not yet good
        return replace(one, value=value, since=now_ms, reason="")
    heard = replace(one, value=value, reason="")
    return replace(heard, state=OK) if now_ms - one.since >= rule.keep_firing_for_ms else heard


def _recovering(rule: Rule, one: Instance, reason: str, now_ms: int) -> Instance:
    return replace(one, state=RECOVERING if rule.keep_firing_for_ms else OK, since=now_ms, reason=reason)


def _heard(one: Instance, now_ms: int) -> Instance:
    """Hold the clock over the time in which nothing was heard."""
    gap_ms = 0 if one.quiet_since is None or one.reason else max(0, now_ms - one.quiet_since)
    since = min(one.since + gap_ms, now_ms)
    if since == one.since and one.quiet_since is None:
        return one
    return replace(one, since=since, quiet_since=None)


def _unheard(rule: Rule, one: Instance, now_ms: int) -> Instance:
    if one.quiet_since is None or one.quiet_since > now_ms:
        return replace(one, quiet_since=now_ms)
    if rule.no_data == "keep" or one.state == PENDING or now_ms - one.quiet_since < rule.stale_after_ms:
        return one
    return _SILENCES[rule.no_data](rule, one, now_ms)


def _taken_for_good(rule: Rule, one: Instance, now_ms: int) -> Instance:
    if one.state == FIRING:
        return _recovering(rule, one, "no_data", now_ms)
    if one.state == RECOVERING and not one.reason:  # its clock was held so far
        return replace(one, since=now_ms, reason="no_data")
    if one.state == RECOVERING and now_ms - one.since >= rule.keep_firing_for_ms:
        return replace(one, state=OK)
    return one


def _taken_for_bad(_rule: Rule, one: Instance, now_ms: int) -> Instance:
    if one.state == RECOVERING:
        return replace(one, state=FIRING, flaps=one.flaps + 1, reason="no_data")
    if one.state == OK:
        return replace(
            one,
            state=FIRING,
            peak=one.value,
            since=now_ms,
            starts_at=one.quiet_since or now_ms,
            flaps=0,
            reason="no_data",
        )
    return one


_STEPS: Final[Mapping[str, Callable[[Rule, Instance, float, int], Instance]]] = {
    OK: _from_ok,
    PENDING: _from_pending,
    FIRING: _from_firing,
    RECOVERING: _from_recovering,
}
_SILENCES: Final[Mapping[str, Callable[[Rule, Instance, int], Instance]]] = {
    "ok": _taken_for_good,
    "alert": _taken_for_bad,
}
