"""Users and tokens as the audit log shows them."""

from typing import Final

from app.accounts.audit import Kind
from app.core.clock import rfc3339_or_none
from app.storage.base_accounts import Token, User


def _token(token: Token) -> dict[str, object]:
    return {
        "name": token.name,
        "scope": token.scope,
        "expiresAt": rfc3339_or_none(token.expires_at),
        "revokedAt": rfc3339_or_none(token.revoked_at),
        "allowedAddresses": list(token.allowed),
    }


USER: Final[Kind[User]] = Kind(
    "user",
    lambda user: (user.id, user.username),
    lambda user: {"username": user.username, "role": user.role, "disabled": user.disabled},
)
TOKEN: Final[Kind[Token]] = Kind("token", lambda token: (token.id, token.name), _token)
ISSUED: Final[Kind[tuple[Token, str]]] = Kind(
    "token", lambda issued: (issued[0].id, issued[0].name), lambda issued: _token(issued[0])
)
"""One that was just made, beside its text, which is shown once and not here."""
