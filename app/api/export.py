"""``/export/…``: history as CSV or JSON lines, with the filters of the lists; streamed, so memory stays flat.

Rows come newest first, a page a query: no cursor stays open and no lock is held while a slow reader reads. A JSON
line is the API's own object. An event's data is one JSON column, or those of its fields that ``fields=title,price``
names as columns of their own. Of figures over time a JSON line is one of the API's lines, and a row of the CSV one of
its points, oldest first. They come some lines a query, too, but for those of a pipe, which may have to see them all.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, request

from app.accounts.access import require
from app.api.metrics import line_json, transformed
from app.api.spreadsheet import csv_text
from app.core.clock import rfc3339
from app.core.errors import NotFound
from app.ingest.wire import body_of, event_json, flag_names, shown_id
from app.jobs.view import job_json
from app.metrics.series import Line, SeriesQuery
from app.queries import event_filter, job_filter, series_query
from app.services import Services
from app.storage.base import Event, Job

PAGE: Final = 1_000
_TYPES: Final = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
_EVENT_COLUMNS: Final = ("cursor", "timestamp", "receivedAt", "jobId", "type", "id", "seq", "flags")
_JOB_COLUMNS: Final = (
    "id", "source", "query", "tags", "status", "attempt", "items", "itemsReported", "errors", "itemsPerSecond",
    "startedAt", "finishedAt", "duration", "lastEventAt", "worker", "reason",
)  # fmt: skip

Pages = Iterator[Sequence[Any]]


def blueprint(services: Services) -> Blueprint:
    """Events, jobs and figures in both formats."""
    export = Blueprint("export", __name__, url_prefix="/export")

    @export.get("/events.<kind>")
    @require("read")
    def events(kind: str) -> Response:
        wanted = event_filter(request.args, services.clock.now_ms())
        fields = [name for name in request.args.get("fields", "").split(",") if name]
        pages = _pages(services, services.events.events, wanted, lambda event: event.cursor)
        return _stream("events", kind, pages, event_json, (*_EVENT_COLUMNS, *(fields or ["data"])), _event_row(fields))

    @export.get("/jobs.<kind>")
    @require("read")
    def jobs(kind: str) -> Response:
        def shown(job: Job) -> dict[str, Any]:
            return job_json(job, services.figures.job_rate(job.id), services.clock.now_ms())

        wanted = job_filter(request.args, services.clock.now_ms())
        pages = _pages(services, services.events.jobs, wanted, lambda job: job.key)
        return _stream("jobs", kind, pages, shown, _JOB_COLUMNS, lambda job: _job_row(shown(job)))

    @export.get("/metrics.<kind>")
    @require("read")
    def metrics(kind: str) -> Response:
        labels, lines = _figures(services, series_query(request.args, services.clock.now_ms()))
        pages = lines if kind == "jsonl" else (_points(line, labels) for page in lines for line in page)
        return _stream("metrics", kind, pages, line_json, ("timestamp", *labels, "value"), tuple)

    return export


def _figures(services: Services, asked: SeriesQuery) -> tuple[tuple[str, ...], Iterator[list[Line]]]:
    """The labels of the lines, and these: all at once if a pipe has to see them all."""
    if request.args.get("transform"):
        series = transformed(services, asked, request.args).series
        return tuple(dict.fromkeys(label for line in series for label in line.labels)) or asked.by, iter([series])
    _, parts = services.runtime.call(services.reader.parts, asked)
    return asked.by, iter(lambda: services.runtime.call(next, parts, None), None)


def _pages(services: Services, read: Callable[..., list[Any]], wanted: Any, number: Callable[[Any], int]) -> Pages:
    before: int | None = None
    while found := services.runtime.call(read, wanted, before=before, limit=PAGE):
        yield found
        before = number(found[-1])


def _stream(
    name: str,
    kind: str,
    pages: Pages,
    shown: Callable[[Any], dict[str, Any]],
    columns: Sequence[str],
    row: Callable[[Any], Sequence[object]],
) -> Response:
    if kind not in _TYPES:
        raise NotFound("Exports end in .csv or .jsonl.")
    lines = _csv(pages, columns, row) if kind == "csv" else _jsonl(pages, shown)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return Response(lines, headers=headers, content_type=_TYPES[kind])


def _csv(pages: Pages, columns: Sequence[str], row: Callable[[Any], Sequence[object]]) -> Iterator[str]:
    yield csv_text([columns])
    for found in pages:
        yield csv_text(map(row, found))


def _jsonl(pages: Pages, shown: Callable[[Any], dict[str, Any]]) -> Iterator[bytes]:
    for found in pages:
        yield msgspec.json.Encoder().encode_lines(map(shown, found))


def _event_row(fields: Sequence[str]) -> Callable[[Event], Sequence[object]]:
    def row(event: Event) -> Sequence[object]:
        body = body_of(event) if fields else {}
        values = [_cell(body.get(name)) for name in fields] or [event.data]
        return (
            event.cursor, rfc3339(event.at_ms), rfc3339(event.received_ms), event.job_id, event.type,
            shown_id(event), event.seq, " ".join(flag_names(event.flags)), *values,
        )  # fmt: skip

    return row


def _job_row(shown: dict[str, Any]) -> Sequence[object]:
    return [_cell(shown[name]) for name in _JOB_COLUMNS]


def _points(line: Line, labels: Sequence[str]) -> list[Sequence[object]]:
    carried = [line.labels.get(label, "") for label in labels]
    return [(rfc3339(at_ms), *carried, value) for at_ms, value in line.points]


def _cell(value: Any) -> object:
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list) else value
