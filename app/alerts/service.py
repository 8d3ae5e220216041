"""Alerts, as the rest of the house sees them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from app.alerts.defaults import DEFAULTS
from app.alerts.engine import Announce, Engine
from app.core.clock import Clock, rfc3339
from app.core.errors import Conflict, InvalidInput, NotFound
from app.storage.base import Commit
from app.storage.base_alerts import ALL, AlertStore, Incident, IncidentFilter, Rule
from app.storage.base_counts import Counted
from app.storage.base_series import Cells
from scrapewatch.events import EVENTS

STATES: Final = ("firing", "acknowledged", "resolved")
MAX_NOTE: Final = 1_000

_TELLING: Final = frozenset(name for name in EVENTS if name.startswith("job_")) - {"job_progress"} | {"metric"}
"""Events after which the figures may meet a rule's condition at once."""


class Alerts:
    """Rules and their incidents.

    Args:
        values: the figures by metric name, as `Figures.values`.
        announce: see `Engine`.
        kick: asks for an evaluation soon; called from the writer thread, so it must not wait.
    """

    def __init__(
        self,
        store: AlertStore,
        clock: Clock,
        values: Callable[[], Mapping[str, float]],
        *,
        announce: Announce,
        kick: Callable[[], object],
    ) -> None:
        self._store = store
        self._clock = clock
        self._values = values
        self._engine = Engine(store, clock, announce)
        self._kick = kick

    def begin(self) -> None:
        """Give a new house its rules; harmless later."""
        self._store.add_first_rules(DEFAULTS)

    def evaluate(self) -> None:
        """Hold every rule against the figures of now; from a real thread that is not the writer."""
        self._engine.evaluate(self._values())

    def on_commit(self, commit: Commit) -> None:
        """Ask for an evaluation if a job's state or a user's figures changed."""
        if any(event.type in _TELLING for event in commit.telling):
            self._kick()

    def list_rules(self) -> list[Rule]:
        """All rules, by name."""
        return self._store.rules()

    def incident(self, incident_id: int) -> Incident:
        """One incident.

        Raises:
            NotFound: there is none of that id.
        """
        found = self._store.incident(incident_id)
        if found is None:
            raise NotFound(f"There is no incident {incident_id}")
        return found

    def incidents(self, wanted: IncidentFilter = ALL, *, before: int | None = None, limit: int = 100) -> list[Incident]:
        """Newest first, from the id `before` (not included) backwards.

        Raises:
            InvalidInput: a state is none of `STATES`.
        """
        for state in wanted.states:
            if state not in STATES:
                raise InvalidInput(f"state must be one of {', '.join(STATES)}", field="state")
        return self._store.incidents(wanted, before=before, limit=limit)

    def count(self, wanted: IncidentFilter, over: Cells, most: int) -> Counted:
        """How many of the newest `most` started in each of the cells, by severity."""
        return self._store.count(wanted, over, most)

    def counts(self) -> dict[str, int]:
        """How many incidents are open: `firing`, and `acknowledged`."""
        return self._store.counts()

    def acknowledge(self, incident_id: int, by: str, note: str | None = None) -> Incident:
        """Say that somebody looks after it; a second time changes nothing.

        Raises:
            NotFound: there is none of that id.
            Conflict: it is over, or changes at this very moment.
            InvalidInput: the note is too long.
        """
        if note is not None and len(note) > MAX_NOTE:
            raise InvalidInput(f"note must be at most {MAX_NOTE} characters long", field="note")
        found = self.incident(incident_id)
        if found.state == "acknowledged":
            return found
        if found.state == "resolved":
            raise Conflict(f"Incident {incident_id} is over")
        acked = replace(found, state="acknowledged", acked_by=by, acked_at=self._clock.now_ms(), note=note)
        changed = self._store.change(acked)
        if changed is None:
            raise Conflict(f"Incident {incident_id} has just changed; look again")
        return changed


def incident_json(incident: Incident) -> dict[str, Any]:
    """The incident as outsiders see it."""
    return {
        "id": incident.id,
        "rule": incident.rule,
        "severity": incident.severity,
        "state": incident.state,
        "startedAt": rfc3339(incident.started_at),
        "endedAt": None if incident.ended_at is None else rfc3339(incident.ended_at),
        "value": incident.value,
        "peak": incident.peak,
        "reason": incident.reason,
        "ackedBy": incident.acked_by,
    }
