"""What is told of an operation besides what its address and its mark say by themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from app.reference.shapes import Schema

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """Something in the query string, or in a header.

    Attributes:
        example: a value that shows how it is written.
    """

    name: str
    about: str
    schema: Schema
    place: str = "query"
    is_required: bool = False
    example: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What may come back.

    Attributes:
        content: media type to shape; empty for an answer without a body.
        headers: names to what they say; each is a text.
    """

    about: str
    content: Mapping[str, Schema] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What is sent along.

    Attributes:
        content: media type to shape.
        example: of the first of them.
    """

    about: str
    content: Mapping[str, Schema]
    example: Any
    is_required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A method at an address.

    Attributes:
        summary: what it does, in a few words.
        about: what else there is to know; may be empty.
        answers: what comes back when all is well, by status.
        refuses: statuses beyond those that follow from the address, the mark and the body, with the reason.
        path: examples of the address's parameters by name.
    """

    summary: str
    answers: Mapping[int, Answer]
    about: str = ""
    parameters: Sequence[Parameter] = ()
    body: Body | None = None
    refuses: Mapping[int, str] = field(default_factory=dict)
    path: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The operations of one resource.

    Attributes:
        operations: ``"GET /api/v1/jobs/{jobId}"`` to what is told of it, in the order in which people read.
        schemas: shapes that the document knows by name.
    """

    name: str
    about: str
    operations: Mapping[str, Operation]
    schemas: Mapping[str, Schema] = field(default_factory=dict)


def told(about: str, schema: Schema, **more: Any) -> Answer:
    """A JSON answer."""
    return Answer(about=about, content={JSON: schema}, **more)


DONE: Final = {204: Answer(about="Done; no body.")}
"""What deletes answer."""
ETAG: Final = {"ETag": "its version, to be sent as If-Match with a change"}
IF_MATCH: Final = Parameter(
    name="If-Match",
    place="header",
    about="the version that was looked at, as `ETag` told it; with another one there, nothing is changed",
    schema={"type": "string"},
)
CHANGED: Final = "It has changed since the version in If-Match, or its name is taken."
TAKEN: Final = "The name is taken."
