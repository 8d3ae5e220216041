"""Which jobs there are to watch: those that have not ended, and when each spider last began.

Kept up by every commit, and filled from the store at the start. What the server itself missed is nobody's silence, so
after a start a job's items are taken to have come just then.
"""

import threading
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from app.core.clock import Clock
from app.jobs.fold import OPEN
from app.metrics.points import labels_of, spider_of
from app.storage.base import Commit, EventStore, Job, JobFilter
from app.storage.base_series import Labels

MAX_LOST: Final = 10_000
"""Lost jobs that are remembered; they may never be heard of again."""
_PAGE: Final = 1_000


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """A job that has not ended; times in ms since 1970 UTC. A struct of msgspec's, as many are made anew each second.

    Attributes:
        labels: those of its series, and so of its instances.
        began: when its attempt began, as far as the server saw it.
        items: how many it had brought when it last brought one, at `item_at`.
    """

    labels: Labels
    source: str
    query: str
    spider: str
    status: str
    began: int
    items: int
    item_at: int

    def is_of(self, filters: Mapping[str, str]) -> bool:
        """Whether it is one of a condition's `source`, `spider` and `query`."""
        mine = {"source": self.source, "query": self.query, "spider": self.spider}
        return all(mine[name] == value for name, value in filters.items())


class Jobs:
    """See the module; commits come from the writer thread, questions from the evaluator's.

    Attributes:
        since: when this process began to hear of them, in ms since 1970 UTC.
    """

    def __init__(self, events: EventStore, clock: Clock) -> None:
        self._events = events
        self._clock = clock
        self._lock = threading.Lock()
        self._watched: dict[str, Watched] = {}
        self._lost: dict[str, str] = {}
        self._started: dict[str, int] = {}
        self.since = clock.now_ms()

    def rebuild(self) -> None:
        """Take the open jobs of the store; before the first commit is handed in."""
        now_ms = self.since = self._clock.now_ms()
        found = {job.id: _watched(job, None, now_ms) for job in self._open_jobs()}
        with self._lock:
            self._watched = found
            self._lost = {job_id: one.spider for job_id, one in found.items() if one.status == "lost"}

    def on_commit(self, commit: Commit) -> None:
        """Take what one transaction changed."""
        now_ms = self._clock.now_ms()
        with self._lock:
            for job in commit.jobs:
                self._take(job, now_ms)

    def forget(self, job_id: str) -> None:
        """A job was deleted."""
        with self._lock:
            self._watched.pop(job_id, None)
            self._lost.pop(job_id, None)

    def open(self) -> dict[str, Watched]:
        """Every job that has not ended, by its id."""
        with self._lock:
            return dict(self._watched)

    def last_start(self, spider: str) -> int:
        """When a job of the spider last began, as far as is known; when nothing is, since when it could be.

        Raises:
            app.core.errors.Unavailable: the store can't be asked, which it is once for each spider.
        """
        with self._lock:
            known = self._started.setdefault(spider, 0)  # from now on commits are noted here
        if known:
            return known
        stored = self._stored_start(spider)
        with self._lock:
            self._started[spider] = max(stored, self._started[spider])
            return self._started[spider]

    def _take(self, job: Job, now_ms: int) -> None:
        spider = spider_of(job)
        before = self._watched.get(job.id)
        if spider and job.status != "lost" and (before is None or before.spider != spider):
            self._let_go(spider)
        if job.status in OPEN:
            self._watched[job.id] = _watched(job, before, now_ms)
        else:
            self._watched.pop(job.id, None)
        if job.status == "lost":
            self._lost[job.id] = spider
        elif job.id in self._lost:
            del self._lost[job.id]
        if spider in self._started and job.started_at is not None and job.status != "queued":
            self._started[spider] = max(self._started[spider], min(job.started_at, now_ms))

    def _let_go(self, spider: str) -> None:
        """A lost job is past when its spider runs again; of too many, the oldest are."""
        past = [name for name, theirs in self._lost.items() if theirs == spider]
        past += list(self._lost)[: max(0, len(self._lost) - MAX_LOST)]
        for name in past:
            self._lost.pop(name, None)
            self._watched.pop(name, None)

    def _stored_start(self, spider: str) -> int:
        source, _, query = spider.partition(": ")
        for job in self._events.jobs(JobFilter(source=source, q=query or None), limit=_PAGE):
            if job.started_at is not None and spider_of(job) == spider:
                return job.started_at
        return self.since

    def _open_jobs(self) -> Iterator[Job]:
        before, lost = None, 0
        while page := self._events.jobs(JobFilter(statuses=OPEN), before=before, limit=_PAGE):
            for job in page:
                lost += job.status == "lost"
                if job.status != "lost" or lost <= MAX_LOST:
                    yield job
            before = page[-1].key


def _watched(job: Job, before: Watched | None, now_ms: int) -> Watched:
    if before is not None and (before.source, before.query) == (job.source or "", job.query or ""):
        if before.items == job.items:
            return before if before.status == job.status else replace(before, status=job.status)
        return replace(before, status=job.status, items=job.items, item_at=now_ms)
    began = now_ms if job.started_at is None else min(now_ms, job.started_at)
    return Watched(
        labels=labels_of(job.id, job),
        source=job.source or "",
        query=job.query or "",
        spider=spider_of(job),
        status=job.status,
        began=began,
        items=job.items,
        item_at=now_ms,
    )
