"""Users and tokens as outsiders see them, in the API and in ``--json`` lists: never a hash, never a secret."""

from typing import Any

from app.core.clock import rfc3339, rfc3339_or_none
from app.storage.base_accounts import Token, User


def user_json(user: User) -> dict[str, Any]:
    """A user."""
    return {
        "id": user.id,
        "username": user.username,
        "role": user.role,
        "disabled": user.disabled,
        "createdAt": rfc3339(user.created_at),
        "lastLoginAt": rfc3339_or_none(user.last_login_at),
    }


def token_json(token: Token) -> dict[str, Any]:
    """A token; `prefix` is how its text begins."""
    return {
        "id": token.id,
        "name": token.name,
        "scope": token.scope,
        "prefix": token.prefix,
        "createdAt": rfc3339(token.created_at),
        "expiresAt": rfc3339_or_none(token.expires_at),
        "lastUsedAt": rfc3339_or_none(token.last_used_at),
        "revokedAt": rfc3339_or_none(token.revoked_at),
    }
