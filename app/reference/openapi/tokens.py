"""What programs send to be let in."""

from typing import Any, Final

from app.accounts.names import LONGEST
from app.accounts.ranges import EXAMPLES, FIELD, MOST
from app.accounts.ranges import LONGEST as LONGEST_RANGE
from app.accounts.roles import SCOPES
from app.reference.openapi.operation import DONE, JSON, Body, Operation, Part, told
from app.reference.shapes import COUNT, TEXT, TIME, Schema, about, listed, maybe, one_of, page_of, ref, text, thing

_RANGES: Final[Schema] = about(
    listed(text(most=LONGEST_RANGE), most=MOST),
    f"the address ranges that it is taken from, as in {EXAMPLES}; none for anywhere",
)
_FIELDS: Final = {
    "id": COUNT,
    "name": about(TEXT, "the sender's"),
    "scope": one_of(SCOPES),
    "prefix": about(TEXT, "how it begins"),
    "createdBy": about(maybe(TEXT), "who made it, by their name then"),
    "createdAt": TIME,
    FIELD: _RANGES,
    "expiresAt": maybe(TIME),
    "lastUsedAt": about(maybe(TIME), "to the minute"),
    "revokedAt": maybe(TIME),
}
_SENT: Final[Schema] = thing(
    {
        "name": about(text(1, LONGEST), "the sender's; a second token of its name goes on with its jobs"),
        "scope": one_of(SCOPES),
        "expiresAt": {"type": ["string", "integer", "null"], "description": "RFC 3339, or ms since 1970 UTC"},
        FIELD: _RANGES,
    },
    optional=("expiresAt", FIELD),
    closed=True,
)
EXAMPLE: Final[dict[str, Any]] = {"name": "nightly", "scope": "ingest", FIELD: ["10.0.0.0/8"]}
_PATH: Final = {"tokenId": 1}

PART: Final = Part(
    name="Tokens",
    about="What programs send to be let in. Their text is told once, when they are made.",
    operations={
        "GET /api/v1/tokens": Operation(
            summary="List tokens",
            answers={200: told("All of them, revoked ones included, newest first.", page_of(ref("Token")))},
        ),
        "POST /api/v1/tokens": Operation(
            summary="Make a token",
            about="By a token that is bound to addresses, or ends: with ranges within its own, and no later end.",
            body=Body(about="The token.", content={JSON: ref("TokenConfig")}, example=EXAMPLE),
            answers={201: told("It, and its text, which is told this once.", ref("TokenMade"))},
        ),
        "GET /api/v1/tokens/{tokenId}": Operation(
            summary="Read a token", path=_PATH, answers={200: told("It.", ref("Token"))}
        ),
        "PATCH /api/v1/tokens/{tokenId}": Operation(
            summary="Bind a token to addresses",
            about="What is connected with it has to come again, and is let in from the new ranges alone. A token that "
            "is bound itself gives none beyond its own.",
            path=_PATH,
            body=Body(
                about="The new ranges.",
                content={JSON: thing({FIELD: _RANGES}, closed=True)},
                example={FIELD: ["10.0.0.0/8", "2001:db8::/32"]},
            ),
            answers={200: told("It.", ref("Token"))},
        ),
        "DELETE /api/v1/tokens/{tokenId}": Operation(
            summary="Revoke a token",
            about="At once: what is connected with it is cut off. It stays on the list, with the time.",
            path=_PATH,
            answers=DONE,
        ),
    },
    schemas={
        "Token": thing(_FIELDS),
        "TokenMade": thing({**_FIELDS, "token": about(TEXT, "its text")}),
        "TokenConfig": _SENT,
    },
)
