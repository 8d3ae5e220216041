"""Users and tokens as outsiders see them, in the API and in ``--json`` lists: never a hash, never a secret."""

from typing import Any

import msgspec

from app.core.clock import rfc3339, rfc3339_or_none
from app.storage.base_accounts import Token, User
from app.storage.base_audit import AuditEntry


def user_json(user: User) -> dict[str, Any]:
    """A user."""
    return {
        "id": user.id,
        "username": user.username,
        "role": user.role,
        "disabled": user.disabled,
        "state": "disabled" if user.disabled else "active" if user.password_hash else "invited",
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
        "createdBy": token.created_by,
        "createdAt": rfc3339(token.created_at),
        "allowedAddresses": list(token.allowed),
        "expiresAt": rfc3339_or_none(token.expires_at),
        "lastUsedAt": rfc3339_or_none(token.last_used_at),
        "revokedAt": rfc3339_or_none(token.revoked_at),
    }


def entry_json(entry: AuditEntry) -> dict[str, Any]:
    """A line of the audit log; `before` and `after` hold what differs, None where there was or is nothing."""
    return {
        "id": entry.id,
        "at": rfc3339(entry.at),
        "actor": {"kind": entry.actor_kind, "id": entry.actor_id, "name": entry.actor},
        "address": entry.address,
        "agent": entry.agent,
        "action": entry.action,
        "object": {"kind": entry.kind, "id": entry.object_id, "name": entry.name} if entry.kind else None,
        "before": None if entry.before is None else msgspec.json.decode(entry.before),
        "after": None if entry.after is None else msgspec.json.decode(entry.after),
    }
