"""The four permissions, and what a user's role or a token's scope grants of them.

Every view and every socket message names one permission; roles and scopes are looked up nowhere else.
"""

from collections.abc import Iterable
from typing import Final

from app.core.errors import InvalidInput

READ: Final = "read"
INGEST: Final = "ingest"
OPERATE: Final = "operate"
ADMIN: Final = "admin"

ROLES: Final[dict[str, frozenset[str]]] = {
    "viewer": frozenset({READ}),
    "operator": frozenset({READ, INGEST, OPERATE}),
    "admin": frozenset({READ, INGEST, OPERATE, ADMIN}),
}

SCOPES: Final[dict[str, frozenset[str]]] = {
    "ingest": frozenset({INGEST}),
    "read": frozenset({READ}),
    "operate": frozenset({READ, INGEST, OPERATE}),
    "admin": frozenset({READ, INGEST, OPERATE, ADMIN}),
}


def checked_word(word: str, allowed: Iterable[str], field: str) -> None:
    """Refuse a role or a scope that is none.

    Raises:
        InvalidInput: naming `field`.
    """
    known = list(allowed)
    if word not in known:
        raise InvalidInput("Must be one of %(known)s.", known=", ".join(known), field=field)
