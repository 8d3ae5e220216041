"""Each thing that is exported: its filters, its columns and its rows, some at a time so that memory stays flat.

Rows come newest first, a page a query: no cursor stays open and no lock is held while a slow reader reads. A JSON line
is the API's own object. An event's data is one JSON column, or those of its fields that `fields` names as columns of
their own. Of figures over time a JSON line is one of the API's lines, and a row of the CSV one of its points, oldest
first. They come some lines a query, too, but for those of a pipe, which may have to see them all.

All this waits for the stores: call it, and go through the pages, in real threads only.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import msgspec

from app.alerts.shapes import incident_json
from app.core.clock import Clock, rfc3339
from app.ingest.wire import body_of, event_json, flag_names, shown_id
from app.jobs.view import job_json
from app.metrics import transforms
from app.metrics.piped import PipedReader
from app.metrics.series import Answer, Line, SeriesReader
from app.queries import event_filter, incident_filter, job_filter, series_query
from app.storage.base import Event, EventStore, Job
from app.storage.base_alerts import Incident
from app.storage.base_search import SearchStore

PAGE: Final = 1_000
_EVENT_COLUMNS: Final = ("cursor", "timestamp", "receivedAt", "jobId", "type", "id", "seq", "flags")
_JOB_COLUMNS: Final = (
    "id", "source", "query", "tags", "status", "attempt", "items", "itemsReported", "errors", "itemsPerSecond",
    "startedAt", "finishedAt", "duration", "lastEventAt", "worker", "reason",
)  # fmt: skip
_ALERT_COLUMNS: Final = (
    "id", "rule", "severity", "state", "startedAt", "endedAt", "value", "peak", "reason", "ackedBy"
)  # fmt: skip
Args = Mapping[str, str]


class Page(NamedTuple):
    """Some rows, and what is left to look through after them, in a number that falls to 0; None where nobody knows."""

    rows: Sequence[Any]
    left: int | None


@dataclass(frozen=True, slots=True)
class Table:
    """What is exported: `row` makes the cells of `columns` out of what a page holds, `shown` the API's object.

    Attributes:
        points: makes several rows of the CSV out of one thing; `row` is then given each of them.
    """

    pages: Iterator[Page]
    columns: Sequence[str]
    row: Callable[[Any], Sequence[object]]
    shown: Callable[[Any], dict[str, Any]]
    points: Callable[[Any], Sequence[Any]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where rows come from.

    Attributes:
        incidents: newest first, as the store of alerts gives them.
        rate: a job's items a second at present, None if nobody knows.
    """

    clock: Clock
    events: EventStore
    search: SearchStore
    reader: SeriesReader
    incidents: Callable[..., list[Incident]]
    rate: Callable[[str], float | None]


def events(sources: Sources, args: Args) -> Table:
    """Events, by the filters of the history."""
    wanted = event_filter(args, sources.clock.now_ms())
    fields = [name for name in args.get("fields", "").split(",") if name]

    def pages() -> Iterator[Page]:
        before: int | None = None
        while True:
            found = sources.search.search(wanted, before=before, limit=PAGE)
            yield Page(found.events, found.before or 0)
            before = found.before
            if before is None:
                return

    return Table(pages(), (*_EVENT_COLUMNS, *(fields or ["data"])), _event_row(fields), event_json)


def jobs(sources: Sources, args: Args) -> Table:
    """Jobs, by the filters of their list."""

    def shown(job: Job) -> dict[str, Any]:
        return job_json(job, sources.rate(job.id), sources.clock.now_ms())

    def row(job: Job) -> Sequence[object]:
        cells = shown(job)
        return [_cell(cells[name]) for name in _JOB_COLUMNS]

    wanted = job_filter(args, sources.clock.now_ms())
    pages = _pages(sources.events.jobs, wanted, lambda job: job.key)
    return Table(pages, _JOB_COLUMNS, row, shown)


def alerts(sources: Sources, args: Args) -> Table:
    """Incidents, by their states."""

    def row(incident: Incident) -> Sequence[object]:
        cells = incident_json(incident)
        return [_cell(cells[name]) for name in _ALERT_COLUMNS]

    pages = _pages(sources.incidents, incident_filter(args), lambda incident: incident.id)
    return Table(pages, _ALERT_COLUMNS, row, incident_json)


def metrics(sources: Sources, args: Args) -> Table:
    """Figures over time: a line's points are a row each."""
    labels, parts = _lines(sources, args)
    pages = (Page(part, None) for part in parts)
    columns = ("timestamp", *labels, "value")
    return Table(pages, columns, tuple, line_json, points=lambda line: _points(line, labels))


TABLES: Final[Mapping[str, Callable[[Sources, Args], Table]]] = {
    "events": events,
    "jobs": jobs,
    "metrics": metrics,
    "alerts": alerts,
}
FILTERS: Final[Mapping[str, tuple[str, ...]]] = {
    "events": ("job", "source", "type", "level", "q", "from", "to", "fields"),
    "jobs": ("status", "source", "q", "tag", "from", "to"),
    "metrics": ("name", "job", "source", "from", "to", "step", "agg", "by", "transform"),
    "alerts": ("state",),
}
"""What each of them may be asked for."""


def transformed(sources: Sources, args: Args) -> Answer:
    """The answer to a query of series, through the pipe that `args` may give as `transform`.

    Raises:
        InvalidInput: naming the argument.
    """
    now_ms = sources.clock.now_ms()
    steps = transforms.parse(args.get("transform", ""))
    return PipedReader(sources.reader.query, sources.events, now_ms).query(series_query(args, now_ms), steps)


def line_json(line: Line) -> dict[str, Any]:
    """A line as the API shows it."""
    return {"labels": line.labels, "points": line.points}


def _lines(sources: Sources, args: Args) -> tuple[tuple[str, ...], Iterator[list[Line]]]:
    """The labels of the lines, and these: all at once if a pipe has to see them all."""
    asked = series_query(args, sources.clock.now_ms())
    if args.get("transform"):
        series = transformed(sources, args).series
        return tuple(dict.fromkeys(label for line in series for label in line.labels)) or asked.by, iter([series])
    _, parts = sources.reader.parts(asked)
    return asked.by, parts


def _pages(read: Callable[..., list[Any]], wanted: Any, number: Callable[[Any], int]) -> Iterator[Page]:
    before: int | None = None
    while found := read(wanted, before=before, limit=PAGE):
        before = number(found[-1])
        yield Page(found, before)


def _event_row(fields: Sequence[str]) -> Callable[[Event], Sequence[object]]:
    def row(event: Event) -> Sequence[object]:
        body = body_of(event) if fields else {}
        values = [_cell(body.get(name)) for name in fields] or [event.data]
        return (
            event.cursor, rfc3339(event.at_ms), rfc3339(event.received_ms), event.job_id, event.type,
            shown_id(event), event.seq, " ".join(flag_names(event.flags)), *values,
        )  # fmt: skip

    return row


def _points(line: Line, labels: Sequence[str]) -> list[Sequence[object]]:
    carried = [line.labels.get(label, "") for label in labels]
    return [(rfc3339(at_ms), *carried, value) for at_ms, value in line.points]


def _cell(value: Any) -> object:
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list) else value
