"""How the API answers: JSON that keeps stored texts as they are, and problems for everything that went wrong."""

from typing import Any

import msgspec
from flask import Response

from app.core.problems import CONTENT_TYPE, problem


def answer(value: Any, status: int = 200) -> Response:
    """`value` as JSON; `msgspec.Raw` inside is passed through."""
    return Response(msgspec.json.encode(value), status, content_type="application/json")


def problem_answer(status: int, code: str, detail: str = "", field: str = "", retry_after_ms: int = 0) -> Response:
    """An ``application/problem+json`` answer."""
    body = problem(status, code, detail=detail, field=field)
    response = Response(msgspec.json.encode(body), status, content_type=CONTENT_TYPE)
    if retry_after_ms:
        response.headers["Retry-After"] = str(max(1, round(retry_after_ms / 1000)))
    return response
