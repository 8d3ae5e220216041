"""What rules found, and who looks after it."""

from typing import Final

from app.alerts.rules import SEVERITIES
from app.alerts.service import STATES
from app.reference.openapi.operation import JSON, Body, Operation, Part, told
from app.reference.openapi.parameters import LIMIT, NEXT, words
from app.reference.shapes import (
    COUNT,
    NUMBER,
    TEXT,
    TEXTS_BY_NAME,
    TIME,
    Schema,
    about,
    listed,
    maybe,
    one_of,
    page_of,
    ref,
    text,
    thing,
)

STATE: Final = words("state", "in this state", STATES, "firing")
_FIELDS: Final = {
    "id": COUNT,
    "rule": about(TEXT, "the rule's name"),
    "severity": one_of(SEVERITIES),
    "state": one_of(STATES),
    "startedAt": TIME,
    "endedAt": maybe(TIME),
    "value": maybe(NUMBER),
    "peak": maybe(NUMBER),
    "reason": about(maybe(TEXT), "why it ended"),
    "labels": TEXTS_BY_NAME,
    "members": about(COUNT, "how many sets of labels fire in it"),
    "flaps": COUNT,
    "again": about(COUNT, "how often it came back"),
    "muted": about(TEXT, "why nobody is told of it; empty while nothing keeps it quiet"),
    "ackedBy": maybe(TEXT),
    "ackedAt": maybe(TIME),
    "ackedUntil": maybe(TIME),
    "note": maybe(TEXT),
}
INCIDENT: Final[Schema] = thing(_FIELDS)
_ENTRY: Final[Schema] = thing({"at": TIME, "kind": TEXT, "detail": {"type": "object"}})
_DETAILED: Final[Schema] = thing({**_FIELDS, "timeline": listed(ref("TimelineEntry"))})
INSTANCE: Final[Schema] = thing(
    {
        "rule": TEXT,
        "labels": TEXTS_BY_NAME,
        "state": one_of(("ok", "pending", "firing", "recovering")),
        "since": TIME,
        "startedAt": TIME,
        "value": maybe(NUMBER),
        "peak": maybe(NUMBER),
        "quietSince": maybe(TIME),
        "flaps": COUNT,
    }
)
_PATH: Final = {"incidentId": 1}

PART: Final = Part(
    name="Incidents",
    about="What rules found. An incident gathers what fires of one rule.",
    operations={
        "GET /api/v1/alerts/incidents": Operation(
            summary="List incidents",
            parameters=(STATE, LIMIT, NEXT),
            answers={200: told("A page, newest first.", page_of(ref("Incident")))},
        ),
        "GET /api/v1/alerts/incidents/{incidentId}": Operation(
            summary="Read an incident",
            path=_PATH,
            answers={200: told("It, with all that happened.", ref("IncidentInDetail"))},
        ),
        "POST /api/v1/alerts/incidents/{incidentId}/ack": Operation(
            summary="Acknowledge an incident",
            about="Somebody looks after it: no reminders until then.",
            path=_PATH,
            body=Body(
                about="A note, and until when.",
                content={
                    JSON: thing(
                        {
                            "note": maybe(text(most=100_000)),
                            "until": about({"type": ["string", "integer", "null"]}, "RFC 3339, ms, or as in `-15m`"),
                        },
                        optional=("note", "until"),
                    )
                },
                example={"note": "on it"},
                is_required=False,
            ),
            answers={200: told("It, as it is now.", ref("Incident"))},
            refuses={409: "It is over."},
        ),
        "GET /api/v1/alerts/instances": Operation(
            summary="List what pends, fires or recovers",
            answers={200: told("All of it.", page_of(ref("Instance")))},
        ),
    },
    schemas={"Incident": INCIDENT, "IncidentInDetail": _DETAILED, "TimelineEntry": _ENTRY, "Instance": INSTANCE},
)
