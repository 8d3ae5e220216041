"""Rows of a panel's jobs, events or alerts, newest first, as the lists show them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from app import queries
from app.alerts.shapes import incident_json
from app.core.clock import rfc3339
from app.dashboard.panels.base import Look
from app.dashboard.wording import LOGGED, SEVERITIES, STATUSES, level_of, reason, shown
from app.dashboards import filters
from app.jobs.view import job_json
from app.storage.base import EventFilter, Job, JobFilter
from app.storage.base_alerts import Incident, IncidentFilter
from app.storage.base_counts import Counted
from app.storage.base_series import Cells

MOST_SHOWN: Final = 50
MOST_COUNTED: Final = 200_000
"""Rows of which it is told how many there are in each step of time; some tenths of a second."""
Span = tuple[int, int] | None
_LEVELS: Final = {"failed": "error", "lost": "error", "stalled": "warning", "resolved": "info"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row.

    Attributes:
        at_ms: when it began, or was.
        kind: a job's status, an event's level, an alert's severity.
        level: how a log marks it.
        text: it in one sentence.
        job: the job that it is about, "" for none.
        item: the API's object with what a page adds.
    """

    at_ms: int
    kind: str
    level: str
    text: str
    job: str = ""
    item: Mapping[str, Any]

    @property
    def moment(self) -> str:
        """When, as RFC 3339."""
        return rfc3339(self.at_ms)


def read(look: Look, most: int, span: tuple[int, int] | None = None) -> list[Row]:
    """At most so many rows of the panel's query, newest first.

    Without a `span` they are of the page's; where the page has none, the newest whenever they were.

    Raises:
        InvalidInput: the query can't be read.
    """
    if span is None and look.view.from_ms is not None:
        span = look.view.from_ms, look.view.to_ms
    return _READERS[look.panel.source](look, most, span)


def count(look: Look, over: Cells) -> tuple[dict[str, dict[int, int]], Counted]:
    """How many rows of the panel's query began in each cell, by their kind; and what the store has counted.

    Raises:
        InvalidInput: the query can't be read.
    """
    found = _COUNTERS[look.panel.source](look, look.span, over)
    counts: dict[str, dict[int, int]] = {}
    for (kind, cell), number in found.cells.items():
        told = level_of(*kind) if look.panel.source == "events" else kind[0]
        cells = counts.setdefault(told, {})
        cells[cell] = cells.get(cell, 0) + number
    return counts, found


def word(source: str, kind: str) -> Any:
    """A kind in words."""
    words: Mapping[str, Any] = STATUSES if source == "jobs" else SEVERITIES
    return words.get(kind, kind)


def _asked(look: Look) -> dict[str, str]:
    panel = look.panel
    asked = filters.parse(panel.query, panel.source, f"{panel.path}.data.query")
    if panel.type == "log" and panel.source == "events" and "type" not in asked:
        asked["type"] = ",".join(LOGGED)  # items and figures come too often to be read
    return asked


def _within(asked: dict[str, str], span: Span) -> dict[str, str]:
    return asked if span is None else {**asked, "from": str(span[0]), "to": str(span[1])}


def _jobs(look: Look, most: int, span: Span) -> list[Row]:
    return [_job(look, job) for job in look.services.events.jobs(_wanted_jobs(look, span), limit=most)]


def _wanted_jobs(look: Look, span: Span) -> JobFilter:
    return replace(queries.job_filter(_within(_asked(look), span), look.view.now_ms), of=look.runs)


def _job(look: Look, job: Job) -> Row:
    return Row(
        at_ms=job.started_at or job.created_at,
        kind=job.status,
        level=_LEVELS.get(job.status, "info"),
        text=" · ".join(filter(None, (job.source or job.id, job.query, reason(job)))),
        job=job.id,
        item=job_json(job, look.services.figures.job_rate(job.id), look.view.now_ms),
    )


def _events(look: Look, most: int, span: Span) -> list[Row]:
    wanted = _wanted_events(look, span)
    search = look.services.search.search if wanted.q else None  # by words, as the history to which the panel leads
    events = search(wanted, limit=most).events if search else look.services.events.events(wanted, limit=most)
    found = [(event.at_ms, shown(event)) for event in events]
    return [
        Row(at_ms=at_ms, kind=item["level"], level=item["level"], text=item["headline"], job=item["jobId"], item=item)
        for at_ms, item in found
    ]


def _wanted_events(look: Look, span: Span) -> EventFilter:
    return replace(queries.event_filter(_within(_asked(look), span), look.view.now_ms), of=look.runs)


def _alerts(look: Look, most: int, span: Span) -> list[Row]:
    return [_alert(one) for one in look.services.alerts.incidents(_wanted_alerts(look, span), limit=most)]


def _wanted_alerts(look: Look, span: Span) -> IncidentFilter:
    asked = _asked(look)
    states, severities = (tuple(filter(None, asked.get(key, "").split(","))) for key in ("state", "severity"))
    from_ms, to_ms = (None, None) if span is None else span
    return IncidentFilter(
        states=states, severities=severities, rule=asked.get("rule", ""), from_ms=from_ms, to_ms=to_ms
    )


def _alert(one: Incident) -> Row:
    return Row(
        at_ms=one.started_at,
        kind=one.severity,
        level=_LEVELS.get(one.state, one.severity),
        text=f"{one.rule}: {one.value:g}",
        item=incident_json(one),
    )


_READERS: Final[Mapping[str, Callable[[Look, int, Span], list[Row]]]] = {
    "jobs": _jobs,
    "events": _events,
    "alerts": _alerts,
}

_COUNTERS: Final[Mapping[str, Callable[[Look, Span, Cells], Counted]]] = {
    "jobs": lambda look, span, over: look.services.events.count(_wanted_jobs(look, span), over, MOST_COUNTED),
    "events": lambda look, span, over: look.services.events.count(_wanted_events(look, span), over, MOST_COUNTED),
    "alerts": lambda look, span, over: look.services.alerts.count(_wanted_alerts(look, span), over, MOST_COUNTED),
}
