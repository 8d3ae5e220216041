"""Events and jobs in memory, bounded: for a first look, for tests, and to keep the port honest.

The oldest events go when `capacity` is reached, also of a job that is pinned; jobs stay until they are deleted.
Nothing survives the process.
"""

import copy
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from types import MappingProxyType
from typing import Final

from app.core.clock import Clock
from app.storage.base import Commit, Event, EventFilter, Fold, Job, JobFilter, Outcome, Reach, Tallies
from app.storage.base_counts import Counted
from app.storage.base_keeping import Ages
from app.storage.base_runs import Run, Spider
from app.storage.base_series import Cells, Point
from app.storage.counting import count_events, count_jobs
from app.storage.matching import is_wanted_event
from app.storage.matching_jobs import is_wanted_job
from app.storage.singly import append_singly

DEFAULT_CAPACITY = 200_000
_Key = tuple[int, str, bytes]
_NONE: Final[Tallies] = MappingProxyType({})


class MemoryEventStore:
    """`EventStore` in one process's memory.

    Args:
        clock: gives the receive times.
        record: where the fold's points go.
        capacity: events kept.
    """

    durable = False

    def __init__(
        self, clock: Clock, record: Callable[[Iterable[Point]], object], capacity: int = DEFAULT_CAPACITY
    ) -> None:
        self._clock = clock
        self._record = record
        self._capacity = capacity
        self._lock = threading.RLock()
        self._events: deque[Event] = deque()
        self._keys: OrderedDict[_Key, int] = OrderedDict()
        self._jobs: dict[str, Job] = {}
        self._tallies: Counter[tuple[int, str, str]] = Counter()
        self._cursor = 0
        self._removed = 0
        self._job_key = 0

    def append(self, events: Sequence[Event], fold: Fold, refused: Tallies = _NONE) -> Commit:
        """See `EventStore`."""
        now_ms = self._clock.now_ms()
        with self._lock:
            prev = self._cursor
            jobs, keys = dict[str, Job](), dict[_Key, int]()
            outcomes = [self._judge(event, jobs, keys, now_ms) for event in events]
            new = [event for event, outcome in zip(events, outcomes, strict=True) if outcome.state == "stored"]
            tails = {event.job_id: jobs[event.job_id].last_cursor for event in new if event.job_id}
            for event in new:
                self._number(event, jobs, now_ms)
            changed = {job_id: jobs[job_id] for job_id in tails}
            commit = Commit(outcomes, new, list(changed.values()), prev, tails)
            points = fold(commit, changed)  # works on copies, so that a fold that fails leaves everything as it was
            self._record(points)
            self._events.extend(new)
            self._keys.update(keys)
            self._jobs.update(changed)
            self._count(events, outcomes, refused)
            self._tallies.update(commit.excess)
            self._forget(len(self._events) - self._capacity)
        return replace(commit, jobs=list(map(copy.copy, changed.values())))

    def append_singly(self, events: Sequence[Event], fold: Fold, refused: Tallies = _NONE) -> Commit:
        """See `EventStore`; here nothing but an event can be at fault."""
        with self._lock:
            commit, tallies = append_singly(events, refused, lambda event, _: self.append([event], fold))
            self._count([], [], tallies)
        return commit

    def _count(self, events: Sequence[Event], outcomes: Sequence[Outcome], refused: Tallies) -> None:
        self._tallies.update(dict(refused))
        for event, outcome in zip(events, outcomes, strict=True):
            self._tallies[event.sender_id, "rejected" if outcome.code else outcome.state, outcome.code] += 1

    def _judge(self, event: Event, jobs: dict[str, Job], keys: dict[_Key, int], now_ms: int) -> Outcome:
        """Say what becomes of an event, noting its job (a copy, or a new one) and its key."""
        if event.job_id and event.job_id not in jobs:
            jobs[event.job_id] = self._job_for(event, now_ms)
        if event.job_id and jobs[event.job_id].sender_id != event.sender_id:
            return Outcome("refused", "forbidden_job", "jobId")
        if event.id is None:
            return Outcome("stored")
        key = (event.sender_id, event.job_id, event.id)
        known = keys.get(key, self._keys.get(key))
        if known is None:
            keys[key] = event.digest
            return Outcome("stored")
        return Outcome("duplicate") if known == event.digest else Outcome("refused", "id_conflict", "id")

    def _job_for(self, event: Event, now_ms: int) -> Job:
        known = self._jobs.get(event.job_id)
        if known is not None:
            return copy.copy(known)
        self._job_key += 1
        job_key = self._job_key
        return Job(event.job_id, event.sender_id, created_at=now_ms, key=job_key, last_event_at=now_ms)

    def _number(self, event: Event, jobs: dict[str, Job], now_ms: int) -> None:
        self._cursor += 1
        event.cursor, event.received_ms = self._cursor, now_ms
        event.job_key = -event.sender_id
        if event.job_id:
            job = jobs[event.job_id]
            event.job_key, job.last_cursor, job.origin = job.key, event.cursor, event.origin

    def events(self, wanted: EventFilter, *, before: int | None = None, limit: int = 100) -> list[Event]:
        """See `EventStore`."""
        with self._lock:
            found = (
                e
                for e in reversed(self._events)
                if (before is None or e.cursor < before) and self._is_wanted(e, wanted)
            )
            return list(islice(found, limit))

    def events_after(self, wanted: EventFilter, *, after: int, limit: int = 500) -> list[Event]:
        """See `EventStore`."""
        with self._lock:
            return list(islice((e for e in self._events if e.cursor > after and self._is_wanted(e, wanted)), limit))

    def reach(self) -> Reach:
        """See `EventStore`."""
        with self._lock:
            return Reach(self._cursor, self._removed)

    def jobs(self, wanted: JobFilter, *, before: int | None = None, limit: int = 100) -> list[Job]:
        """See `EventStore`."""
        with self._lock:
            found = (job for job in self._newest_jobs(wanted) if before is None or job.key < before)
            return [copy.copy(job) for job in islice(found, limit)]

    def _newest_jobs(self, wanted: JobFilter) -> Iterator[Job]:
        newest = sorted(self._jobs.values(), key=lambda job: -job.key)
        return (job for job in newest if is_wanted_job(job, wanted))

    def job(self, job_id: str) -> Job | None:
        """See `EventStore`."""
        with self._lock:
            return copy.copy(self._jobs.get(job_id))

    def job_counts(self, wanted: JobFilter, most: int | None = None) -> dict[str, int]:
        """See `EventStore`."""
        with self._lock:
            return dict(Counter(job.status for job in islice(self._newest_jobs(wanted), most)))

    def latest_runs(self, spiders: Sequence[Spider], limit: int) -> dict[Spider, list[Run]]:
        """See `EventStore`."""
        found: dict[Spider, list[Run]] = {spider: [] for spider in spiders}
        with self._lock:
            for job in self._newest_jobs(JobFilter()):
                runs = found.get((job.source, job.query))
                if runs is not None and len(runs) < limit:
                    runs.append(Run(job.status, job.items))
        return found

    def count(self, wanted: EventFilter | JobFilter, over: Cells, most: int) -> Counted:
        """See `EventStore`."""
        with self._lock:
            if isinstance(wanted, JobFilter):
                return count_jobs(self._newest_jobs(wanted), over, most, held=len(self._jobs))
            newest = (event for event in reversed(self._events) if self._is_wanted(event, wanted))
            return count_events(newest, over, most, held=len(self._events))

    def last_seqs(self, sender_id: int, epoch: bytes) -> dict[str, int]:
        """See `EventStore`."""
        found: dict[str, int] = {}
        with self._lock:
            for event in self._events:
                if event.sender_id == sender_id and event.epoch == epoch and event.seq is not None and event.job_id:
                    found[event.job_id] = max(event.seq, found.get(event.job_id, 0))
        return found

    def tallies(self) -> dict[tuple[int, str, str], int]:
        """See `EventStore`."""
        with self._lock:
            return dict(self._tallies)

    def delete_job(self, job_id: str, *, later: bool = False) -> bool:  # noqa: ARG002  (it is no work)
        """See `EventStore`."""
        with self._lock:
            job = self._jobs.pop(job_id, None)
            if job is None:
                return False
            self._removed = max(self._removed, job.last_cursor)
            self._events = deque(event for event in self._events if event.job_id != job_id)
            self._keys = OrderedDict((key, digest) for key, digest in self._keys.items() if key[1] != job_id)
            return True

    def prune(self, ages: Ages, limit: int) -> int:
        """See `EventStore`."""
        with self._lock:
            old = set(islice(self._old(ages), limit))
            for event in self._events:
                if event.cursor in old and event.id is not None:
                    self._keys.pop((event.sender_id, event.job_id, event.id), None)
            self._events = deque(event for event in self._events if event.cursor not in old)
            self._removed = max(self._removed, *old, 0)
            return len(old)

    def _old(self, ages: Ages) -> Iterator[int]:
        """The cursors of those that are to go, the first of them first."""
        received = ages.now_ms
        times = [
            received := event.received_ms if event.received_ms <= ages.now_ms else received
            for event in reversed(self._events)
        ]
        for event, received_ms in zip(self._events, reversed(times), strict=True):
            before_ms = ages.before_ms(event.type, self._jobs.get(event.job_id))
            if before_ms is not None and received_ms < before_ms:
                yield event.cursor

    def _is_wanted(self, event: Event, wanted: EventFilter) -> bool:
        return is_wanted_event(event, wanted, self._jobs.get(event.job_id) if wanted.of else None)

    def _forget(self, count: int) -> None:
        for _ in range(count):
            event = self._events.popleft()
            self._removed = max(self._removed, event.cursor)
            if event.id is not None:
                self._keys.pop((event.sender_id, event.job_id, event.id), None)
