"""The room `jobs`: of the jobs that changed, each reader hears of those it shows, and how many there are in each state.

A page shows some fifty jobs of thousands; what it does not show costs neither it nor the server anything. One who names
none hears of all.
"""

import threading
from collections.abc import Iterable
from typing import Any, Final

from app.core.clock import Clock
from app.jobs.view import job_json
from app.metrics.figures import Figures
from app.runtime.base import Runtime
from app.storage.base import EventStore, Job, JobFilter
from app.websocket.readers import LIVE, Readers
from app.websocket.wire import Message

JOBS: Final = "jobs"


class JobsRoom:
    """See the module; one for a process. `note` is called by the loop, `send` every so often."""

    def __init__(self, readers: Readers, runtime: Runtime, store: EventStore, figures: Figures, clock: Clock) -> None:
        self._readers = readers
        self._runtime = runtime
        self._store = store
        self._figures = figures
        self._clock = clock
        self._lock = threading.Lock()
        self._changed: dict[str, Job] = {}
        self._shown: dict[str, frozenset[str]] = {}
        self._counts: dict[str, int] = {}

    def note(self, jobs: Iterable[Job]) -> None:
        """They have changed."""
        with self._lock:
            self._changed.update((job.id, job) for job in jobs)

    def narrow(self, sid: str, shown: frozenset[str] | None) -> None:
        """The reader wants to hear of these alone; None is all, or that it no longer reads."""
        with self._lock:
            if shown is None:
                self._shown.pop(sid, None)
            else:
                self._shown[sid] = shown

    def send(self) -> None:
        """Tell what has changed since the last time."""
        with self._lock:
            changed, self._changed = self._changed, {}
            shown = dict(self._shown)
        if not changed or not self._readers.is_heard(JOBS):
            return
        told = _Told(changed, self._figures, self._clock.now_ms())
        counts = self._runtime.call(self._store.job_counts, JobFilter())
        moved, self._counts = counts != self._counts, counts

        def message(sid: str) -> Message | None:
            if sid not in shown:
                return told.of_all(counts)
            return told.of_some(shown[sid], counts, anyway=moved)

        self._readers.push_each(JOBS, message)


class _Told:
    """What is told once, however many hear it."""

    def __init__(self, changed: dict[str, Job], figures: Figures, now_ms: int) -> None:
        self._changed = changed
        self._figures = figures
        self._now_ms = now_ms
        self._json: dict[str, dict[str, Any]] = {}
        self._all: Message | None = None

    def of_all(self, counts: dict[str, int]) -> Message:
        if self._all is None:
            self._all = Message(LIVE, JOBS, {"changed": list(map(self._of, self._changed)), "counts": counts})
        return self._all

    def of_some(self, shown: frozenset[str], counts: dict[str, int], *, anyway: bool) -> Message | None:
        """None where nothing of it is news; `anyway` the counts are."""
        mine = [self._of(job_id) for job_id in shown if job_id in self._changed]
        return Message(LIVE, JOBS, {"changed": mine, "counts": counts}) if mine or anyway else None

    def _of(self, job_id: str) -> dict[str, Any]:
        if job_id not in self._json:
            rate = self._figures.job_rate(job_id)
            self._json[job_id] = job_json(self._changed[job_id], rate, self._now_ms)
        return self._json[job_id]
