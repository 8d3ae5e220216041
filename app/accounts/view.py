"""Users and tokens as outsiders see them, in the API and in ``--json`` lists: never a hash, never a secret."""

from typing import Any

from app.core.clock import rfc3339
from app.storage.base_accounts import Token, User


def user_json(user: User) -> dict[str, Any]:
    """A user."""
    return {
        "id": user.id,
        "username": user.username,
        "role": user.role,
        "disabled": user.disabled,
        "createdAt": rfc3339(user.created_at),
        "lastLoginAt": _time(user.last_login_at),
    }


def token_json(token: Token) -> dict[str, Any]:
    """A token; `prefix` is how its text begins."""
    return {
        "id": token.id,
        "name": token.name,
        "scope": token.scope,
        "prefix": token.prefix,
        "createdAt": rfc3339(token.created_at),
        "expiresAt": _time(token.expires_at),
        "lastUsedAt": _time(token.last_used_at),
        "revokedAt": _time(token.revoked_at),
    }


def _time(ms: int | None) -> str | None:
    return None if ms is None else rfc3339(ms)
