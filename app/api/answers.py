"""How the API answers: JSON that keeps stored texts as they are, and problems for everything that went wrong."""

import re
from typing import Any, Final

import msgspec
from flask import Response
from werkzeug.datastructures import Headers

from app.core.errors import InvalidInput
from app.core.problems import CONTENT_TYPE, problem

NUMBER: Final = "number"
"""An id in an address: `app.queries.NumberConverter`."""
_TAG: Final = re.compile(r'(?:W/)?"(\d{1,9})"', re.ASCII)


def answer(value: Any, status: int = 200) -> Response:
    """`value` as JSON; `msgspec.Raw` inside is passed through."""
    return Response(msgspec.json.encode(value), status, content_type="application/json")


def problem_answer(
    status: int, code: str, detail: str = "", field: str = "", *, told: str = "", retry_after_ms: int = 0
) -> Response:
    """An ``application/problem+json`` answer; `told` as in `app.core.problems.problem`."""
    body = problem(status, code, detail=detail, field=field, told=told)
    return pausing(Response(msgspec.json.encode(body), status, content_type=CONTENT_TYPE), retry_after_ms)


def pausing(response: Response, retry_after_ms: int) -> Response:
    """The response, with the seconds after which to try again; 0 ms is none. Rounded up: earlier would be in vain."""
    if retry_after_ms:
        response.headers["Retry-After"] = str(-(-retry_after_ms // 1_000))
    return response


def version_asked(headers: Headers) -> int | None:
    """The version that ``If-Match`` names, as ``ETag`` told it; None for whatever is there.

    Raises:
        InvalidInput: it is no such version.
    """
    header = headers.get("If-Match")
    if header is None or header == "*":
        return None
    found = _TAG.fullmatch(header)
    if found is None:
        raise InvalidInput('must be a version as ETag told it, like "3"', field="If-Match")
    return int(found[1])
