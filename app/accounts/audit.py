"""The audit log: no change without its line, and no secret in it.

A change and its line are one transaction where the change is kept in DATABASE_URL (`made`, `changed`, `gone`). What
is kept elsewhere, or can't be undone, is noted before it is done (`note`): a line may tell of what then failed, but
nothing happens without one. Who acts is handed in; nothing here looks at a request.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from app.accounts.actions import ACTIONS
from app.accounts.actors import LONGEST_ADDRESS, LONGEST_AGENT, LONGEST_NAME, Actor
from app.core.clock import Clock
from app.storage.base_audit import AuditEntry, AuditFilter, AuditStore

T = TypeVar("T")
R = TypeVar("R")

LONGEST: Final = 20_000
"""Characters of what was and of what is; of more, the fields' names alone are kept."""
HIDDEN: Final = "••••"
FAILED_PER_MINUTE: Final = 20
"""Failed logins that have a line of their own; further ones are counted in the next."""
_SECRET: Final = re.compile(
    r"pass(word|wd|phrase)?$|passw|secret|token|authori[sz]ation|cookie|credential|api.?key|private.?key|digest",
    re.IGNORECASE,
)
_USERINFO: Final = re.compile(r"(?<=//)[^/\s@]+@")


class Thing(NamedTuple):
    """What something is done to: its kind, its id and its name as they are now."""

    kind: str = ""
    id: str = ""
    name: str = ""


NOTHING: Final = Thing()


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A kind of thing that is made, changed and deleted.

    Attributes:
        word: how its actions begin: ``rule`` of ``rule.create``.
        named: its id and its name.
        shape: what is compared and shown of it; without secrets.
    """

    word: str
    named: Callable[[T], tuple[object, str]]
    shape: Callable[[T], Mapping[str, Any]]

    def thing(self, one: T) -> Thing:
        """It as the log names it."""
        number, name = self.named(one)
        return Thing(self.word, str(number), name)


@dataclass(slots=True)
class Audit:
    """Writes and reads the log; waits for the database, so call it from a real thread."""

    store: AuditStore
    clock: Clock
    _failures: MemoryStorage = field(default_factory=MemoryStorage)
    _unwritten: int = 0

    def note(
        self,
        actor: Actor,
        action: str,
        thing: Thing = NOTHING,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """Add a line; within the transaction of `together` if there is one."""
        if action not in ACTIONS:
            raise ValueError(f"There is no action {action}.")
        self.store.add(
            AuditEntry(
                at=self.clock.now_ms(),
                actor_kind=actor.kind,
                actor_id=actor.id,
                actor=actor.name[:LONGEST_NAME],
                address=_plain(actor.origin.address)[:LONGEST_ADDRESS],
                agent=_plain(actor.origin.agent)[:LONGEST_AGENT],
                action=action,
                kind=thing.kind,
                object_id=thing.id[:LONGEST_NAME],
                name=_plain(thing.name)[:LONGEST_NAME],
                before=_text(before),
                after=_text(after),
            )
        )

    def together(self, work: Callable[[], T]) -> T:
        """Run `work()`, and what it notes, as one transaction; see `Database.together`."""
        return self.store.together(work)

    def made(self, actor: Actor, kind: Kind[T], make: Callable[[], T]) -> T:
        """Make something, with its line."""

        def work() -> T:
            one = make()
            self.note(actor, f"{kind.word}.create", kind.thing(one), after=kind.shape(one))
            return one

        return self.together(work)

    def changed(
        self, actor: Actor, kind: Kind[T], old: Callable[[], T], change: Callable[[], T], action: str = ""
    ) -> T:
        """Change something, with its line: what `old` finds before that beside what comes of it."""

        def work() -> T:
            before = old()
            after = change()
            was, is_now = difference(kind.shape(before), kind.shape(after))
            self.note(actor, action or f"{kind.word}.change", kind.thing(after), before=was, after=is_now)
            return after

        return self.together(work)

    def gone(self, actor: Actor, kind: Kind[T], old: Callable[[], T], remove: Callable[[], R]) -> R:
        """Delete something, with its line, which keeps what it was."""

        def work() -> R:
            before = old()
            result = remove()
            self.note(actor, f"{kind.word}.delete", kind.thing(before), before=kind.shape(before))
            return result

        return self.together(work)

    def failed(self, actor: Actor, thing: Thing) -> None:
        """Note a failed login; a flood of them is counted rather than written."""
        if not MovingWindowRateLimiter(self._failures).hit(RateLimitItemPerMinute(FAILED_PER_MINUTE), "failed"):
            self._unwritten += 1
            return
        more, self._unwritten = self._unwritten, 0
        self.note(actor, "login.failed", thing, after={"notWritten": more} if more else None)

    def entries(self, wanted: AuditFilter, *, before: int | None = None, limit: int = 100) -> list[AuditEntry]:
        """See `AuditStore`."""
        return list(self.store.entries(wanted, before=before, limit=limit))

    def actors(self) -> list[str]:
        """See `AuditStore`."""
        return list(self.store.actors())


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What two records do not have in common, as deep as they are records."""
    was: dict[str, Any] = {}
    is_now: dict[str, Any] = {}
    for name in [*before, *(name for name in after if name not in before)]:
        old, new = before.get(name), after.get(name)
        if old == new and (name in before) == (name in after):
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            was[name], is_now[name] = difference(old, new)
            continue
        if name in before:
            was[name] = old
        if name in after:
            is_now[name] = new
    return was, is_now


def without_secrets(value: Any, name: str = "") -> Any:
    """`value` with a mark in place of whatever is called as secrets are, and of names and passwords in addresses."""
    if _SECRET.search(name) and not (isinstance(value, bool) or value in (None, "", [], {})):
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(key): without_secrets(part, str(key)) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(part, name) for part in value]
    return _USERINFO.sub(f"{HIDDEN}@", value) if isinstance(value, str) else value


def _text(value: Mapping[str, Any] | None) -> str | None:
    if value is None:
        return None
    text = msgspec.json.encode(without_secrets(value)).decode()
    if len(text) > LONGEST:
        text = msgspec.json.encode({str(name)[:100]: "…" for name in list(value)[:100]}).decode()
    return text.replace("\\u0000", "�")


def _plain(text: str) -> str:
    return "".join(sign if sign.isprintable() else "�" for sign in text)
