"""The four permissions, and what a user's role or a token's scope grants of them.

Every view and every socket message names one permission; roles and scopes are looked up nowhere else.
"""

from typing import Final

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
