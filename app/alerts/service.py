"""Alerts, as the rest of the house sees them: incidents, who looks after them, and when rules are evaluated."""

import threading
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any, Final

from app.alerts.backtest import Backtest
from app.alerts.defaults import DEFAULTS
from app.alerts.engine import Announce, Engine
from app.alerts.overlay import Overlay
from app.alerts.quiet import Silences
from app.alerts.rulebook import Rulebook
from app.alerts.rules import Rule, parse
from app.alerts.standing import Standing, standing
from app.alerts.world import World
from app.core.clock import Clock
from app.core.errors import Conflict, InvalidInput, NotFound
from app.metrics.past import Walk
from app.storage.base import Commit
from app.storage.base_alerts import ALL, AlertStore, Entry, Incident, IncidentFilter, Instance, RuleRow
from app.storage.base_counts import Counted
from app.storage.base_evaluations import EvaluationStore
from app.storage.base_series import Cells
from app.storage.base_silences import SilenceRow, SilenceStore
from scrapewatch.events import EVENTS

STATES: Final = ("firing", "acknowledged", "resolved")
MAX_NOTE: Final = 1_000

_TELLING: Final = frozenset(name for name in EVENTS if name.startswith("job_")) - {"job_progress"} | {"metric"}
"""Events after which the figures may meet a rule's condition at once."""
_TRIES: Final = 5
_SLICE: Final = 2_000
"""Lines that one transaction deletes."""


@dataclass(frozen=True, slots=True)
class Stores:
    """What is kept of alerts."""

    alerts: AlertStore
    evaluations: EvaluationStore
    silences: SilenceStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Bells:
    """Whom alerts wake.

    Attributes:
        announce: see `Engine`.
        kick: asks for an evaluation soon; called from the writer thread, so it must not wait.
        insisting: the names of channels for which an end is written though the rule does not tell it.
        looked: told that rules were evaluated: notices may wait, and alerts stand otherwise.
        changed: told that somebody has changed a rule, a silence or an incident, beside `kick`.
        afterwards: calls what it is given once the change is committed; see `Database.afterwards`.
    """

    announce: Announce
    kick: Callable[[], object]
    insisting: Callable[[], Set[str]] = frozenset
    looked: Callable[[], object] = lambda: None
    changed: Callable[[], object] = lambda: None
    afterwards: Callable[[Callable[[], object]], object] = lambda ring: ring()


class Alerts:
    """Incidents and the evaluation that makes them.

    Args:
        backtest: plays rules over the past.
        holder: the name of this evaluator, no other's.
    """

    def __init__(
        self,
        stores: Stores,
        clock: Clock,
        world: World,
        bells: Bells,
        *,
        backtest: Backtest,
        holder: str,
    ) -> None:
        self._store = stores.alerts
        self._evaluations = stores.evaluations
        self._clock = clock
        self._bells = bells
        self._backtest = backtest
        self._jobs = world.jobs
        self.rules = Rulebook(stores.alerts, self._changed)
        self.silences = Silences(
            stores.silences, stores.alerts, stores.evaluations, self.rules, clock, changed=self._changed
        )
        overlay = Overlay(stores.silences, bells.insisting)
        self._engine = Engine(stores.evaluations, clock, world, overlay, bells.announce, holder=holder)

    def rebuild(self) -> None:
        """Take the open jobs of the store; before the first commit is handed in."""
        self._jobs.rebuild()

    def begin(self) -> None:
        """Give a new house its rules; harmless later."""
        self._store.add_first_rules([RuleRow(name=rule.name, config=rule.config) for rule in DEFAULTS])

    def evaluate(self) -> None:
        """Hold every rule against the world of now; from a real thread that is not the writer."""
        if self._engine.evaluate(self.rules.all()):
            self._bells.looked()

    def leads(self) -> bool:
        """Whether this process evaluates, and so does what one process alone may do."""
        return self._engine.leads()

    def evaluated_at(self) -> int | None:
        """When rules were last evaluated by any process, in ms since 1970 UTC; None for never."""
        return self._evaluations.evaluated_at()

    def _changed(self) -> None:
        self._bells.afterwards(self._bells.kick)
        self._bells.afterwards(self._bells.changed)

    def release(self, timeout_s: float) -> None:
        """Let another process evaluate at once; whoever can't be told within that time finds out by himself."""
        telling = threading.Thread(target=self._engine.release, daemon=True)
        telling.start()
        telling.join(timeout_s)

    def on_commit(self, commit: Commit) -> None:
        """Note what jobs do, and ask for an evaluation if a job's state or a user's figures changed."""
        self._jobs.on_commit(commit)
        if any(event.type in _TELLING for event in commit.telling):
            self._bells.kick()

    def forget(self, job_id: str) -> None:
        """A job was deleted."""
        self._jobs.forget(job_id)

    def clean_up(self, kept_ms: int) -> int:
        """Forget lines of timelines that are older; returns how many went."""
        before_ms, gone = self._clock.now_ms() - kept_ms, 0
        while went := self._store.forget_before(before_ms, _SLICE):
            gone += went
        return gone

    def list_rules(self) -> list[Rule]:
        """All rules, by name."""
        return self.rules.all()

    def incident(self, incident_id: int) -> Incident:
        """One incident, with its present figure as far as this process knows.

        Raises:
            NotFound: there is none of that id.
        """
        return self._engine.present.incident(self._stored(incident_id))

    def _stored(self, incident_id: int) -> Incident:
        found = self._store.incident(incident_id)
        if found is None:
            raise NotFound("There is no incident %(n)s", n=incident_id)
        return found

    def open_incident(self, incident_id: int) -> Incident:
        """One incident that is not over, as it is stored.

        Raises:
            NotFound: there is none of that id.
            Conflict: it is over.
        """
        found = self._stored(incident_id)
        if found.state == "resolved":
            raise Conflict("Incident %(n)s is over", n=incident_id)
        return found

    def silence(self, incident: Incident, reason: str, to_ms: int | None, by: str) -> SilenceRow:
        """Keep one incident quiet, and nothing else of its rule, until that time or until it is over.

        Raises:
            InvalidInput: naming a field of the silence.
        """
        about = (("rule", incident.rule), *incident.group)
        matchers = [{"name": name, "operator": "=", "value": value} for name, value in about]
        return self.silences.create({"matchers": matchers, "reason": reason, "to": to_ms, "incident": incident.id}, by)

    def incidents(self, wanted: IncidentFilter = ALL, *, before: int | None = None, limit: int = 100) -> list[Incident]:
        """Newest first, from the id `before` (not included) backwards; figures as of `incident`.

        Raises:
            InvalidInput: a state is none of `STATES`.
        """
        for state in wanted.states:
            if state not in STATES:
                raise InvalidInput("state must be one of %(known)s", known=", ".join(STATES), field="state")
        present = self._engine.present
        return [present.incident(one) for one in self._store.incidents(wanted, before=before, limit=limit)]

    def count(self, wanted: IncidentFilter, over: Cells, most: int) -> Counted:
        """How many of the newest `most` started in each of the cells, by severity."""
        return self._store.count(wanted, over, most)

    def standing(self) -> Standing:
        """How they stand as a whole."""
        return standing(self._store.open_by_state(), self.evaluated_at())

    def timeline(self, incident_id: int) -> list[Entry]:
        """What happened to an incident, oldest first; of 0, near misses, newest first."""
        return self._store.timeline(incident_id)

    def instances(self, states: Sequence[str] = ()) -> list[Instance]:
        """Those that pend, fire or recover, oldest first; figures as of `incident`."""
        present = self._engine.present
        return [present.instance(one) for one in self._evaluations.instances(states)]

    def backtest(self, config: object, from_ms: int, to_ms: int) -> dict[str, Any]:
        """What a rule would have done; see `Backtest.run`.

        Raises:
            InvalidInput: naming a field of the rule, below ``rule``, or the span.
        """
        try:
            rule = parse(config)
        except InvalidInput as error:
            raise InvalidInput(error.said, field=f"rule.{error.field}" if error.field else "rule") from None
        return self._backtest.run(rule, from_ms, to_ms, self._clock.now_ms())

    def walk(self, rule: Rule, from_ms: int, to_ms: int) -> Walk:
        """The figures that a rule on a metric saw, or would have seen, between two moments.

        Raises:
            InvalidInput: naming `from` or a field of the rule: they can't be told.
        """
        return self._backtest.walk(rule, from_ms, to_ms, self._clock.now_ms())

    def replay(self, rule: Rule, walk: Walk) -> dict[str, Any]:
        """What `backtest` says, of figures that `walk` has read."""
        return self._backtest.replay(rule, walk)

    def acknowledge(self, incident_id: int, by: str, note: str | None = None, until: int | None = None) -> Incident:
        """Say that somebody looks after it, until a time or the end; a second time without more changes nothing.

        Raises:
            NotFound: there is none of that id.
            Conflict: it is over, or changes at this very moment.
            InvalidInput: the note is too long, or `until` has passed.
        """
        now_ms = self._clock.now_ms()
        if note is not None and len(note) > MAX_NOTE:
            raise InvalidInput("note must be at most %(most)s characters long", most=MAX_NOTE, field="note")
        if until is not None and until <= now_ms:
            raise InvalidInput("until must lie ahead", field="until")
        for _ in range(_TRIES):
            found = self.open_incident(incident_id)
            if found.state == "acknowledged" and note is None and until is None:
                return found
            acked = replace(
                found, state="acknowledged", acked_by=by, acked_at=now_ms, acked_until=until, note=note, held=""
            )
            detail = {"by": by, "note": note, "until": until}
            entry = Entry(at=now_ms, kind="acknowledged", detail=detail, rule_id=found.rule_id)
            changed = self._store.change(acked, [entry])
            if changed is not None:
                self._changed()
                return changed
        raise Conflict("Incident %(n)s has just changed; look again", n=incident_id)
