"""What events mean for their job: its state machine, counters and times.

::

    queued ── started ──▶ running ── completed / failed / cancelled ──▶ ended
                          │    ▲                                          │
                 stalled, lost │ any sign of life                         │ started: a new attempt
                          └────┘                                          ▼ running

The first end wins: a second one, like progress reported after it, is stored with the flag `late` and changes nothing.
Items and errors that arrive after the end still count, since what was scraped was scraped.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from app.storage.base import Event, Job
from scrapewatch.events import EVENTS, FLAGS, MAX_SAFE_INTEGER

ENDED: Final = frozenset(kind.ends for kind in EVENTS.values() if kind.ends)
OPEN: Final = ("queued", "running", "stalled", "lost")
STATUSES: Final = (*OPEN[:2], "stalled", "lost", "completed", "failed", "cancelled")
_LATE: Final = 1 << FLAGS.index("late")
_TOTALS: Final = ("requests", "bytes", "latency", "domains", "proxies")


def fold(events: Iterable[Event], jobs: Mapping[str, Job]) -> None:
    """Apply new events, in their order, to the jobs they belong to; changes both in place."""
    for event in events:
        if event.job_id:
            _apply(event, jobs[event.job_id])


def _apply(event: Event, job: Job) -> None:
    if not job.first_cursor:
        job.first_cursor = event.cursor
    if event.type in _BY_SERVER:
        job.status = _BY_SERVER[event.type]
        return
    job.last_event_at = max(job.last_event_at, event.received_ms)
    if job.status in {"stalled", "lost"} and event.type != "job_started":
        job.status = "running"
    if job.started_at is None and event.type != "job_queued":
        job.started_at = event.at_ms
    change = _CHANGES.get(event.type)
    if change is not None:
        change(event, job)


def _queued(event: Event, job: Job) -> None:
    if job.first_cursor == event.cursor:
        job.status = "queued"
    _describe(event, job)


def _started(event: Event, job: Job) -> None:
    if job.status in ENDED or job.status == "lost":
        _open_attempt(event, job)
    if job.status == "queued":
        job.started_at = event.at_ms
    job.status = "running"
    _describe(event, job)


def _open_attempt(event: Event, job: Job) -> None:
    """Counters begin again; what the earlier attempt was is in the events before `first_cursor`."""
    job.attempt += 1
    job.first_cursor = event.cursor
    job.items = job.errors = 0
    job.items_reported = job.done = job.total = job.duration = None
    job.started_at = event.at_ms
    job.finished_at = job.reason = None
    job.totals = {}


def _describe(event: Event, job: Job) -> None:
    job.source = _said(event, "source", job.source)
    job.query = _said(event, "query", job.query)
    job.config = _said(event, "config", job.config)
    job.tags = [str(tag) for tag in _said(event, "tags", job.tags)]
    job.total = _said(event, "total", job.total)
    job.unit = _said(event, "unit", job.unit)


def _progress(event: Event, job: Job) -> None:
    if job.status in ENDED:
        event.flags |= _LATE
        return
    job.done = _said(event, "done", job.done)
    job.total = _said(event, "total", job.total)
    job.unit = _said(event, "unit", job.unit)
    job.items_reported = _said(event, "itemsScraped", job.items_reported)
    reported = {name: event.body[name] for name in _TOTALS if event.body.get(name) is not None}
    if reported:
        job.totals = {**job.totals, **reported}


def _item(event: Event, job: Job) -> None:  # noqa: ARG001  (one signature for all changes)
    job.items = _counted(job.items, 1)


def _summary(event: Event, job: Job) -> None:
    job.items = _counted(job.items, _said(event, "count", 0))


def _error(event: Event, job: Job) -> None:
    job.errors = _counted(job.errors, _said(event, "count", 1))


def _worker(event: Event, job: Job) -> None:
    job.worker = _said(event, "host", job.worker)


def _ended(event: Event, job: Job) -> None:
    if job.status in ENDED:
        event.flags |= _LATE
        return
    job.status = EVENTS[event.type].ends or job.status
    job.finished_at = event.at_ms
    job.items_reported = _said(event, "itemsScraped", job.items_reported)
    job.duration = _said(event, "duration", _span(job, event.at_ms))
    job.reason = _said(event, "reason", _said(event, "error", None))


def _counted(so_far: int, more: float) -> int:
    """The sum, or the greatest that every store and reader can hold."""
    return min(so_far + int(more), MAX_SAFE_INTEGER)


def _said(event: Event, name: str, otherwise: Any) -> Any:
    """The body's field, or `otherwise` when it is absent or null."""
    value = event.body.get(name)
    return otherwise if value is None else value


def _span(job: Job, end_ms: int) -> int | None:
    return None if job.started_at is None else max(0, end_ms - job.started_at)


_BY_SERVER: Final = {"job_stalled": "stalled", "job_lost": "lost"}
_CHANGES: Final[dict[str, Callable[[Event, Job], Any]]] = {
    "job_queued": _queued,
    "job_started": _started,
    "job_progress": _progress,
    "item_scraped": _item,
    "item_summary": _summary,
    "error": _error,
    "worker": _worker,
    **{name: _ended for name, kind in EVENTS.items() if kind.ends},
}
