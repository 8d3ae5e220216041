"""A watchdog with all that it asks, in the hands of a test that moves the clock."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from app.core.errors import Unavailable
from app.jobs.fold import fold as fold_jobs
from app.jobs.watchdog import Watchdog
from app.storage.base import Commit, Job, Outcome
from app.storage.base_series import Point
from app.storage.memory import MemoryEventStore
from tests.fakes import StoppedClock, event

LOST_MS = 60_000
STALLED_MS = 300_000
LOOK_MS = 1_000
SENDER = 7


def fold(commit: Commit, jobs: Mapping[str, Job]) -> list[Point]:
    fold_jobs(commit, jobs)
    return []


class Yard:
    """A watchdog over a store, the sockets that are open, and a door that may refuse."""

    def __init__(self) -> None:
        self.clock = StoppedClock()
        self.store = MemoryEventStore(self.clock, lambda _: None)
        self.open: dict[int, set[str]] = {}
        self.refused: dict[int, int] = {}
        self.waiting = 0
        self.closing = False
        self.said: list[tuple[str, str, str]] = []
        self.watchdog = self.begin()

    def begin(self) -> Watchdog:
        """A process that starts on the store."""
        self.watchdog = Watchdog(self.store, self.clock, self, self, lost_after_ms=LOST_MS, stalled_after_ms=STALLED_MS)
        self.watchdog.rebuild()
        return self.watchdog

    def is_open(self, eio_sid: str) -> bool:
        return any(eio_sid in sids for sids in self.open.values())

    def by_sender(self) -> dict[int, set[str]]:
        return self.open

    def last_refusal_ms(self, sender_id: int) -> int | None:
        return self.refused.get(sender_id)

    def say(self, sender_id: int, event_type: str, job_id: str, data: Mapping[str, Any]) -> Future[Outcome]:
        if self.closing:
            raise Unavailable("closing")
        self.said.append((event_type, job_id, data["reason"]))
        self.commit(event(event_type, job_id, sender_id, data=data), origin="", news=False)
        done: Future[Outcome] = Future()
        done.set_result(Outcome("stored"))
        return done

    def commit(self, one: Any, *, origin: str, news: bool) -> Job:
        """Store an event and hand on the job as the writer does."""
        commit = self.store.append([one], fold)
        jobs = [replace(job, origin=origin, news=news) for job in commit.jobs]
        self.watchdog.on_commit(Commit(commit.outcomes, commit.events, jobs, commit.prev))
        return jobs[0]

    def hear(self, kind: str = "heartbeat", job_id: str = "a", origin: str = "s1", **data: Any) -> Job:
        """An event of the job; anything but a heartbeat is news."""
        return self.commit(event(kind, job_id, SENDER, data=data), origin=origin, news=kind != "heartbeat")

    def pass_time(self, ms: int, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Let time go by, with a look each second."""
        for _ in range(ms // LOOK_MS):
            self.clock.advance(LOOK_MS)
            meanwhile()
            self.watchdog.look()

    def status(self, job_id: str = "a") -> str:
        job = self.store.job(job_id)
        assert job
        return job.status
