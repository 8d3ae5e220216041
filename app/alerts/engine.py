"""Holds every rule against the figures: writes what changes, then tells it.

A change is written with compare-and-set before anybody hears of it, so of two evaluators one wins, and a firing
incident goes on after a restart. What was to be told and could not be is told at the next evaluation: rather
twice than never.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from app.alerts import states
from app.core.clock import Clock
from app.storage.base_alerts import AlertStore, Incident, Rule

log = logging.getLogger(__name__)

Announce = Callable[[dict[str, Any]], object]


class Engine:
    """Evaluates the rules.

    Args:
        announce: told of a change with the data of a `system_alert`: name, severity, state (`firing` or
            `resolved`), message, value, threshold, and incident (its id). May raise to be told again later.
    """

    def __init__(self, store: AlertStore, clock: Clock, announce: Announce) -> None:
        self._store = store
        self._clock = clock
        self._announce = announce

    def evaluate(self, values: Mapping[str, float]) -> None:
        """Hold every rule against `values`; one rule's failure is logged and stops no other.

        Raises:
            app.core.errors.Unavailable: the store can't be read.
        """
        now_ms = self._clock.now_ms()
        newest = {incident.rule_id: incident for incident in self._store.newest_incidents()}
        for rule in self._store.rules():
            try:
                self._evaluate(rule, newest.pop(rule.id, None), states.value_of(rule, values), now_ms)
            except Exception:
                log.exception("The rule %s could not be evaluated", rule.name)
        for incident in newest.values():
            if incident.state in states.OPEN:  # its rule is gone, and with it whoever was to be told
                self._store.change(states.resolved(incident, incident.value, "rule_deleted", now_ms))

    def _evaluate(self, rule: Rule, last: Incident | None, value: float | None, now_ms: int) -> None:
        changed = states.moved(rule, last, value, now_ms)
        if changed is not None:
            last = self._store.change(changed) if changed.id else self._store.open(changed)
        if last is None:  # there is none, or another evaluator was faster
            return
        state = states.due(rule, last, now_ms)
        if state:
            self._announce(_notice(rule, last, state, last.value if value is None else value))
            self._store.change(states.told(last, state, now_ms))


def _notice(rule: Rule, incident: Incident, state: str, value: float) -> dict[str, Any]:
    return {
        "name": rule.name,
        "severity": incident.severity,
        "state": state,
        "message": states.message(rule, state, value),
        "value": value,
        "threshold": rule.threshold,
        "incident": incident.id,
    }
