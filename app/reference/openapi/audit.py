"""Who did what, when and from where."""

from typing import Final

from app.accounts.actions import ACTIONS, KINDS
from app.accounts.actors import KINDS as ACTOR_KINDS
from app.reference.openapi.export import FORMATS
from app.reference.openapi.operation import Answer, Operation, Parameter, Part, told
from app.reference.openapi.parameters import FROM, LIMIT, NEXT, TO, words
from app.reference.shapes import COUNT, TEXT, TIME, Schema, about, maybe, one_of, page_of, ref, text, thing

_TEXT: Final = text(most=1_000)
_RECORD: Final[Schema] = {"type": ["object", "null"]}
_FILTERS: Final = (
    Parameter(name="who", about="done by somebody of this name", schema=_TEXT, example="admin"),
    words("action", "of this action", ACTIONS, "rule.change"),
    Parameter(name="kind", about="done to a thing of this kind", schema=one_of(KINDS)),
    Parameter(name="id", about="done to the thing of this id", schema=_TEXT),
    Parameter(name="q", about="with this text in a name, an address, or what was or is", schema=_TEXT),
    FROM,
    TO,
)
_ENTRY: Final = thing(
    {
        "id": COUNT,
        "at": TIME,
        "actor": thing(
            {
                "kind": one_of(ACTOR_KINDS),
                "id": about(maybe(COUNT), "of the user or token"),
                "name": about(TEXT, "as it was then"),
            }
        ),
        "address": about(TEXT, "where the request came from; empty for a command"),
        "agent": about(TEXT, "what the client called itself"),
        "action": one_of(ACTIONS),
        "object": {"anyOf": [thing({"kind": one_of(KINDS), "id": TEXT, "name": TEXT}), {"type": "null"}]},
        "before": about(_RECORD, "what was otherwise; null where there was nothing"),
        "after": about(_RECORD, "the same afterwards; null where there is nothing"),
    }
)


def _export(kind: str) -> Operation:
    said, media = FORMATS[kind]
    return Operation(
        summary=f"Export the audit log as {kind.upper()}",
        parameters=_FILTERS,
        answers={
            200: Answer(
                about=f"{said} Newest first, streamed.",
                content={media: TEXT},
                headers={"Content-Disposition": "the name of the file"},
            )
        },
    )


PART: Final = Part(
    name="Audit log",
    about="Who did what, when and from where. Nobody can change or remove a line.",
    operations={
        "GET /api/v1/audit": Operation(
            summary="List what was done",
            parameters=(*_FILTERS, LIMIT, NEXT),
            answers={200: told("Newest first.", page_of(ref("AuditEntry")))},
        ),
        **{f"GET /export/audit.{kind}": _export(kind) for kind in FORMATS},
    },
    schemas={"AuditEntry": _ENTRY},
)
