"""What the house asks of the store of rules, their instances and incidents, which is always the one at DATABASE_URL.

An *instance* is a rule's condition for one set of labels; an *incident* is what people are told of, and gathers the
instances of a rule that agree in the labels it groups by. All times are ms since 1970 UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from app.storage.base_counts import Counted
from app.storage.base_series import Cells, Labels


@dataclass(slots=True, frozen=True, kw_only=True)
class RuleRow:
    """A rule as it was given.

    Attributes:
        id: the store's number, 0 before it is stored.
        name: unique.
        config: its fields.
        version: changes with every change, for compare-and-set.
    """

    name: str
    config: Mapping[str, Any]
    version: int = 1
    id: int = 0


@dataclass(slots=True, frozen=True, kw_only=True)
class Instance:
    """How a rule's condition stands for one set of labels.

    Attributes:
        state: `ok`, `pending`, `firing` or `recovering`.
        since: when it began to pend or to recover, less the time in which nothing was heard.
        starts_at: when the condition began to hold.
        value: the last figure.
        peak: the figure furthest into the condition.
        quiet_since: since when nothing is heard; None while something is.
        flaps: how often it was recovering and fired again.
        reason: why it is in its state, where that is not its figure: `no_data`.
    """

    rule_id: int
    labels: Labels
    state: str = "ok"
    since: int = 0
    starts_at: int = 0
    value: float = 0.0
    peak: float = 0.0
    quiet_since: int | None = None
    flaps: int = 0
    reason: str = ""


@dataclass(slots=True, frozen=True, kw_only=True)
class Incident:
    """What people are told of, from the first instance that fires to the last one that is over.

    Attributes:
        id: the store's number, 0 before it is stored.
        version: changes with every change, for compare-and-set.
        rule: the rule's name when the incident opened.
        group: the labels that its instances agree in.
        state: `firing`, `acknowledged` or `resolved`.
        opened_at: when it was opened; `started_at` may lie before, where the condition had to hold for a while.
        value: the figure of the instance that changed last.
        peak: the figure furthest into the condition.
        reason: why it was resolved: `recovered`, `no_data`, `job_ended`, `paused`, `rule_changed` or `rule_deleted`;
            "" before.
        members: how many instances fire.
        left: how many no longer do.
        joined: how many came since it was last told.
        again: how often it opened again.
        last_ended_at: when it had ended, before it opened again.
        flaps: how often one of its instances was recovering and fired again.
        acked_until: when the acknowledgement ends by itself; None for at the end of the incident.
        muted: why nobody is told of it: "" while nothing keeps it quiet.
        held: the last suppression that the timeline tells of.
        told: the state that channels were last told: "" for none, `firing` or `resolved`.
        told_at: when they were last told that there is a problem.
        told_severity: how bad it was then.
        channels: those that were told that it fires.
        reminders: how many were sent.
        sequence: how many times anything was sent.
        announced: the state that was last announced on the sockets.
    """

    rule_id: int
    rule: str
    severity: str
    started_at: int
    opened_at: int
    value: float
    peak: float
    group: Labels = ()
    state: str = "firing"
    ended_at: int | None = None
    reason: str = ""
    members: int = 1
    left: int = 0
    joined: int = 0
    again: int = 0
    last_ended_at: int | None = None
    flaps: int = 0
    acked_by: str | None = None
    acked_at: int | None = None
    acked_until: int | None = None
    note: str | None = None
    muted: str = ""
    held: str = ""
    told: str = ""
    told_at: int | None = None
    told_severity: str = ""
    channels: tuple[str, ...] = ()
    reminders: int = 0
    sequence: int = 0
    announced: str = ""
    version: int = 1
    id: int = 0


@dataclass(slots=True, frozen=True, kw_only=True)
class Entry:
    """A line of a timeline.

    Attributes:
        kind: what happened: see `app.alerts.incidents`.
        detail: its particulars: labels, from and to state, value, who, why.
        incident_id: 0 where there is none, as for a near miss.
    """

    at: int
    kind: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    rule_id: int = 0
    incident_id: int = 0
    id: int = 0


@dataclass(slots=True, frozen=True, kw_only=True)
class IncidentFilter:
    """Which incidents; empty is any. Times are of the start, both included.

    Attributes:
        rule: looked for in the rule's name.
        groups: rules by their ids, each with the group of it whose open incident is meant.
    """

    states: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    rule: str = ""
    groups: tuple[tuple[int, Labels], ...] = ()
    from_ms: int | None = None
    to_ms: int | None = None


ALL: Final = IncidentFilter()
OPEN: Final = ("firing", "acknowledged")
"""The states of incidents that are not over."""


class AlertStore(Protocol):
    """Rules and incidents, as people read and change them."""

    def rules(self) -> list[RuleRow]:
        """All of them, by name."""
        ...

    def add_rule(self, rule: RuleRow) -> RuleRow | None:
        """Store a new one; None when its name is taken."""
        ...

    def change_rule(self, rule: RuleRow) -> RuleRow | None:
        """Write it if nobody has changed it since that version; None otherwise.

        Raises:
            app.core.errors.Conflict: its name is taken by another.
        """
        ...

    def delete_rule(self, rule_id: int) -> bool:
        """Forget one; False when there is none."""
        ...

    def add_first_rules(self, rules: Sequence[RuleRow]) -> bool:
        """Add the rules that a new house begins with; False, and nothing changed, when that was done before."""
        ...

    def change(self, incident: Incident, entries: Sequence[Entry] = ()) -> Incident | None:
        """Write `incident` and its timeline if nobody has changed it since it was read; None otherwise."""
        ...

    def incident(self, incident_id: int) -> Incident | None:
        """One incident, or None."""
        ...

    def incidents(self, wanted: IncidentFilter = ALL, *, before: int | None = None, limit: int = 100) -> list[Incident]:
        """Newest first by id, from `before` (not included) backwards."""
        ...

    def open_by_state(self) -> dict[tuple[str, bool], int]:
        """How many incidents are not over, by their state and whether something keeps them quiet."""
        ...

    def count(self, wanted: IncidentFilter, over: Cells, most: int) -> Counted:
        """How many of the newest `most` started in each of the cells, by severity."""
        ...

    def timeline(self, incident_id: int, *, limit: int = 1_000) -> list[Entry]:
        """What happened to an incident, oldest first; of 0, what happened without one, newest first."""
        ...

    def forget_before(self, at_ms: int, limit: int) -> int:
        """Forget up to `limit` lines of timelines that are older; returns how many. Incidents stay in the history.

        Kinds of errors that were not seen since then are forgotten with them.
        """
        ...
