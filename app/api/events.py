"""``/api/v1/events``: events in by POST, history out by GET."""

from concurrent.futures import Future
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from app.accounts.access import current_principal, require
from app.api.answers import answer, problem_answer
from app.core.errors import Forbidden, InvalidInput
from app.ingest.split import split_array
from app.ingest.wire import event_json
from app.queries import before, event_filter, limit, onward
from app.services import Services
from scrapewatch.events import MAX_BATCH_BYTES, MAX_BATCH_EVENTS

_STATUS = {"batch_too_large": 413, "rate_limited": 429, "invalid": 400}


def blueprint(services: Services) -> Blueprint:
    """The two ways."""
    events = Blueprint("events", __name__)

    @events.post("/api/v1/events")
    @require("ingest")
    def take() -> Response:
        return _take(services)

    @events.get("/api/v1/events")
    @require("read")
    def history() -> Response:
        return list_events(services, None)

    return events


def list_events(services: Services, job_id: str | None) -> Response:
    """A page of events by the query string, of one job or of all.

    One that had to look at too many may hold fewer than there is room for, or none, and still have a `next`.
    """
    wanted = event_filter(request.args, services.clock.now_ms(), job_id)
    size = limit(request.args)
    found = services.runtime.call(services.search.search, wanted, before=before(request.args), limit=size)
    return answer({"items": [event_json(event) for event in found.events], "next": onward(found.before)})


def _take(services: Services) -> Response:
    principal = current_principal()
    if principal.sender_id is None:
        raise Forbidden("This needs the permission to ingest.")
    if request.headers.get("Content-Encoding", "identity") != "identity":  # a small body could become a huge one
        return problem_answer(415, "invalid", "must not be compressed", field="Content-Encoding")
    body = _body()
    if body is None:
        return problem_answer(413, "batch_too_large", f"must be at most {MAX_BATCH_BYTES} bytes")
    texts = _texts(body, request.mimetype)
    if len(texts) > MAX_BATCH_EVENTS:
        return problem_answer(413, "batch_too_large", f"must be at most {MAX_BATCH_EVENTS} events")
    answered: Future[dict[str, Any]] = Future()
    services.ingest.submit(principal.sender_id, texts, answered.set_result)
    return _answer(services.runtime.wait(answered))


def _body() -> bytes | None:
    """What was sent, None when it is more than a batch may have.

    Raises:
        InvalidInput: the connection broke off before all of it had come.
    """
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        return None
    if request.content_length not in {None, len(body)}:
        raise InvalidInput("ended before its Content-Length")
    return body if len(body) <= MAX_BATCH_BYTES else None


def _texts(body: bytes, mimetype: str) -> list[bytes]:
    """The envelopes in a body: one, a list, or a line each."""
    if mimetype == "application/x-ndjson":
        return [line for line in body.splitlines() if line.strip()]
    stripped = body.strip()
    if stripped[:1] == b"[":
        return split_array(stripped)
    if not stripped:
        raise InvalidInput("must be an event, a list of events or NDJSON")
    return [stripped]


def _answer(result: dict[str, Any]) -> Response:
    code = result.get("code")
    if code is None:
        return answer(result, 207 if result["rejected"] else 200)
    retry_after_ms = result["flow"]["retryAfter"]
    return problem_answer(_STATUS.get(code, 503), code, result["message"], retry_after_ms=retry_after_ms)
