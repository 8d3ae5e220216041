"""When nobody is to be told of what, and why."""

from typing import Any, Final

from app.alerts import silences
from app.alerts.rules import MAX_NAME
from app.reference.openapi.operation import CHANGED, DONE, ETAG, IF_MATCH, JSON, Body, Operation, Parameter, Part, told
from app.reference.shapes import (
    COUNT,
    TEXT,
    TIME,
    TRUTH,
    Schema,
    about,
    listed,
    maybe,
    one_of,
    page_of,
    ref,
    text,
    thing,
    whole,
)

_MATCHER: Final[Schema] = thing(
    {
        "name": about(text(1, MAX_NAME), "`rule`, `severity` or a label"),
        "operator": about(one_of(silences.OPERATORS), "`~` takes `*` and `?`; `=` where it is left out"),
        "value": text(most=MAX_NAME),
    },
    optional=("operator",),
    closed=True,
)
_CLOCK: Final[Schema] = {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$"}
_WEEKLY: Final[Schema] = thing(
    {
        "days": listed(one_of(silences.DAYS), least=1, most=len(silences.DAYS)),
        "from": _CLOCK,
        "to": _CLOCK,
        "timezone": about(TEXT, "such as Europe/Paris; UTC where it is left out"),
    },
    optional=("timezone",),
    closed=True,
)
_TIME: Final[Schema] = {"type": ["string", "integer", "null"], "description": "RFC 3339, or ms since 1970 UTC"}
_MATCHERS: Final[Schema] = about(listed(ref("Matcher"), least=1, most=silences.MAX_MATCHERS), "all must match")
_INCIDENT: Final[Schema] = about(maybe(whole(1, 2**31 - 1)), "it ends with this incident")
_COMES_AGAIN: Final[Schema] = about({"anyOf": [ref("Weekly"), {"type": "null"}]}, "the hours of the week it is for")
_SENT: Final[Schema] = thing(
    {
        "matchers": _MATCHERS,
        "reason": text(1, silences.MAX_REASON),
        "from": _TIME,
        "to": about(_TIME, "may be left out of one that is weekly or of an incident"),
        "weekly": _COMES_AGAIN,
        "incident": _INCIDENT,
    },
    optional=("from", "to", "weekly", "incident"),
    closed=True,
)
_SHOWN: Final[Schema] = thing(
    {
        "matchers": _MATCHERS,
        "reason": TEXT,
        "from": TIME,
        "to": maybe(TIME),
        "weekly": _COMES_AGAIN,
        "incident": _INCIDENT,
        "id": COUNT,
        "version": COUNT,
        "createdBy": TEXT,
        "createdAt": TIME,
        "active": about(TRUTH, "whether it keeps things quiet now"),
        "ended": TRUTH,
    },
    optional=("weekly", "incident"),
)
EXAMPLE: Final[dict[str, Any]] = {
    "matchers": [{"name": "source", "operator": "=", "value": "ebay.com"}],
    "reason": "deploying",
    "to": "2100-01-01T00:00:00Z",
}
_BODY: Final = Body(about="The silence.", content={JSON: ref("SilenceConfig")}, example=EXAMPLE)
_PATH: Final = {"silenceId": 1}
_ONE: Final = {200: told("It.", ref("Silence"), headers=ETAG)}

PART: Final = Part(
    name="Silences",
    about="When nobody is to be told of what, and why. A token may make one, as before a deployment.",
    operations={
        "GET /api/v1/alerts/silences": Operation(
            summary="List silences",
            parameters=(
                Parameter(
                    name="ended", about="whether those that are over are wanted, too", schema=one_of(("true", "false"))
                ),
            ),
            answers={200: told("All of them.", page_of(ref("Silence")))},
        ),
        "POST /api/v1/alerts/silences": Operation(
            summary="Make a silence", body=_BODY, answers={201: told("It, with its id.", ref("Silence"), headers=ETAG)}
        ),
        "GET /api/v1/alerts/silences/{silenceId}": Operation(summary="Read a silence", path=_PATH, answers=_ONE),
        "PUT /api/v1/alerts/silences/{silenceId}": Operation(
            summary="Replace a silence",
            path=_PATH,
            parameters=(IF_MATCH,),
            body=_BODY,
            answers=_ONE,
            refuses={409: CHANGED},
        ),
        "DELETE /api/v1/alerts/silences/{silenceId}": Operation(
            summary="End a silence", about="It stays on the list of those that are over.", path=_PATH, answers=DONE
        ),
        "POST /api/v1/alerts/silences/preview": Operation(
            summary="See what a silence would keep quiet",
            body=_BODY,
            answers={200: told("What it matches now.", page_of(ref("Instance")))},
        ),
    },
    schemas={"Silence": _SHOWN, "SilenceConfig": _SENT, "Matcher": _MATCHER, "Weekly": _WEEKLY},
)
