"""Error groups in memory, beside the events that they are of."""

import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, Protocol

from app.storage.base import Job, JobFilter
from app.storage.base_groups import ErrorGroup, Mute, Sighting
from app.storage.base_keeping import Ages
from app.storage.grouping import Key, grown

NAMELESS: Final = ("", "")
Spider = tuple[str, str]


class Jobs(Protocol):
    """Where the jobs are."""

    def job(self, job_id: str) -> Job | None:
        """One job, or None."""
        ...

    def jobs(self, wanted: JobFilter, *, before: int | None = None, limit: int = 100) -> list[Job]:
        """Newest first."""
        ...


class MemoryGroupStore:
    """`GroupStore` in one process's memory, over the `jobs` of the store of events."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._lock = threading.RLock()
        self._groups: dict[Key, ErrorGroup] = {}
        self._mutes: dict[tuple[Spider, str], Mute] = {}
        self._grouped = 0

    def grouped(self) -> int:
        """See `GroupStore`."""
        with self._lock:
            return self._grouped

    def group(self, sightings: Sequence[Sighting], after: int, upto: int) -> bool:
        """See `GroupStore`."""
        with self._lock:
            if self._grouped != after:
                return False
            there = {job.key for job in self._runs()}
            self._groups = {key: group for key, group in self._groups.items() if key[0] in there}
            sizes = Counter(job_key for job_key, _ in self._groups)
            seen = [sighting for sighting in sightings if sighting.job_key in there]
            self._groups.update(grown(self._groups, sizes, seen))
            self._grouped = upto
            return True

    def of_job(self, job_id: str, limit: int = 200) -> list[ErrorGroup]:
        """See `GroupStore`."""
        with self._lock:
            found = sorted(self._of(job_id), key=lambda group: (-group.count, -group.last_ms, group.fingerprint))
            return found[:limit]

    def one(self, job_id: str, fingerprint: str) -> ErrorGroup | None:
        """See `GroupStore`."""
        with self._lock:
            return next((group for group in self._of(job_id) if group.fingerprint == fingerprint), None)

    def mute(self, job_id: str, fingerprint: str, mute: Mute) -> bool:
        """See `GroupStore`."""
        with self._lock:
            job = self._jobs.job(job_id)
            if job is None:
                return False
            self._mutes[_spider(job), fingerprint] = mute
            return True

    def unmute(self, job_id: str, fingerprint: str) -> bool:
        """See `GroupStore`."""
        with self._lock:
            job = self._jobs.job(job_id)
            return job is not None and self._mutes.pop((_spider(job), fingerprint), None) is not None

    def forget(self, ages: Ages, limit: int) -> int:
        """See `GroupStore`."""
        with self._lock:
            before = {job.key: ages.before_ms("error", job) for job in self._runs()}
            ends = ((key, group.last_ms, before.get(key[0], ages.events_ms)) for key, group in self._groups.items())
            old = [key for key, last_ms, before_ms in ends if before_ms is not None and last_ms < before_ms]
            for key in old[:limit]:
                del self._groups[key]
            return len(old[:limit])

    def _of(self, job_id: str) -> Iterator[ErrorGroup]:
        job = self._jobs.job(job_id)
        if job is None:
            return
        spider = _spider(job)
        earlier = {run.key for run in self._runs(before=job.key) if spider != NAMELESS and _spider(run) == spider}
        known = {fingerprint for key, fingerprint in self._groups if key in earlier}
        for (job_key, fingerprint), group in self._groups.items():
            if job_key == job.key:
                new = bool(earlier) and fingerprint not in known
                yield replace(group, new=new, muted=self._mutes.get((spider, fingerprint)))

    def _runs(self, before: int | None = None) -> list[Job]:
        return self._jobs.jobs(JobFilter(), before=before, limit=sys.maxsize)


def _spider(job: Job) -> Spider:
    return job.source or "", job.query or ""
