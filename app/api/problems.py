"""How everything that goes wrong is told over HTTP: a problem to programs, a page to people."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from flask import Flask, make_response
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from app.accounts.access import refuse, wants_problem
from app.api.answers import pausing, problem_answer
from app.core.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    ScrapewatchError,
    Unauthorized,
    Unavailable,
    at_field,
)

log = logging.getLogger(__name__)

ShowPage = Callable[[int, str], ResponseReturnValue]
"""Makes the page for a status and a sentence."""

_STATUSES: Final[dict[type[ScrapewatchError], int]] = {InvalidInput: 400, NotFound: 404, Conflict: 409}
_CODES: Final = {400: "invalid", 413: "too_large", 429: "rate_limited"}
"""Codes that are not the status's own phrase."""


def register(app: Flask, show_page: ShowPage, tell: Callable[[str], str]) -> None:
    """Answer every error of `app`; `tell` says one of our sentences in the language of whoever looks at a page."""
    app.register_error_handler(ScrapewatchError, lambda error: _told_ours(error, show_page, tell))
    app.register_error_handler(HTTPException, lambda error: _told_http(error, show_page))
    app.register_error_handler(Exception, lambda error: _told_unforeseen(error, show_page))


def _told_ours(error: ScrapewatchError, show_page: ShowPage, tell: Callable[[str], str]) -> ResponseReturnValue:
    if isinstance(error, Unauthorized | Forbidden):
        return refuse(error)
    status = _status(error)
    field = getattr(error, "field", "")
    retry_after_ms = getattr(error, "retry_after_ms", 0)
    if wants_problem():
        code, told = getattr(error, "code", _name(status)), tell(error.said)
        return problem_answer(status, code, error.detail, field=field, told=told, retry_after_ms=retry_after_ms)
    return pausing(make_response(show_page(status, at_field(error))), retry_after_ms)


def _told_http(error: HTTPException, show_page: ShowPage) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()  # a redirect of the router's
    if not wants_problem():
        return show_page(error.code, "")
    answer = problem_answer(error.code, _name(error.code), error.description or "")
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


def _told_unforeseen(error: Exception, show_page: ShowPage) -> ResponseReturnValue:
    log.error("A request failed", exc_info=error)
    if not wants_problem():
        return show_page(500, "")
    return problem_answer(500, "internal", "Something went wrong here; the log knows what.")


def _status(error: ScrapewatchError) -> int:
    if isinstance(error, Unavailable):
        return 429 if error.code == "rate_limited" else 503
    return next((status for kind, status in _STATUSES.items() if isinstance(error, kind)), 500)


def _name(status: int) -> str:
    return _CODES.get(status) or HTTPStatus(status).phrase.lower().replace(" ", "_")
