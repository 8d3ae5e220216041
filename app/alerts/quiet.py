"""Silences, as the rest of the house sees them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from app.alerts.rulebook import Rulebook
from app.alerts.rules import Rule
from app.alerts.silences import Silence, parse
from app.core.clock import Clock
from app.core.errors import Conflict, InvalidInput, NotFound
from app.storage.base_alerts import AlertStore, Instance
from app.storage.base_evaluations import EvaluationStore
from app.storage.base_silences import SilenceRow, SilenceStore

MAX_SILENCES: Final = 1_000
"""That have not ended; each is held against each instance that fires."""


class Silences:
    """What is to be quiet.

    Args:
        changed: asks for an evaluation soon.
    """

    def __init__(
        self,
        store: SilenceStore,
        alerts: AlertStore,
        evaluations: EvaluationStore,
        rules: Rulebook,
        clock: Clock,
        *,
        changed: Callable[[], object],
    ) -> None:
        self._store = store
        self._alerts = alerts
        self._evaluations = evaluations
        self._rules = rules
        self._clock = clock
        self._changed = changed

    def all(self, *, ended: bool = False) -> list[SilenceRow]:
        """Newest first; those that have ended only if asked for."""
        return self._store.silences(None if ended else self._clock.now_ms())

    def get(self, silence_id: int) -> SilenceRow:
        """One silence.

        Raises:
            NotFound: there is none of that id.
        """
        found = self._store.silence(silence_id)
        if found is None:
            raise NotFound("There is no silence %(n)s", n=silence_id)
        return found

    def create(self, config: object, by: str) -> SilenceRow:
        """Store a new one.

        Raises:
            InvalidInput: a field can't be used.
            Conflict: there are too many.
        """
        now_ms = self._clock.now_ms()
        found, fields = self._read(config, now_ms)
        if len(self.all()) >= MAX_SILENCES:
            raise Conflict("There may be %(most)s silences at most", most=MAX_SILENCES)
        row = SilenceRow(config=fields, created_by=by, created_at=now_ms, ended_at=found.to_ms)
        added = self._store.add(row)
        self._changed()
        return added

    def change(self, silence_id: int, config: object, version: int | None = None) -> SilenceRow:
        """Put what was sent in its place; `version` is the one that was looked at, if whoever changes it says so.

        Raises:
            InvalidInput: a field can't be used.
            NotFound: there is none of that id.
            Conflict: it has changed meanwhile.
        """
        row = self.get(silence_id)
        found, fields = self._read(config, row.created_at)
        new = replace(row, config=fields, ended_at=found.to_ms)
        changed = self._store.change(new) if version in {None, row.version} else None
        if changed is None:
            raise Conflict("Silence %(n)s has changed meanwhile; look again", n=silence_id)
        self._changed()
        return changed

    def delete(self, silence_id: int) -> None:
        """End it; it stays in the list of those that have ended. One that has ended already is forgotten.

        Raises:
            NotFound: there is none of that id.
            Conflict: it changes at this very moment.
        """
        row, now_ms = self.get(silence_id), self._clock.now_ms()
        if row.ended_at is not None and row.ended_at <= now_ms:
            self._store.delete(silence_id)
        elif self._store.change(replace(row, ended_at=now_ms)) is None:
            raise Conflict("Silence %(n)s has just changed; look again", n=silence_id)
        self._changed()

    def preview(self, config: object) -> list[tuple[Rule, Instance]]:
        """What it would match of what pends, fires or recovers now, whatever the hour.

        Raises:
            InvalidInput: a field can't be used.
        """
        silence, _ = self._read(config, self._clock.now_ms())
        by_id = {rule.id: rule for rule in self._rules.all()}
        found = [(by_id[one.rule_id], one) for one in self._evaluations.instances() if one.rule_id in by_id]
        return [(rule, one) for rule, one in found if silence.matches(rule, one)]

    def _read(self, config: object, now_ms: int) -> tuple[Silence, dict[str, Any]]:
        found, fields = parse(config, now_ms)
        if found.incident is not None and self._alerts.incident(found.incident) is None:
            raise InvalidInput("must be the id of an incident", field="incident")
        return found, fields
