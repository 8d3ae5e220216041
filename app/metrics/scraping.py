"""Committed events as sliding windows: what the jobs do now, did in the last minute, did in the last hour."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from app.metrics.own import Own
from app.metrics.pace import Pace
from app.metrics.points import body_of, effective_ms, errors_of, is_late, items_of, spider_of
from app.metrics.reported import amount, totals_of
from app.metrics.spiders import Spiders
from app.metrics.window import Window, growth
from app.storage.base import Commit, Event, Job
from app.storage.base_series import HOUR_MS, MINUTE_MS
from scrapewatch.events import EVENTS

_ENDS: Final = {name: row.ends for name, row in EVENTS.items() if row.ends}
ENDED: Final = frozenset(_ENDS.values())
ITEMS: Final = ("item_scraped", "item_summary")

_Counted = Counter[tuple[str, int]]
"""Items by job and second."""


def minute() -> Window:
    """A window over the last minute."""
    return Window(MINUTE_MS, 1_000)


def hour() -> Window:
    """A window over the last hour."""
    return Window(HOUR_MS, 10_000)


@dataclass(slots=True)
class Live:
    """A job that has not ended: its state, and what its attempt has reported so far.

    `totals` is None until the end of the commit by which a quiet job is heard again.
    """

    status: str
    attempt: int
    since_ms: int
    heard_ms: int
    totals: dict[str, float] | None
    items: Window = field(default_factory=minute)
    pace: Pace = field(default_factory=Pace)


def live_of(job: Job, totals: dict[str, float] | None) -> Live:
    """What is remembered of a job that has reported `totals`."""
    return Live(job.status, job.attempt, job.started_at or job.created_at, job.last_event_at, totals)


def _of_earlier_attempts(commit: Commit) -> _Counted:
    """The commit's items that came before their job's present attempt began, by job and second."""
    began = {job.id: job.first_cursor for job in commit.jobs if job.begun and job.attempt > 1}
    found: _Counted = Counter()
    for event in commit.events if began else ():
        if event.type in ITEMS and event.cursor < began.get(event.job_id, 0):
            found[event.job_id, effective_ms(event) // 1000] += items_of(event)
    return found


class Scraping:
    """The windows over all jobs, and the state of each that has not ended. Not thread-safe.

    Attributes:
        live: jobs heard within the hour, about in the order in which they were last heard.
        quiet: the state of each that was not, and no more: there may be many that never end.
        spiders: what each spider has done since the start.
        own: the latest values of users' own metrics.

    Args:
        keeps: whether a metric of users' own is kept at all, by its name.
    """

    def __init__(self, keeps: Callable[[str], bool]) -> None:
        self.live: dict[str, Live] = {}
        self.quiet: dict[str, str] = {}
        self._items = minute()
        self._requests_minute = minute()
        self._moved = {name: hour() for name in ("requests", "requestsProxied", "bytes")}
        self._durations = hour()
        self._durations_count = hour()
        self._ended = {"completed": hour(), "failed": hour()}
        self._ended_at: dict[str, tuple[str, int]] = {}
        self.spiders = Spiders()
        self.own = Own(keeps)
        self._take: dict[str, Callable[[Event, Mapping[str, Job]], None]] = {
            "job_started": self._started,
            "job_progress": self._progress,
            "metric": self._metric,
            "error": self._error,
            **dict.fromkeys(_ENDS, self._end),
        }

    def take(self, commit: Commit, now_ms: int) -> None:
        """Take one transaction's events and the states of the jobs they changed."""
        jobs = {job.id: job for job in commit.jobs}
        items = Counter(commit.counted)
        for event in commit.telling:
            if event.type == "item_summary":
                items[event.job_id, effective_ms(event) // 1000] += items_of(event)
            elif event.type in self._take:
                self._take[event.type](event, jobs)
        earlier = _of_earlier_attempts(commit)
        self._take_items(items, earlier, jobs)
        for job in commit.jobs:
            if job.begun:
                self._count(job.id, jobs, {"jobs.started": job.begun})
            self._place(job, now_ms)
        self._forget_quiet(now_ms)

    def _take_items(self, items: _Counted, earlier: _Counted, jobs: Mapping[str, Job]) -> None:
        """Count items by job and second, those of earlier attempts among them."""
        seconds, spiders = Counter[int](), Counter[str]()
        for (job_id, second), count in items.items():
            seconds[second] += count
            if job_id in jobs:
                spiders[spider_of(jobs[job_id])] += count
            live = self._live_of(job_id, jobs)
            now = count - earlier[job_id, second] if earlier else count
            if live and now:
                live.items.add(second * 1000, now)
        for second, count in seconds.items():
            self._items.add(second * 1000, count)
        for spider, count in spiders.items():
            self.spiders.add(spider, {"items": count})

    def item(self, job_id: str, at_ms: int, count: int, jobs: Mapping[str, Job]) -> None:
        """Count items of one job."""
        self._items.add(at_ms, count)
        live = self._live_of(job_id, jobs)
        if live:
            live.items.add(at_ms, count)

    def grew(self, added: Mapping[str, float], at_ms: int) -> None:
        """Count what a job's totals grew by."""
        self._requests_minute.add(at_ms, added.get("requests", 0.0))
        for name, window in self._moved.items():
            window.add(at_ms, added.get(name, 0.0))

    def duration(self, event: Event) -> None:
        """Count a terminal event's reported duration."""
        reported = amount(body_of(event).get("duration"))
        if reported is not None and not is_late(event):
            self._durations.add(effective_ms(event), reported)
            self._durations_count.add(effective_ms(event))

    def ended(self, job_id: str, status: str, at_ms: int, now_ms: int) -> None:
        """Count a job as ended, once, for as long as the hour lasts."""
        self._forget_ended(now_ms)
        if self._ended_at.get(job_id) == (status, at_ms):
            return
        self.began_again(job_id)
        if at_ms <= now_ms - HOUR_MS:
            return
        self._ended_at[job_id] = (status, at_ms)
        if status in self._ended:
            self._ended[status].add(at_ms)

    def began_again(self, job_id: str) -> None:
        """Take back that a job has ended; its present state is what counts."""
        status, at_ms = self._ended_at.pop(job_id, ("", 0))
        if status in self._ended:
            self._ended[status].add(at_ms, -1)

    def forget(self, job_id: str) -> None:
        """A job was deleted; what it did has been done, but it is in no state any more."""
        self._drop(job_id)
        self.began_again(job_id)

    def job_rate(self, job_id: str, now_ms: int) -> float | None:
        """Items per second over the last minute, or since the start of a younger job; None once it has ended."""
        live = self.live.get(job_id)
        if live is None:
            return 0.0 if job_id in self.quiet else None
        span_ms = min(MINUTE_MS, max(1_000, now_ms - live.since_ms))
        return live.items.total(now_ms) * 1000 / span_ms

    def job_pace(self, job_id: str, now_ms: int) -> float | None:
        """What a job has done of its total by the millisecond lately; None where that is not known."""
        live = self.live.get(job_id)
        return None if live is None else live.pace.per_ms(now_ms)

    def values(self, now_ms: int) -> dict[str, float]:
        """The metrics by name; a mean or a ratio of nothing is left out."""
        states = Counter(live.status for live in self.live.values()) + Counter(self.quiet.values())
        completed, failed = (window.total(now_ms) for window in self._ended.values())
        requests, proxied, moved = (window.total(now_ms) for window in self._moved.values())
        found = self.own.values(now_ms) | {
            "system.network.requestsPerSecond": self._requests_minute.per_second(now_ms),
            "jobs.active": float(states["running"] + states["stalled"]),
            "jobs.queued": float(states["queued"]),
            "jobs.completed": completed,
            "jobs.failed": failed,
            "jobs.finished": completed + failed,
            "performance.itemsPerSecond": self._items.per_second(now_ms),
            "resources.requests": requests,
            "resources.bandwidthUsed": moved,
        }
        if completed + failed:
            found["jobs.failureRate"] = failed / (completed + failed)
            found["performance.successRate"] = completed / (completed + failed)
        if count := self._durations_count.total(now_ms):
            found["performance.averageJobDuration"] = self._durations.total(now_ms) / count
        if requests or proxied:
            found["resources.proxyUsage"] = min(1.0, proxied / requests) if requests else 1.0
        return found

    def _started(self, event: Event, jobs: Mapping[str, Job]) -> None:
        """A new attempt counts from zero; a second `job_started` of the same one changes nothing."""
        job, live = jobs.get(event.job_id), self.live.get(event.job_id)
        if job is None or (event.job_id in self.quiet and job.first_cursor < event.cursor):
            return
        if live is None or live.attempt < job.attempt or event.cursor == job.first_cursor:
            self._drop(event.job_id)  # also what the same commit told of the attempt before
            self.live[event.job_id] = live_of(job, {})

    def _progress(self, event: Event, jobs: Mapping[str, Job]) -> None:
        live = None if is_late(event) else self._live_of(event.job_id, jobs)
        if live is None:
            return
        done = amount(body_of(event).get("done"))
        if done is not None:
            live.pace.take(effective_ms(event), done)
        if live.totals is not None:
            totals = totals_of(body_of(event))
            added = growth(live.totals, totals)
            self.grew(added, effective_ms(event))
            self._count(event.job_id, jobs, added)
            live.totals |= totals

    def _metric(self, event: Event, jobs: Mapping[str, Job]) -> None:
        self.own.take(event, self.named(jobs.get(event.job_id)))

    def named(self, job: Job | None) -> str:
        """What a job's spider is told as; "" for no job."""
        return self.spiders.name_of(spider_of(job)) if job else ""

    def _error(self, event: Event, jobs: Mapping[str, Job]) -> None:
        self._count(event.job_id, jobs, {"errors": errors_of(event)})

    def _end(self, event: Event, jobs: Mapping[str, Job]) -> None:
        self.duration(event)
        if not is_late(event):
            duration_ms = amount(body_of(event).get("duration")) or 0.0
            self._count(event.job_id, jobs, {"jobs.ended": 1, "jobs.duration": duration_ms}, _ENDS[event.type])

    def _count(self, job_id: str, jobs: Mapping[str, Job], amounts: Mapping[str, float], status: str = "") -> None:
        job = jobs.get(job_id)
        if job:
            self.spiders.add(spider_of(job), amounts, status)

    def _live_of(self, job_id: str, jobs: Mapping[str, Job]) -> Live | None:
        """The job, made if it is new; None for one that had ended before, whose stragglers say nothing of now."""
        if job_id not in self.live and job_id in jobs and job_id not in self._ended_at:
            known = self.quiet.pop(job_id, None)
            self.live[job_id] = live_of(jobs[job_id], {} if known is None else None)
        return self.live.get(job_id)

    def _place(self, job: Job, now_ms: int) -> None:
        if job.status in ENDED:
            self._drop(job.id)
            self.ended(job.id, job.status, min(job.finished_at or job.last_event_at, now_ms), now_ms)
            return
        self.began_again(job.id)
        live = self._drop(job.id)
        if live is None or live.attempt < job.attempt:
            live = live_of(job, totals_of(job.totals))
        live.status = job.status
        live.since_ms = job.started_at or job.created_at
        live.heard_ms = job.last_event_at
        if live.totals is None:
            live.totals = totals_of(job.totals)
        self.live[job.id] = live  # the last heard stands last

    def _drop(self, job_id: str) -> Live | None:
        self.quiet.pop(job_id, None)
        return self.live.pop(job_id, None)

    def _forget_quiet(self, now_ms: int) -> None:
        """Keep no more than the state of jobs that have been silent for an hour."""
        while self.live:
            job_id, live = next(iter(self.live.items()))
            if live.heard_ms > now_ms - HOUR_MS:
                return
            del self.live[job_id]
            self.quiet[job_id] = live.status

    def _forget_ended(self, now_ms: int) -> None:
        """Let go of jobs that ended over an hour ago; they stand roughly in the order in which they ended."""
        while self._ended_at:
            job_id, (_, at_ms) = next(iter(self._ended_at.items()))
            if at_ms > now_ms - HOUR_MS:
                return
            del self._ended_at[job_id]
