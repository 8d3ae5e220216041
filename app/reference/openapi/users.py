"""Who may log in."""

from typing import Final

from app.accounts.names import LONGEST
from app.accounts.roles import ROLES
from app.reference.openapi.operation import DONE, JSON, TAKEN, Body, Operation, Part, told
from app.reference.shapes import COUNT, TEXT, TIME, TRUTH, Schema, about, maybe, one_of, page_of, ref, text, thing

_FIELDS: Final = {
    "id": COUNT,
    "username": TEXT,
    "role": one_of(ROLES),
    "disabled": about(TRUTH, "whether they are shut out"),
    "state": about(one_of(("active", "invited", "disabled")), "who is invited has chosen no password so far"),
    "createdAt": TIME,
    "lastLoginAt": maybe(TIME),
}
_LINK: Final[Schema] = about(
    thing({"address": TEXT, "expiresAt": TIME}),
    "whoever has it chooses the password; it is told this once and holds for one use",
)
_SENT: Final[Schema] = thing(
    {"username": text(1, LONGEST), "role": about(one_of(ROLES), "viewer where it is left out")},
    optional=("role",),
    closed=True,
)
_CHANGES: Final[Schema] = {
    **thing({"role": one_of(ROLES), "disabled": TRUTH}, optional=("role", "disabled"), closed=True),
    "minProperties": 1,
}
_PATH: Final = {"userId": 1}
_INVITED: Final = {201: told("The user, and the link to hand over.", ref("UserInvited"))}

PART: Final = Part(
    name="Users",
    about="Who may log in. Passwords are chosen by whoever has the link, and never told.",
    operations={
        "GET /api/v1/users": Operation(
            summary="List users", answers={200: told("All of them, by name.", page_of(ref("User")))}
        ),
        "POST /api/v1/users": Operation(
            summary="Invite somebody",
            body=Body(
                about="Whom.",
                content={JSON: ref("UserConfig")},
                example={"username": "ann", "role": "operator"},
            ),
            answers=_INVITED,
            refuses={409: TAKEN},
        ),
        "GET /api/v1/users/{userId}": Operation(
            summary="Read a user", path=_PATH, answers={200: told("They.", ref("User"))}
        ),
        "PATCH /api/v1/users/{userId}": Operation(
            summary="Change a user's role, shut them out, or let them back in",
            about="At once: their sockets are closed, and their next page knows.",
            path=_PATH,
            body=Body(about="What is to be otherwise.", content={JSON: _CHANGES}, example={"role": "viewer"}),
            answers={200: told("They.", ref("User"))},
            refuses={409: "They are the last admin."},
        ),
        "POST /api/v1/users/{userId}/link": Operation(
            summary="Make a link to choose a password",
            about="For one who has lost theirs, or whose invitation has run out; the link of before is worth nothing.",
            path=_PATH,
            answers=_INVITED,
            refuses={409: "They are shut out."},
        ),
        "DELETE /api/v1/users/{userId}/link": Operation(
            summary="Take a link back",
            about="One that was used, or has run out, is gone already.",
            path=_PATH,
            answers=DONE,
        ),
    },
    schemas={"User": thing(_FIELDS), "UserInvited": thing({**_FIELDS, "link": _LINK}), "UserConfig": _SENT},
)
