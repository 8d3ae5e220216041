"""What events mean for their job: its state machine, counters and times.

::

    queued ── started ──▶ running ── completed / failed / cancelled ──▶ ended
                          │    ▲                                          │
                 stalled, lost │ news; of a lost job any sign of life     │ started: a new attempt
                          └────┘                                          ▼ running

A queued job runs as soon as anything comes that only a run can tell, also without `job_started`. The first end wins: a
second one, like progress reported after it or overtaken by later progress, is stored with the flag `late` and changes
nothing.
Items and errors that arrive after the end still count, since what was scraped was scraped.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

from app.storage.base import Commit, Event, Job
from scrapewatch.events import EVENTS, FLAGS, MAX_SAFE_INTEGER

ENDED: Final = frozenset(kind.ends for kind in EVENTS.values() if kind.ends)
OPEN: Final = ("queued", "running", "stalled", "lost")
STATUSES: Final = (*OPEN[:2], "stalled", "lost", "completed", "failed", "cancelled")
_LATE: Final = 1 << FLAGS.index("late")
_AT: Final = "at"
"""Where `Job.totals` says when its last report was made, in ms."""
_COUNTERS: Final = (
    ("requests", "total"),
    ("requests", "failed"),
    ("requests", "retried"),
    ("bytes", "sent"),
    ("bytes", "received"),
)
_TOTALS: Final = ("requests", "bytes", "latency", "domains", "proxies")


def fold(commit: Commit, jobs: Mapping[str, Job]) -> None:
    """Apply new events, in their order, to the jobs they belong to; changes both in place."""
    before = {job_id: _attempts(job) for job_id, job in jobs.items()}
    for job in jobs.values():
        job.news = False
    begun = 0
    telling = [place for place, event in enumerate(commit.events) if event.body is not None] if commit.telling else []
    for place in telling:
        _count(commit.events[begun:place], jobs)
        begun = place + 1
        event = commit.events[place]
        if event.job_id:
            _apply(event, jobs[event.job_id])
    _count(commit.events[begun:], jobs)
    for job_id, job in jobs.items():
        job.begun = _attempts(job) - before[job_id]


def _attempts(job: Job) -> int:
    """How many attempts began so far: none of a job that waits for its first."""
    return job.attempt - (job.started_at is None)


def _count(items: Sequence[Event], jobs: Mapping[str, Job]) -> None:
    """Apply items that follow one another: they say no more than that they are."""
    if not items:
        return
    counts = dict.fromkeys(jobs, len(items)) if len(jobs) == 1 else Counter(map(_job_of, items))
    for job_id, count in counts.items():
        job = jobs[job_id]
        if not job.first_cursor or job.started_at is None:
            first = next(item for item in items if item.job_id == job_id)
            job.first_cursor = job.first_cursor or first.cursor
            job.started_at = first.at_ms if job.started_at is None else job.started_at
        job.last_event_at = max(job.last_event_at, items[-1].received_ms)
        if job.status in {"queued", "stalled", "lost"}:
            job.status, job.reason = "running", None
        job.items = _counted(job.items, count)
        job.news = True


def _apply(event: Event, job: Job) -> None:
    if not job.first_cursor:
        job.first_cursor = event.cursor
    if event.type in _BY_SERVER:
        _BY_SERVER[event.type](event, job)
        return
    job.last_event_at = max(job.last_event_at, event.received_ms)
    if job.started_at is None and not _waits(event, job):
        job.started_at = event.at_ms
    before = _figures(job)
    change = _CHANGES.get(event.type)
    if change is not None:
        change(event, job)
    is_news = event.type not in _QUIET or (event.type == "job_progress" and _figures(job) != before)
    job.news = job.news or is_news
    if _runs_again(job, is_news=is_news) or (job.status == "queued" and not _waits(event, job)):
        job.status, job.reason = "running", None


def _waits(event: Event, job: Job) -> bool:
    """Whether the event says nothing of a run."""
    return event.type == "job_queued" or (job.status == "queued" and event.type in _BEFORE_RUN)


def _runs_again(job: Job, *, is_news: bool) -> bool:
    """Whether what was just heard takes back that the job is lost or stalled."""
    return job.status == "lost" or (job.status == "stalled" and is_news)


def _judged(event: Event, job: Job) -> None:
    """The server finds the job stalled or lost; a job that has ended or was heard meanwhile is neither."""
    if job.status in ENDED or job.last_event_at > _said(event, "lastEventAt", job.last_event_at):
        event.flags |= _LATE
        return
    job.status = _JUDGED[event.type]
    job.reason = _said(event, "reason", None)


def _tagged(event: Event, job: Job) -> None:
    """Somebody gave tags or took them away; a scraper that says them again gives them again."""
    gone = set(map(str, _said(event, "removed", ())))
    job.tags = _together([tag for tag in job.tags if tag not in gone], _said(event, "added", ()))


def _pinned(_: Event, job: Job) -> None:
    job.pinned = True


def _unpinned(_: Event, job: Job) -> None:
    job.pinned = False


def _together(tags: Sequence[str], more: Sequence[object]) -> list[str]:
    """Those that a job has, then those that are new to it."""
    return list(dict.fromkeys([*tags, *map(str, more)]))


def _figures(job: Job) -> tuple[object, ...]:
    """What progress tells that is new when it has changed."""
    return (job.done, job.items_reported, job.totals.get("requests"))


def _queued(event: Event, job: Job) -> None:
    if job.first_cursor == event.cursor:
        job.status = "queued"
    _describe(event, job)


def _started(event: Event, job: Job) -> None:
    if job.status in ENDED or job.status == "lost":
        _open_attempt(event, job)
    if job.status == "queued":
        job.started_at = event.at_ms
    job.status, job.reason = "running", None
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
    job.tags = _together(job.tags, _said(event, "tags", ()))
    job.total = _said(event, "total", job.total)
    job.unit = _said(event, "unit", job.unit)


def _progress(event: Event, job: Job) -> None:
    if job.status in ENDED or _was_overtaken(event, job):
        event.flags |= _LATE
        return
    job.done = _said(event, "done", job.done)
    job.total = _said(event, "total", job.total)
    job.unit = _said(event, "unit", job.unit)
    job.items_reported = _said(event, "itemsScraped", job.items_reported)
    reported = {name: told for name in _TOTALS if (told := _said(event, name, None)) is not None}
    job.totals = {**job.totals, **reported, _AT: event.at_ms}


def _was_overtaken(event: Event, job: Job) -> bool:
    """Whether a report was made before the last one that was taken.

    It is older by its time and shows less. One that is older but shows more comes from a clock that was set back; one
    that is newer but shows less from counters that began again.
    """
    if event.at_ms >= job.totals.get(_AT, 0):
        return False
    told = (_said(event, "done", None), _said(event, "itemsScraped", None), *_counters(event.body or {}))
    known = (job.done, job.items_reported, *_counters(job.totals))
    return any(new is not None and old is not None and new < old for new, old in zip(told, known, strict=True))


def _counters(reported: Mapping[str, Any]) -> list[float | None]:
    return [(reported.get(within) or {}).get(name) for within, name in _COUNTERS]


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
    value = event.body.get(name) if event.body else None
    return otherwise if value is None else value


def _span(job: Job, end_ms: int) -> int | None:
    return None if job.started_at is None else max(0, end_ms - job.started_at)


_job_of = attrgetter("job_id")
_QUIET: Final = frozenset(name for name, kind in EVENTS.items() if kind.quiet)
_BEFORE_RUN: Final = frozenset({"log", "metric", "client_report"})
"""What may also be told of a job that waits."""
_JUDGED: Final = {"job_stalled": "stalled", "job_lost": "lost"}
_BY_SERVER: Final[dict[str, Callable[[Event, Job], None]]] = {
    **dict.fromkeys(_JUDGED, _judged),
    "job_tagged": _tagged,
    "job_pinned": _pinned,
    "job_unpinned": _unpinned,
}
_CHANGES: Final[dict[str, Callable[[Event, Job], Any]]] = {
    "job_queued": _queued,
    "job_started": _started,
    "job_progress": _progress,
    "item_summary": _summary,
    "error": _error,
    "worker": _worker,
    **{name: _ended for name, kind in EVENTS.items() if kind.ends},
}
