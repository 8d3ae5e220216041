"""What the house asks of the store of rules and incidents, which is always the one at DATABASE_URL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from app.storage.base_counts import Counted
from app.storage.base_series import Cells


@dataclass(slots=True, frozen=True, kw_only=True)
class Rule:
    """When to open an incident, and whom to tell.

    Attributes:
        id: the store's number, 0 before it is stored.
        name: unique; what incidents and notices call it.
        operator: one of `app.alerts.rules.OPERATORS`; the condition is ``metric operator threshold``.
        cooldown_ms: the least gap between two problem notices; never delays the news that it is over.
        min_samples: of fewer samples nothing is concluded, for metrics that are made of some.
    """

    name: str
    metric: str
    operator: str
    threshold: float
    severity: str
    channels: tuple[str, ...]
    cooldown_ms: int
    min_samples: int = 1
    enabled: bool = True
    id: int = 0


@dataclass(slots=True, frozen=True, kw_only=True)
class Incident:
    """A rule's condition, for as long as it holds; times in ms since 1970 UTC.

    Attributes:
        id: the store's number, 0 before it is stored.
        version: changes with every change, for compare-and-set.
        rule: the rule's name when the incident opened.
        state: `firing`, `acknowledged` or `resolved`.
        value: the metric when the state last changed.
        peak: the value furthest into the condition.
        reason: why it was resolved: `recovered`, `paused` or `rule_deleted`; "" before.
        told: the state that outsiders were last told: "" for none, `firing` or `resolved`.
        told_at: when they were last told that it fires.
    """

    rule_id: int
    rule: str
    severity: str
    started_at: int
    value: float
    peak: float
    state: str = "firing"
    ended_at: int | None = None
    reason: str = ""
    acked_by: str | None = None
    acked_at: int | None = None
    note: str | None = None
    told: str = ""
    told_at: int | None = None
    version: int = 1
    id: int = 0


@dataclass(slots=True, frozen=True, kw_only=True)
class IncidentFilter:
    """Which incidents; empty is any. `rule` is looked for in the rule's name; times are of the start, both included."""

    states: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    rule: str = ""
    from_ms: int | None = None
    to_ms: int | None = None


ALL: Final = IncidentFilter()


class AlertStore(Protocol):
    """Rules and incidents."""

    def rules(self) -> list[Rule]:
        """All of them, by name."""
        ...

    def add_first_rules(self, rules: Sequence[Rule]) -> bool:
        """Add the rules that a new house begins with; False, and nothing changed, when that was done before."""
        ...

    def newest_incidents(self) -> list[Incident]:
        """Of each rule, deleted ones included, its newest incident; an open one is always the newest."""
        ...

    def open(self, incident: Incident) -> Incident | None:
        """Store a new incident; None when its rule has an open one already."""
        ...

    def change(self, incident: Incident) -> Incident | None:
        """Write `incident` if nobody has changed it since it was read; None otherwise."""
        ...

    def incident(self, incident_id: int) -> Incident | None:
        """One incident, or None."""
        ...

    def incidents(self, wanted: IncidentFilter = ALL, *, before: int | None = None, limit: int = 100) -> list[Incident]:
        """Newest first by id, from `before` (not included) backwards."""
        ...

    def count(self, wanted: IncidentFilter, over: Cells, most: int) -> Counted:
        """How many of the newest `most` started in each of the cells, by severity."""
        ...

    def counts(self) -> dict[str, int]:
        """How many incidents are `firing` and `acknowledged`."""
        ...
