"""Holds every rule against the world: writes what changes with the notices of it, then announces it.

One evaluator works at a time, under a lease in the database. All that an evaluation changes is one transaction, which
fails as a whole when the lease has gone to another or an operator has changed an incident meanwhile; then everything is
read again. So of two evaluators nobody tells anything twice, and after a restart everything goes on where it stood.

What was written and could not be announced is announced at the next evaluation: rather twice than never.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any, Final

from app.alerts import states
from app.alerts.incidents import RESOLVED, Draft, closed, gather, groups_of, near_misses
from app.alerts.ports import Overlay, View, World
from app.alerts.present import NOTHING, Present, Seen
from app.alerts.rules import Rule
from app.alerts.telling import tell, tell_end
from app.alerts.wording import announcement
from app.core.clock import Clock
from app.core.errors import Conflict, Unavailable
from app.storage.base_alerts import Incident, Instance
from app.storage.base_evaluations import Change, EvaluationStore, Lease, Turn
from app.storage.base_series import DAY_MS, Labels

log = logging.getLogger(__name__)

Announce = Callable[[dict[str, Any]], object]

LEASE_MS: Final = 10_000
FAILURES: Final = 3
"""Evaluations of a rule that fail one after the other until that is an alert of its own."""
_TRIES: Final = 3
_SIGN_OF_LIFE_MS: Final = 2_500
_LONGEST_MEMORY_MS: Final = 7 * DAY_MS
"""An incident that ended longer ago does not open again, however long the cooldown."""


class Engine:
    """Evaluates the rules.

    Attributes:
        present: what is measured now, as far as this process knows; replaced as a whole.

    Args:
        holder: the name under which the lease is held; no other evaluator's.
        announce: told of a change with the data of a `system_alert`: name, severity, state (`firing` or
            `resolved`), message, value, threshold, and incident (its id). May raise to be told again later.
    """

    def __init__(
        self, store: EvaluationStore, clock: Clock, world: World, overlay: Overlay, announce: Announce, *, holder: str
    ) -> None:
        self._store = store
        self._clock = clock
        self._world = world
        self._overlay = overlay
        self._announce = announce
        self._holder = holder
        self._lease: Lease | None = None
        self._written_ms = self._held_ms = 0
        self._instances: dict[int, dict[Labels, Instance]] = {}
        self._failures: Counter[int] = Counter()
        self._troubles: list[dict[str, Any]] = []
        self.present = NOTHING

    def evaluate(self, rules: Sequence[Rule]) -> bool:
        """Hold every rule against the world; one rule's failure is logged and stops no other.

        Returns:
            False when another evaluator has the lease, and nothing was done.

        Raises:
            app.core.errors.Unavailable: the store can't be used.
        """
        for _ in range(_TRIES):
            try:
                return self._evaluate(rules)
            except Conflict as conflict:
                log.debug("Evaluated again: %s", conflict)
                self._forget()
            except Exception:
                self._forget()
                raise
        return False

    def leads(self) -> bool:
        """Whether this evaluator has the lease, as far as it knows."""
        return self._lease is not None and 0 <= self._clock.now_ms() - self._held_ms < LEASE_MS

    def release(self) -> None:
        """Let another evaluator go on at once."""
        lease, self._lease, self.present = self._lease, None, NOTHING
        if lease is None:
            return
        try:
            self._store.release_lease(lease, self._clock.now_ms())
        except Unavailable as refusal:
            log.debug("The lease could not be given back: %s", refusal)

    def _forget(self) -> None:
        self._lease = None

    def _evaluate(self, rules: Sequence[Rule]) -> bool:
        now_ms = self._clock.now_ms()
        lease = self._hold(now_ms)
        if lease is None:
            self.present = NOTHING
            return False
        view = self._world.look(rules, lease.cursor, now_ms)
        horizon_ms = min(max((rule.cooldown_ms for rule in rules), default=0), _LONGEST_MEMORY_MS)
        standing = self._store.standing(now_ms - horizon_ms)
        turn = Turn(at=now_ms, expires_at=now_ms + LEASE_MS, cursor=view.cursor, kinds=view.kinds)
        drafts = self._drafts(rules, view, standing, turn)
        turn.changes = [
            Change(incident=draft.incident, entries=draft.entries, outgoing=draft.outgoing)
            for draft in drafts
            if draft.changed
        ]
        stored = self._write(lease, turn)
        self._take(turn.instances)
        self.present = Present({rule.id: Seen(rule, dict(self._instances.get(rule.id, {}))) for rule in rules})
        over = {incident.id for incident in stored if incident.state == RESOLVED}
        if over:
            self._overlay.ended(over, now_ms)
        changed = {incident.id: incident for incident in stored}
        self._announce_all(rules, {**{one.id: one for one in standing}, **changed}.values())
        return True

    def _write(self, lease: Lease, turn: Turn) -> list[Incident]:
        """Write the turn; one that changes nothing only now and then, as a sign of life."""
        if turn.is_empty and 0 <= turn.at - self._written_ms < _SIGN_OF_LIFE_MS:
            return []
        stored = self._store.write(lease, turn)
        self._written_ms = turn.at
        return stored

    def _hold(self, now_ms: int) -> Lease | None:
        """Have the lease; what another may have written meanwhile is read anew."""
        lease = self._store.take_lease(self._holder, now_ms, LEASE_MS)
        if lease is not None and (self._lease is None or self._lease.fence != lease.fence):
            self._instances = {}
            self._take(states.reloaded(one, lease.evaluated_at, now_ms) for one in self._store.instances())
        self._lease, self._held_ms = lease, now_ms
        return lease

    def _take(self, changed: Iterable[Instance]) -> None:
        for one in changed:
            if one.state != states.OK:
                self._instances.setdefault(one.rule_id, {})[one.labels] = one

    def _drafts(self, rules: Sequence[Rule], view: View, standing: Sequence[Incident], turn: Turn) -> list[Draft]:
        by_rule: dict[int, dict[Labels, Incident]] = {}
        for incident in standing:  # oldest first: the newest of a group stays
            by_rule.setdefault(incident.rule_id, {})[incident.group] = incident
        drafted: list[tuple[Rule, list[Draft], dict[Labels, list[Instance]]]] = []
        for rule in rules:
            theirs = by_rule.pop(rule.id, {})
            try:
                drafts, groups = self._move(rule, view, theirs, turn)
            except Exception:
                log.exception("The rule %s could not be evaluated", rule.name)
                self._failed(rule)
                continue
            self._failures.pop(rule.id, None)
            drafted.append((rule, drafts, groups))
        firing = [one for _, _, groups in drafted for members in groups.values() for one in members]
        mute = self._overlay.read(rules, standing, firing, turn.at)
        for rule, drafts, groups in drafted:
            for draft in drafts:
                members = groups.get(draft.incident.group, [])
                tell(rule, draft, members, mute(rule, members), turn.at, self._overlay.insisting)
        known = {rule.id for rule in rules}
        return [draft for _, drafts, _ in drafted for draft in drafts] + self._orphans(known, by_rule, turn)

    def _move(
        self, rule: Rule, view: View, standing: Mapping[Labels, Incident], turn: Turn
    ) -> tuple[list[Draft], dict[Labels, list[Instance]]]:
        """Move the rule's instances, and gather what that makes of its incidents."""
        held = self._instances.get(rule.id, {})
        after = {one.labels: one for one in moved(rule, view, held, turn.at)}
        steps = [(held.get(labels) or Instance(rule_id=rule.id, labels=labels), one) for labels, one in after.items()]
        moves = [(before, one) for before, one in steps if before.state != one.state]
        turn.instances += [one for before, one in steps if is_worth_writing(before, one)]
        turn.entries += near_misses(moves, turn.at)
        self._instances[rule.id] = {labels: one for labels, one in after.items() if _is_worth_keeping(rule, one)}
        groups = groups_of(rule, after.values())
        return gather(rule, moves, groups, standing, turn.at), groups

    def _orphans(self, known: Set[int], standing: Mapping[int, Mapping[Labels, Incident]], turn: Turn) -> list[Draft]:
        """Rules are gone: their instances and incidents are over, and who was told of them is told."""
        for rule_id in self._instances.keys() - known:
            turn.instances += [states.over(one, "rule_deleted") for one in self._instances.pop(rule_id).values()]
        drafts = []
        for incident in (one for groups in standing.values() for one in groups.values() if one.state != RESOLVED):
            draft = Draft(incident, incident)
            closed(draft, "rule_deleted", incident.value, turn.at)
            tell_end(None, draft, turn.at)
            drafts.append(draft)
        return drafts

    def _announce_all(self, rules: Sequence[Rule], incidents: Iterable[Incident]) -> None:
        by_id = {rule.id: rule for rule in rules}
        while self._troubles:
            self._announce(self._troubles[-1])
            self._troubles.pop()
        for incident in incidents:
            if incident.told == incident.announced:
                continue
            try:
                self._announce(announcement(by_id.get(incident.rule_id), incident))
            except Exception:
                log.exception("Incident %s could not be announced", incident.id)
                continue
            self._store.announced(incident.id, incident.told)

    def _failed(self, rule: Rule) -> None:
        """Say that a rule can't be evaluated, once it is no accident any more."""
        self._failures[rule.id] += 1
        if self._failures[rule.id] == FAILURES:
            self._troubles.append(
                {
                    "name": "alert_engine_error",
                    "severity": "error",
                    "state": "firing",
                    "message": f"The rule {rule.name} could not be evaluated {FAILURES} times.",
                }
            )


def moved(rule: Rule, view: View, held: Mapping[Labels, Instance], now_ms: int) -> list[Instance]:
    """The rule's instances as the world makes them, the new ones included."""
    if not rule.enabled:
        return [states.over(one, "paused") for one in held.values()]
    figures, otherwise = view.figures(rule), view.otherwise(rule)
    found = []
    alone: dict[Labels, None] = {} if rule.scope else {(): None}  # there even if nothing was ever measured
    for labels in {**alone, **held, **figures}:
        one = held.get(labels) or Instance(rule_id=rule.id, labels=labels)
        if not rule.fits(labels):
            found.append(states.over(one, "rule_changed"))
        elif one.state != states.OK and view.is_over(rule, labels):
            found.append(states.over(one, "job_ended"))
        else:
            found.append(states.step(rule, one, figures.get(labels, otherwise), now_ms))
    return found


def _is_worth_keeping(rule: Rule, one: Instance) -> bool:
    """Whether an instance is more than its next figure: what is well is kept only if its silence would be bad."""
    return one.state != states.OK or (rule.enabled and rule.no_data == "alert" and not one.reason)


def is_worth_writing(before: Instance, after: Instance) -> bool:
    """Whether an instance must be written: its figure alone is no news."""
    if before.state == after.state == states.OK:
        return False
    return replace(before, value=after.value) != after
