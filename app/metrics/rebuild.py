"""Fills the windows from the store at start, so that a restart does not show an empty hour.

The events are walked from the newest backwards, so that the walk can stop at the window's edge (or at
`MAX_EVENTS`, when an hour holds more than a start should read) and needs no memory but one entry a job: a
report's growth is known as soon as the report before it is met. The first report within the hour has none before
it; its growth is left out unless the job began with it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from app.metrics.points import body_of, effective_ms, is_late, items_of
from app.metrics.reported import totals_of
from app.metrics.scraping import ITEMS, Scraping, live_of
from app.metrics.window import growth
from app.storage.base import Event, EventFilter, EventStore, Job, JobFilter
from app.storage.base_series import HOUR_MS, MINUTE_MS
from scrapewatch.events import EVENTS

MAX_EVENTS: Final = 50_000
_PAGE: Final = 1_000
_ENDS: Final = {name: row.ends for name, row in EVENTS.items() if row.ends}
_REPORTS: Final = ("job_started", "job_progress", "job_lost", "metric", "worker", *_ENDS)


def rebuild(events: EventStore, scraping: Scraping, now_ms: int) -> tuple[list[Event], list[str]]:
    """Fill empty windows; the last minute's `worker` events, oldest first, and which of their jobs are over."""
    known = _load_live(events, scraping, now_ms)
    for event in _backwards(events, ITEMS, now_ms - MINUTE_MS):
        is_present = event.job_id in known and event.cursor >= known[event.job_id].cursor
        scraping.item(event.job_id if is_present else "", effective_ms(event), items_of(event), {})
    walk = _Walk(
        scraping,
        now_ms,
        began=cache(lambda job_id: known[job_id] if job_id in known else _beginning(events.job(job_id))),
        spider=cache(lambda job_id: scraping.named(events.job(job_id) if job_id else None)),
    )
    for event in _backwards(events, _REPORTS, now_ms - HOUR_MS):
        walk.take(event)
    walk.finish()
    return walk.workers[::-1], _over(events, {one.job_id for one in walk.workers} - known.keys() - {""})


def _over(events: EventStore, job_ids: Iterable[str]) -> list[str]:
    found = (events.job(job_id) for job_id in job_ids)
    return [job.id for job in found if job and job.finished_at is not None]


@dataclass(frozen=True, slots=True)
class _Beginning:
    """Where a job's present attempt begins, and when the job was first heard of."""

    cursor: int = 0
    created_ms: int = 0


def _beginning(job: Job | None) -> _Beginning:
    return _Beginning(job.first_cursor, job.created_at) if job else _Beginning()


def _load_live(events: EventStore, scraping: Scraping, now_ms: int) -> dict[str, _Beginning]:
    """Put the jobs that have not ended in their place; how each of them began."""
    known: dict[str, _Beginning] = {}
    wanted = JobFilter(statuses=("queued", "running", "stalled", "lost"))
    before = None
    while page := events.jobs(wanted, before=before, limit=_PAGE):
        for job in page:
            known[job.id] = _beginning(job)
            if job.last_event_at > now_ms - HOUR_MS:
                scraping.live[job.id] = live_of(job, totals_of(job.totals))
            else:
                scraping.quiet[job.id] = job.status
        before = page[-1].key
    scraping.live = dict(sorted(scraping.live.items(), key=lambda item: item[1].heard_ms))
    return known


def _backwards(events: EventStore, types: tuple[str, ...], since_ms: int) -> Iterator[Event]:
    """Events received after `since_ms`, newest first, at most `MAX_EVENTS`."""
    wanted = EventFilter(types=types)
    before = None
    for _ in range(MAX_EVENTS // _PAGE):
        page = events.events(wanted, before=before, limit=_PAGE)
        for event in page:
            if event.received_ms <= since_ms:
                return
            yield event
        if len(page) < _PAGE:
            return
        before = page[-1].cursor


@dataclass(slots=True)
class _Report:
    """A job's report whose predecessor is not met yet; `first` once its attempt's start is."""

    at_ms: int
    totals: dict[str, float]
    cursor: int
    first: bool = False


@dataclass(slots=True)
class _Walk:
    scraping: Scraping
    now_ms: int
    began: Callable[[str], _Beginning]
    spider: Callable[[str], str]
    workers: list[Event] = field(default_factory=list)
    _taken: int = 0
    _oldest_ms: int = 0
    _open: dict[str, _Report] = field(default_factory=dict)
    _ended: set[str] = field(default_factory=set)

    def take(self, event: Event) -> None:
        """Take the next event, older than all before."""
        self._taken += 1
        self._oldest_ms = event.received_ms
        match event.type:
            case "worker":
                if event.received_ms > self.now_ms - MINUTE_MS:
                    self.workers.append(event)
            case "metric":
                self.scraping.own.take_before(event, self.spider(event.job_id))
            case "job_progress":
                self._progress(event)
            case "job_started":
                if event.job_id in self._open and event.cursor <= self.began(event.job_id).cursor:
                    self._open[event.job_id].first = True  # one that comes later opened no attempt
            case _:
                self._end(event)

    def finish(self) -> None:
        """Count the reports that were their attempt's first: also of jobs that began without a word."""
        reached_ms = self._oldest_ms if self._taken >= MAX_EVENTS else self.now_ms - HOUR_MS
        for job_id, report in list(self._open.items()):
            began = self.began(job_id)
            report.first = report.first or began.cursor == report.cursor or began.created_ms >= reached_ms
            self._close(job_id)

    def _progress(self, event: Event) -> None:
        if is_late(event):
            return
        totals = totals_of(body_of(event))
        later = self._open.get(event.job_id)
        if later:
            told_by_both = {name: value for name, value in later.totals.items() if name in totals}
            self.scraping.grew(growth(totals, told_by_both), later.at_ms)
            totals = later.totals | totals
        self._open[event.job_id] = _Report(effective_ms(event), totals, event.cursor)

    def _end(self, event: Event) -> None:
        """The attempt before the one walked so far ended here."""
        if is_late(event):
            return
        if event.job_id in self._open and self._open[event.job_id].first:
            self._close(event.job_id)
        if event.type not in _ENDS:  # a lost job may go on where it was
            return
        self.scraping.duration(event)
        if event.job_id not in self._ended and event.job_id not in self.scraping.live:
            self._ended.add(event.job_id)
            self.scraping.ended(event.job_id, str(_ENDS[event.type]), effective_ms(event), self.now_ms)

    def _close(self, job_id: str) -> None:
        report = self._open.pop(job_id, None)
        if report and report.first:
            self.scraping.grew(report.totals, report.at_ms)
