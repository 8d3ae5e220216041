"""The audit log as the house knows it: lines that are added and never changed, and what may be asked of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One line: who did what to which thing, when and from where.

    Attributes:
        id: the store's number, 0 before it is stored; rises with time.
        at: ms since 1970 UTC.
        actor_kind: `user`, `token`, `link`, `cli`, `server` or `nobody`.
        actor_id: of the user or token; None for others.
        actor: the name as it was then.
        address: where the request came from; "" for a command.
        agent: what the client called itself.
        action: a row of `app.accounts.actions.ACTIONS`.
        kind: of what it was done to, "" for nothing in particular.
        object_id: its id as text.
        name: its name as it was then.
        before: JSON of what was otherwise before; None where there was nothing.
        after: JSON of the same afterwards; None where there is nothing.
    """

    at: int
    actor_kind: str
    actor: str
    action: str
    actor_id: int | None = None
    address: str = ""
    agent: str = ""
    kind: str = ""
    object_id: str = ""
    name: str = ""
    before: str | None = None
    after: str | None = None
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which lines; all of the fields that are given must fit.

    Attributes:
        actor: the name, whole.
        actions: one of these.
        kind: of what it was done to, and `object_id` which of them.
        from_ms: not before.
        to_ms: before this.
        q: a text that stands in a name, an address, an agent, or in what was or is.
    """

    actor: str | None = None
    actions: tuple[str, ...] = ()
    kind: str | None = None
    object_id: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    q: str | None = None


class AuditStore(Protocol):
    """Where the log is kept; nothing here changes or removes a line, and neither can anyone who has the database."""

    def together(self, work: Callable[[], T]) -> T:
        """Run `work()` so that what it changes and what it adds here is one transaction."""
        ...

    def add(self, entry: AuditEntry) -> None:
        """Add a line, within the transaction of a `together` if there is one."""
        ...

    def entries(self, wanted: AuditFilter, *, before: int | None = None, limit: int = 100) -> Sequence[AuditEntry]:
        """Newest first, from the id `before` (not included) backwards."""
        ...

    def actors(self) -> Sequence[str]:
        """The names of all who stand in it, in the order of the alphabet."""
        ...
