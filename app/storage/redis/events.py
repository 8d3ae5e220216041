"""Events and jobs in Redis."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import chain, islice
from types import MappingProxyType
from typing import Final

from redis.exceptions import RedisError

from app.core.clock import Clock
from app.core.errors import Unavailable
from app.storage.base import Commit, Event, EventFilter, Fold, Job, JobFilter, Reach, Tallies
from app.storage.base_counts import Counted
from app.storage.base_keeping import Ages
from app.storage.base_runs import Run, Spider
from app.storage.base_series import Cells, Point
from app.storage.counting import count_events, count_jobs
from app.storage.redis import append, job_lists, keeping, removal
from app.storage.redis.draft import Draft
from app.storage.redis.keys import JOBS, STREAM, TALLIES, seqs
from app.storage.redis.looking import pages
from app.storage.redis.records import job_of
from app.storage.redis.server import Changes, Command, Head, Server
from app.storage.singly import append_singly

MergePoints = Callable[[Sequence[Point]], Iterable[Command]]

_NONE: Final[Tallies] = MappingProxyType({})
_SLICE: Final = 1_000
"""Events of a deleted job that go at once: some ms in which the server does nothing else."""
_ACTIVE: Final = ("queued", "running", "stalled", "lost")


class RedisEventStore:
    """`EventStore` over one Redis.

    Args:
        server: where all is.
        clock: gives the receive times.
        merge: says what is to be written of the fold's points, in the same transaction.
    """

    def __init__(self, server: Server, clock: Clock, merge: MergePoints) -> None:
        self._server = server
        self._clock = clock
        self._merge = merge

    @property
    def durable(self) -> bool:
        """See `EventStore`: as the server is set up."""
        return self._server.durable

    def append(self, events: Sequence[Event], fold: Fold, refused: Tallies = _NONE) -> Commit:
        """See `EventStore`."""

        def stage(draft: Draft) -> Commit:
            draft.count(refused)
            return draft.add(events, fold)

        return self._append(events, stage, refused)

    def append_singly(self, events: Sequence[Event], fold: Fold, refused: Tallies = _NONE) -> Commit:
        """See `EventStore`."""

        def stage(draft: Draft) -> Commit:
            commit, tallies = append_singly(events, refused, lambda event, _: draft.add([event], fold), _is_its_fault)
            draft.count(tallies)
            return commit

        return self._append(events, stage, refused)

    def _append(self, events: Sequence[Event], stage: Callable[[Draft], Commit], refused: Tallies) -> Commit:
        if not events and not refused:
            return Commit([], [], [], 0)

        def work(head: Head) -> tuple[Commit, Changes]:
            draft = Draft(head, append.held(self._server, events), self._clock.now_ms())
            commit = stage(draft)
            changes = Changes(append.puts(draft.events), [*append.commands(draft), *self._merge(draft.points)])
            changes.head(cursor=draft.cursor, job=draft.job_key)
            return commit, changes

        return self._server.transact(work)

    def events(self, wanted: EventFilter, *, before: int | None = None, limit: int = 100) -> list[Event]:
        """See `EventStore`."""
        looks = pages(self._server, wanted, back=True, before=before, size=limit)
        return list(islice(chain.from_iterable(page.found for page in looks), limit))

    def events_after(self, wanted: EventFilter, *, after: int, limit: int = 500) -> list[Event]:
        """See `EventStore`."""
        looks = pages(self._server, wanted, back=False, after=after, size=limit)
        return list(islice(chain.from_iterable(page.found for page in looks), limit))

    def reach(self) -> Reach:
        """See `EventStore`."""
        head = self._server.head()
        return Reach(head.cursor, head.removed)

    def jobs(self, wanted: JobFilter, *, before: int | None = None, limit: int = 100) -> list[Job]:
        """See `EventStore`."""
        return list(islice(job_lists.newest_jobs(self._server, wanted, before=before, size=limit), limit))

    def job(self, job_id: str) -> Job | None:
        """See `EventStore`."""
        return job_lists.one_job(self._server, job_id)

    def job_counts(self, wanted: JobFilter, most: int | None = None) -> dict[str, int]:
        """See `EventStore`."""
        if wanted == JobFilter() and most is None:
            return job_lists.counts(self._server)
        return dict(Counter(job.status for job in islice(job_lists.newest_jobs(self._server, wanted), most)))

    def latest_runs(self, spiders: Sequence[Spider], limit: int) -> dict[Spider, list[Run]]:
        """See `EventStore`."""
        return job_lists.latest_runs(self._server, spiders, limit)

    def count(self, wanted: EventFilter | JobFilter, over: Cells, most: int) -> Counted:
        """See `EventStore`."""
        if isinstance(wanted, JobFilter):
            (held,) = self._server.ask(("HLEN", JOBS))
            return count_jobs(job_lists.newest_jobs(self._server, wanted), over, most, held)
        (held,) = self._server.ask(("XLEN", STREAM))
        looks = pages(self._server, _within(wanted, over), back=True, size=most)
        return count_events(chain.from_iterable(page.found for page in looks), over, most, held)

    def last_seqs(self, sender_id: int, epoch: bytes) -> dict[str, int]:
        """See `EventStore`."""
        (told,) = self._server.ask(("ZRANGE", seqs(sender_id, epoch), 0, -1, "WITHSCORES"))
        (jobs,) = self._server.ask(("HMGET", JOBS, *told[::2])) if told else ([],)
        there = [(job_of(job), int(seq)) for job, seq in zip(jobs, told[1::2], strict=True) if job]
        return {job.id: seq for job, seq in there if job.status in _ACTIVE}

    def tallies(self) -> dict[tuple[int, str, str], int]:
        """See `EventStore`."""
        (told,) = self._server.ask(("HGETALL", TALLIES))
        found = {}
        for name, count in told.items():
            sender_id, outcome, code = name.decode().split(" ", 2)
            found[int(sender_id), outcome, code] = int(count)
        return found

    def delete_job(self, job_id: str, *, later: bool = False) -> bool:
        """See `EventStore`."""
        key = removal.delete_job(self._server, job_id)
        if key is None:
            return False
        while not later and removal.delete_slice(self._server, key, _SLICE) == _SLICE:
            pass
        return True

    def prune(self, ages: Ages, limit: int) -> int:
        """See `EventStore`."""
        for key in removal.deleted(self._server):
            if gone := removal.delete_slice(self._server, key, limit):
                return gone
        return keeping.prune(self._server, ages, limit)


def _within(wanted: EventFilter, over: Cells) -> EventFilter:
    """The same, of the time of the cells alone."""
    last_ms = over.from_ms + over.steps * over.step_ms - 1
    from_ms = over.from_ms if wanted.from_ms is None else max(over.from_ms, wanted.from_ms)
    return replace(wanted, from_ms=from_ms, to_ms=last_ms if wanted.to_ms is None else min(last_ms, wanted.to_ms))


def _is_its_fault(error: Exception) -> bool:
    """Whether an event is at fault: a broken server must not make its sender throw it away."""
    return not isinstance(error, RedisError | Unavailable)
