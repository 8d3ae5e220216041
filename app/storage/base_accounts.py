"""Users, tokens and senders as the house knows them, and what it asks of the store that keeps them.

A sender is the identity that owns jobs. A token belongs to the sender of its name, a user to the one of theirs;
senders outlive both, so that a token can be replaced without orphaning its jobs. Times are ms since 1970 UTC.
"""

from dataclasses import dataclass
from typing import Protocol, TypedDict


@dataclass(frozen=True, slots=True)
class Sender:
    """A named identity that ingests."""

    id: int
    name: str
    created_at: int


@dataclass(frozen=True, slots=True)
class User:
    """A person who logs in.

    Attributes:
        sender_id: who they are when they ingest.
        key: the name without case and look-alikes; unique.
        session_version: rises when all their sessions must end.
        password_hash: "" while they have chosen none.
        theme: `dark`, `light`, `system`, or None for the server's default.
    """

    id: int
    sender_id: int
    username: str
    key: str
    password_hash: str
    role: str
    session_version: int
    disabled: bool
    created_at: int
    last_login_at: int | None
    theme: str | None


@dataclass(frozen=True, slots=True)
class Token:
    """A secret that a program sends; only its SHA-256 is kept.

    Attributes:
        name: the sender's.
        digest: SHA-256 of the token, 32 bytes.
        prefix: its first characters, so that a person can tell it from others.
        allowed: the address ranges that it is taken from, as CIDR; none for anywhere.
        created_by: who made it, by their name then; None for one that is older than this column.
    """

    id: int
    sender_id: int
    name: str
    scope: str
    digest: bytes
    prefix: str
    created_at: int
    expires_at: int | None
    last_used_at: int | None
    revoked_at: int | None
    allowed: tuple[str, ...] = ()
    created_by: str | None = None

    def is_usable(self, now_ms: int) -> bool:
        """Whether it is neither revoked nor over."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now_ms)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that is to be; attributes as of `Token`."""

    name: str
    scope: str
    digest: bytes
    prefix: str
    expires_at: int | None = None
    allowed: tuple[str, ...] = ()
    created_by: str | None = None


class UserChanges(TypedDict, total=False):
    """The fields of a user that may change."""

    password_hash: str
    role: str
    session_version: int
    disabled: bool
    last_login_at: int
    theme: str | None


class TokenChanges(TypedDict, total=False):
    """The fields of a token that may change."""

    last_used_at: int
    revoked_at: int
    allowed: tuple[str, ...]


class AccountStore(Protocol):
    """Where users, tokens and senders are kept.

    Every change raises the revision in the same transaction, so that whoever remembers an answer can tell whether
    it still holds; a change of `last_login_at` or `last_used_at` alone does not, as it answers nothing anew.
    """

    def revision(self) -> int:
        """How many changes there have been."""
        ...

    def sender(self, name: str, *, at_ms: int) -> Sender:
        """The sender of that name, made now if there is none."""
        ...

    def users(self) -> list[User]:
        """Everyone, by name."""
        ...

    def user(self, user_id: int) -> User | None:
        """One user, or None."""
        ...

    def user_by_key(self, key: str) -> User | None:
        """One user by the name without case and look-alikes, or None."""
        ...

    def add_user(self, username: str, key: str, *, password_hash: str, role: str, at_ms: int) -> User:
        """Make a user, and the sender of that name if there is none.

        Raises:
            Conflict: the key is taken.
        """
        ...

    def change_user(self, user_id: int, changes: UserChanges) -> User:
        """Set the fields given.

        Raises:
            NotFound: no such user.
        """
        ...

    def tokens(self) -> list[Token]:
        """Every token, revoked ones included, newest first."""
        ...

    def token(self, token_id: int) -> Token | None:
        """One token, or None."""
        ...

    def token_by_digest(self, digest: bytes) -> Token | None:
        """One token by its SHA-256, or None."""
        ...

    def add_token(self, new: NewToken, *, at_ms: int) -> Token:
        """Make a token of the sender of its name, which is made too if there is none.

        Raises:
            Conflict: the same token exists.
        """
        ...

    def change_token(self, token_id: int, changes: TokenChanges) -> Token:
        """Set the fields given.

        Raises:
            NotFound: no such token.
        """
        ...
