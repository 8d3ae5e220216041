"""Whether the server lives."""

from typing import Final

from app.reference.openapi.operation import Answer, Operation, Part
from app.reference.shapes import TEXT

_PLAIN: Final = {"text/plain": TEXT}

PART: Final = Part(
    name="Health",
    about="For load balancers and probes: anybody may ask, and no details are told.",
    operations={
        "GET /healthz": Operation(
            summary="Ask whether the process answers", answers={200: Answer(about="It does.", content=_PLAIN)}
        ),
        "GET /readyz": Operation(
            summary="Ask whether it can take events",
            answers={
                200: Answer(about="The database and the writer live.", content=_PLAIN),
                503: Answer(about="They do not.", content=_PLAIN),
            },
        ),
    },
)
