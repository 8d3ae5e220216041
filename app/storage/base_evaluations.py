"""What the house asks of the store that evaluators write to: the lease, and each turn as a whole."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from app.storage.base_alerts import Entry, Incident, Instance


@dataclass(slots=True, frozen=True, kw_only=True)
class Outgoing:
    """A notice to be, to one channel.

    Attributes:
        kind: `firing`, `update`, `reminder` or `resolved`.
        body: what it says; the incident's id is added where it is stored.
    """

    kind: str
    channel: str
    body: Mapping[str, Any]


@dataclass(slots=True, frozen=True, kw_only=True)
class Change:
    """An incident as it shall be, with what is to be written of it and told about it; new if its `id` is 0."""

    incident: Incident
    entries: Sequence[Entry] = ()
    outgoing: Sequence[Outgoing] = ()


@dataclass(slots=True, frozen=True, kw_only=True)
class Lease:
    """The right to evaluate.

    Attributes:
        fence: a number that no other holder had.
        evaluated_at: when rules were last evaluated by anybody; None for never.
        cursor: up to which event they were.
    """

    holder: str
    fence: int
    evaluated_at: int | None = None
    cursor: int | None = None


@dataclass(slots=True, kw_only=True)
class Turn:
    """What one evaluation changes: all of it, or nothing, is written; `kinds` are those of errors that were seen."""

    at: int
    expires_at: int
    cursor: int
    instances: list[Instance] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    kinds: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be told of it but that it was."""
        return not (self.instances or self.changes or self.entries or self.kinds)


class EvaluationStore(Protocol):
    """What an evaluator keeps: its lease, and each turn in one transaction."""

    def take_lease(self, holder: str, now_ms: int, length_ms: int) -> Lease | None:
        """The lease, if it is free, over, ours, or of a time that can't be; None while another holds it."""
        ...

    def evaluated_at(self) -> int | None:
        """When rules were last evaluated by anybody; None for never."""
        ...

    def release_lease(self, lease: Lease, now_ms: int) -> None:
        """Let another have it at once."""
        ...

    def instances(self, states: Sequence[str] = ()) -> list[Instance]:
        """Those that are not `ok`, oldest first; of these states, if some are named."""
        ...

    def standing(self, ended_after_ms: int) -> list[Incident]:
        """The incidents that are open, ended after that time, or have yet to be told or announced."""
        ...

    def write(self, lease: Lease, turn: Turn) -> list[Incident]:
        """Write a turn in one transaction; returns its incidents as they are stored, in the order of its changes.

        Raises:
            app.core.errors.Conflict: the lease is another's, or an incident has changed meanwhile; nothing was written.
        """
        ...

    def error_kinds(self, kinds: Iterable[str]) -> dict[str, int]:
        """Those of them that are known, and when they were last noted."""
        ...

    def has_error_kinds(self) -> bool:
        """Whether any is known."""
        ...

    def announced(self, incident_id: int, state: str) -> None:
        """Note that this state was announced; no change of the incident."""
        ...
