"""Jobs, one job, its events."""

from typing import Final

from app.jobs.fold import STATUSES
from app.reference.openapi.events import PAGE
from app.reference.openapi.operation import DONE, JSON, Body, Operation, Parameter, Part, told
from app.reference.openapi.parameters import FROM, LEVEL, LIMIT, NEXT, SOURCE, TO, TYPE, Q, words
from app.reference.shapes import (
    AMOUNT,
    ANYTHING,
    COUNT,
    NUMBER,
    RATIO,
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
)

_FIELDS: Final = {
    "id": TEXT,
    "source": maybe(TEXT),
    "query": maybe(TEXT),
    "tags": listed(ANYTHING),
    "pinned": about(TRUTH, "somebody keeps its events whatever their age"),
    "status": one_of(STATUSES),
    "attempt": about({"type": "integer", "minimum": 1}, "how often it has started"),
    "progress": thing({"done": maybe(NUMBER), "total": maybe(NUMBER), "unit": maybe(TEXT), "ratio": maybe(RATIO)}),
    "items": about(COUNT, "stored item events and summaries of this attempt"),
    "itemsReported": about(maybe(COUNT), "the scraper's own figure"),
    "errors": COUNT,
    "itemsPerSecond": about(maybe(AMOUNT), "over the last minute; of one that has ended, on the whole"),
    "eta": about(maybe(TIME), "when it will end at this pace"),
    "startedAt": maybe(TIME),
    "finishedAt": maybe(TIME),
    "duration": about(maybe(AMOUNT), "ms"),
    "lastEventAt": maybe(TIME),
    "worker": maybe(TEXT),
    "verdict": ANYTHING,
    "reason": about(maybe(TEXT), "why it failed, is stalled or lost"),
}
JOB: Final[Schema] = thing(_FIELDS)
_RANGE: Final[Schema] = thing(
    {"from": TIME, "to": maybe(TIME), "sure": about(RATIO, "the share that is done by `from` at the slower pace")}
)
_DETAILED: Final[Schema] = thing(
    {**_FIELDS, "etaRange": about(maybe(_RANGE), "between which times it will end, where that is in doubt")}
)
_CHANGE: Final[Schema] = thing({"pinned": TRUTH}, closed=True)
_PATH: Final = {"jobId": "123"}
OF_JOBS: Final = (
    words("status", "in this state", STATUSES, "running"),
    SOURCE,
    Parameter(
        name="q",
        about="a search as on the page: words, and terms like `status:failed` or `errors:>5`",
        schema=text(most=1_000),
        example="status:failed",
    ),
    Parameter(name="tag", about="with this tag", schema=text(most=1_000), example="nightly"),
    FROM,
    TO,
)
"""The filters of the list of jobs."""

PART: Final = Part(
    name="Jobs",
    about="A job is one run of a scraper. The first event with its id makes it. An id may hold slashes.",
    operations={
        "GET /api/v1/jobs": Operation(
            summary="List jobs",
            parameters=(*OF_JOBS, LIMIT, NEXT),
            answers={200: told("A page, newest first.", page_of(ref("Job")))},
        ),
        "GET /api/v1/jobs/{jobId}": Operation(
            summary="Read a job",
            path=_PATH,
            answers={200: told("The job, with the doubt about its end.", ref("JobInDetail"))},
        ),
        "PATCH /api/v1/jobs/{jobId}": Operation(
            summary="Pin a job, or unpin it",
            about="The events of a pinned job are kept whatever their age; nothing else of a job can be changed.",
            path=_PATH,
            body=Body(about="What changes.", content={JSON: _CHANGE}, example={"pinned": True}),
            answers={200: told("The job.", ref("Job"))},
        ),
        "DELETE /api/v1/jobs/{jobId}": Operation(
            summary="Delete a job with its events",
            about="It is gone at once, its events soon after.",
            path=_PATH,
            answers=DONE,
        ),
        "GET /api/v1/jobs/{jobId}/events": Operation(
            summary="Search a job's events",
            path=_PATH,
            parameters=(TYPE, LEVEL, Q, FROM, TO, LIMIT, NEXT),
            answers={200: PAGE},
        ),
    },
    schemas={"Job": JOB, "JobInDetail": _DETAILED},
)
