"""Sessions of pages, and links by which somebody chooses a password, as the house asks them of their store.

Of both only the SHA-256 of a secret is kept: the browser's cookie holds the one, whoever was sent the link the other.
Times are ms since 1970 UTC.
"""

from dataclasses import dataclass
from typing import Protocol

from app.storage.base_accounts import AccountStore, User


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which a user is signed in.

    Attributes:
        address: where it was begun from.
        agent: what the browser called itself.
    """

    id: int
    user_id: int
    began_at: int
    last_used_at: int
    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class PasswordLink:
    """Lets whoever has it choose a user's password, once.

    Attributes:
        invites: whether the user has had no password so far.
    """

    user_id: int
    invites: bool
    created_at: int
    expires_at: int


class SessionStore(Protocol):
    """Where both are kept. Ending a session raises the accounts' revision; using one does not.

    A change of a user's `session_version` ends all of that user's sessions in the same transaction, and takes back the
    link.
    """

    def add_session(self, digest: bytes, session: Session, *, forget_before_ms: int) -> Session:
        """Keep a new one under the digest, and forget all that began before that time; its `id` is the store's."""
        ...

    def session(self, digest: bytes) -> tuple[Session, User] | None:
        """The one of that digest and whose it is, by one look; None where there is none."""
        ...

    def is_open(self, session_id: int) -> bool:
        """Whether it was not ended."""
        ...

    def sessions(self, user_id: int) -> list[Session]:
        """Those of a user, the last used first."""
        ...

    def use_session(self, session_id: int, at_ms: int) -> None:
        """Note when it was used."""
        ...

    def end_session(self, user_id: int, session_id: int) -> bool:
        """End one of the user's; False where there is none of that number."""
        ...

    def end_other_sessions(self, user_id: int, session_id: int) -> int:
        """End all of the user's but that one; returns how many."""
        ...

    def put_link(self, digest: bytes, link: PasswordLink) -> None:
        """Keep it in place of the one that the user has."""
        ...

    def link(self, digest: bytes) -> PasswordLink | None:
        """The one of that digest, or None."""
        ...

    def links(self) -> dict[int, PasswordLink]:
        """Each user's that has one."""
        ...

    def drop_link(self, user_id: int) -> bool:
        """Take back the user's; False where there is none."""
        ...


class WholeAccountStore(AccountStore, Protocol):
    """Accounts together with their sessions."""

    @property
    def sessions(self) -> SessionStore:
        """Where those are kept, in the same transactions."""
        ...
