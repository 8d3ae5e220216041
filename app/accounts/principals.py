"""Who is asking: the one answer that every kind of credentials leads to."""

from dataclasses import dataclass

from app.accounts.roles import INGEST, ROLES, SCOPES
from app.storage.base_accounts import Token, User


@dataclass(frozen=True, slots=True)
class Principal:
    """A user, a token, or nobody in particular, with what they may do.

    Attributes:
        sender_id: the sender they ingest as; None when they may not ingest.
        session_version: the user's, by which sessions and sockets notice that they have ended.
        expires_at: when the token or the session ends, in ms since 1970 UTC; None for never.
        session_id: of the session of pages that they came by.
        allowed: the address ranges of the token, by which sockets notice that these have changed.
        is_wall: whether they are a wall screen, whose token was exchanged for a session.
    """

    name: str
    permissions: frozenset[str]
    sender_id: int | None = None
    user_id: int | None = None
    token_id: int | None = None
    role: str | None = None
    session_version: int | None = None
    expires_at: int | None = None
    is_wall: bool = False
    session_id: int | None = None
    allowed: tuple[str, ...] = ()

    def may(self, permission: str) -> bool:
        """Whether they hold that permission."""
        return permission in self.permissions


def of_user(user: User, session_id: int | None = None, ends_at: int | None = None) -> Principal:
    """What a user may do, by their role; who comes by a session of pages ends with it."""
    permissions = ROLES[user.role]
    return Principal(
        user.username,
        permissions,
        sender_id=user.sender_id if INGEST in permissions else None,
        user_id=user.id,
        role=user.role,
        session_version=user.session_version,
        expires_at=ends_at,
        session_id=session_id,
    )


def of_token(token: Token, *, is_wall: bool = False) -> Principal:
    """What a token may do, by its scope; a wall screen with it sees dashboards and nothing else."""
    permissions = SCOPES[token.scope]
    return Principal(
        token.name,
        permissions,
        sender_id=token.sender_id if INGEST in permissions else None,
        token_id=token.id,
        expires_at=token.expires_at,
        is_wall=is_wall,
        allowed=token.allowed,
    )
