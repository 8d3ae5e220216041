"""The watchdog: which open jobs have fallen silent, and which go on without getting anywhere.

A job is *lost* when nothing was heard of it for JOB_LOST_AFTER and the socket that it last came over is gone (what
comes by HTTP has none), *stalled* when it is alive but told nothing new for JOB_STALLED_AFTER. Both become events of
the job like any other, so history and rooms know; the fold takes them back when the job returns.

The server's own faults are nobody's silence. Time is counted anew, whatever the wall clock does meanwhile,

- from the start of the process, whose jobs are taken to have been heard just then;
- from the last time the server refused something of the job's sender;
- from when the process was last held up: it did not look for a while, or what was sent waited and was not stored.
"""

import logging
import threading
from collections.abc import Iterator, Mapping, Set
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final, Protocol

from app.core.clock import Clock
from app.core.errors import Unavailable
from app.core.said import phrase, said
from app.storage.base import Commit, EventStore, Job, JobFilter, Outcome
from app.storage.base_following import ELSEWHERE

log = logging.getLogger(__name__)

WATCHED: Final = ("running", "stalled")
HELD_UP_MS: Final = 5_000
"""A process that neither looked nor stored for as long is taken to have been away."""
MOST_SAID: Final = 500
"""Jobs declared in one look; the others have their turn in the next."""
_PAGE: Final = 1_000

SILENT: Final = phrase("silent for %(span)s")
GONE: Final = phrase("silent for %(span)s; its connection is gone")
NO_NEWS: Final = phrase("alive, but nothing new for %(span)s")
REASONS: Final = (GONE, SILENT, NO_NEWS)
"""Why a job is lost or stalled, as it is stored."""


class Sockets(Protocol):
    """What the watchdog asks of the connections."""

    def is_open(self, eio_sid: str) -> bool:
        """Whether that socket is there."""
        ...

    def by_sender(self) -> Mapping[int, Set[str]]:
        """Each sender's open sockets."""
        ...


class Door(Protocol):
    """What the watchdog asks of the way that events come in."""

    @property
    def waiting(self) -> int:
        """Events that have come and are not stored yet."""
        ...

    def last_refusal_ms(self, sender_id: int) -> int | None:
        """When the sender was last told to come back later, by the clock that never runs back; None for never."""
        ...

    def say(self, sender_id: int, event_type: str, job_id: str, data: Mapping[str, Any]) -> Future[Outcome]:
        """Store an event of the server's own about a job of that sender."""
        ...


@dataclass(slots=True)
class Watch:
    """What is known of an open job; times by the clock that never runs back.

    Attributes:
        origin: the socket of its last event, "" for HTTP, None when it was not heard since the start, or may have been
            by another process.
        last_event_at: its last event by the wall clock, as stored.
        saying: what was said of it and is not stored yet.
    """

    sender_id: int
    status: str
    origin: str | None
    heard_ms: int
    news_ms: int
    last_event_at: int
    saying: Future[Outcome] | None = None


class Watchdog:
    """See the module; commits come from the writer thread, looks from the scheduler's."""

    def __init__(
        self,
        events: EventStore,
        clock: Clock,
        sockets: Sockets,
        door: Door,
        *,
        lost_after_ms: int,
        stalled_after_ms: int,
    ) -> None:
        self._events = events
        self._clock = clock
        self._sockets = sockets
        self._door = door
        self._lost_after_ms = lost_after_ms
        self._stalled_after_ms = stalled_after_ms
        self._lock = threading.Lock()
        self._watched: dict[str, Watch] = {}
        self._looked_ms = self._stored_ms = self._since_ms = clock.monotonic_ms()
        self._waiting_ms: int | None = None

    def rebuild(self) -> None:
        """Take the open jobs of the store as heard just now; before the first commit is handed in."""
        now_ms = self._clock.monotonic_ms()
        self._looked_ms = self._stored_ms = self._since_ms = now_ms
        with self._lock:
            self._watched = {
                job.id: Watch(job.sender_id, job.status, None, now_ms, now_ms, job.last_event_at)
                for job in self._open_jobs()
            }

    def on_commit(self, commit: Commit) -> None:
        """Note who was heard."""
        now_ms = self._clock.monotonic_ms()
        self._stored_ms = now_ms
        with self._lock:
            for job in commit.jobs:
                if job.status in WATCHED:
                    self._note(job, now_ms)
                else:
                    self._watched.pop(job.id, None)

    def forget(self, job_id: str) -> None:
        """A job was deleted."""
        with self._lock:
            self._watched.pop(job_id, None)

    def look(self) -> None:
        """Declare lost and stalled what is; cheap while all is well, also with thousands of jobs."""
        now_ms = self._clock.monotonic_ms()
        if self._was_held_up(now_ms):
            self._since_ms = now_ms
        try:
            self._judge(now_ms)
        except Unavailable as refusal:  # who can't be asked for a job can't take its events either
            self._since_ms = now_ms
            log.debug("Jobs can't be judged while the store is away: %s", refusal)

    def _judge(self, now_ms: int) -> None:
        quiet_ms = now_ms - min(self._lost_after_ms, self._stalled_after_ms)
        with self._lock:
            watched = list(self._watched.items())
        due = [(job_id, watch) for job_id, watch in watched if watch.news_ms <= quiet_ms]
        unheard = any(watch.origin is None for _, watch in due)
        silent = self._silent_sockets({watch.origin for _, watch in watched}) if unheard else frozenset()
        said = 0
        for job_id, watch in due:
            verdict = self._verdict(watch, now_ms, silent)
            if verdict and self._is_still(job_id, watch):
                self._say(job_id, watch, *verdict)
                said += 1
                if said == MOST_SAID:
                    return

    def _was_held_up(self, now_ms: int) -> bool:
        """Whether the process was away since the last look, or can't store what waits."""
        away = now_ms - self._looked_ms >= HELD_UP_MS
        self._looked_ms = now_ms
        if not self._door.waiting:
            self._waiting_ms = None
            return away
        if self._waiting_ms is None or self._waiting_ms < self._stored_ms:
            self._waiting_ms = now_ms
        return away or now_ms - self._waiting_ms >= HELD_UP_MS

    def _open_jobs(self) -> Iterator[Job]:
        before = None
        while page := self._events.jobs(JobFilter(statuses=WATCHED), before=before, limit=_PAGE):
            yield from page
            before = page[-1].key

    def _note(self, job: Job, now_ms: int) -> None:
        watch = self._watched.get(job.id)
        if watch is None:
            self._watched[job.id] = Watch(job.sender_id, job.status, _origin(job), now_ms, now_ms, job.last_event_at)
            return
        ours = job.status == "stalled" and watch.status == "running"  # our own word is no sign of life
        watch.status = job.status
        if ours:
            return
        watch.origin, watch.heard_ms, watch.last_event_at = _origin(job), now_ms, job.last_event_at
        if job.news:
            watch.news_ms = now_ms

    def _verdict(self, watch: Watch, now_ms: int, silent: Set[int]) -> tuple[str, dict[str, Any]] | None:
        """What the job has become and why, as the type and the body of an event; None while it is well."""
        if self._passed(watch, watch.heard_ms, now_ms) >= self._lost_after_ms and self._is_gone(watch, silent):
            silence_ms = now_ms - watch.heard_ms
            why = SILENT if watch.origin == "" else GONE
            return "job_lost", {"reason": str(said(why, span=_span(silence_ms))), "silence": silence_ms}
        if watch.status == "running" and self._passed(watch, watch.news_ms, now_ms) >= self._stalled_after_ms:
            silence_ms = now_ms - watch.news_ms
            return "job_stalled", {"reason": str(said(NO_NEWS, span=_span(silence_ms))), "silence": silence_ms}
        return None

    def _passed(self, watch: Watch, moment_ms: int, now_ms: int) -> int:
        """The ms since then that were not the server's fault."""
        since_ms = max(moment_ms, self._since_ms)
        if now_ms - since_ms < min(self._lost_after_ms, self._stalled_after_ms):
            return now_ms - since_ms  # too soon anyway
        refused_ms = self._door.last_refusal_ms(watch.sender_id)
        return now_ms - (since_ms if refused_ms is None else max(since_ms, refused_ms))

    def _silent_sockets(self, origins: Set[str | None]) -> Set[int]:
        """The senders with an open socket that has spoken for no job yet."""
        return {sender_id for sender_id, sockets in self._sockets.by_sender().items() if sockets - origins}

    def _is_gone(self, watch: Watch, silent: Set[int]) -> bool:
        """Whether nobody is there who could speak for the job.

        One that was not heard since the start may belong to any socket of its sender's that has not spoken either.
        """
        if watch.origin is None:
            return watch.sender_id not in silent
        return not watch.origin or not self._sockets.is_open(watch.origin)

    def _is_still(self, job_id: str, watch: Watch) -> bool:
        """Whether nothing was said of the job yet, and it is there: a word about a deleted one would make it anew."""
        if watch.saying is not None and not watch.saying.done():
            return False
        job = self._events.job(job_id)
        return job is not None and job.status in WATCHED

    def _say(self, job_id: str, watch: Watch, event_type: str, why: Mapping[str, Any]) -> None:
        data = {**why, "lastEventAt": watch.last_event_at}
        try:
            watch.saying = self._door.say(watch.sender_id, event_type, job_id, data)
        except Unavailable as refusal:
            log.debug("The job %s could not be declared %s now: %s", job_id, event_type, refusal)
            return
        watch.saying.add_done_callback(_tell_failure)


def _origin(job: Job) -> str | None:
    return None if job.origin == ELSEWHERE else job.origin


def _tell_failure(saying: Future[Outcome]) -> None:
    """Log why a word of the watchdog was not stored; it is said again at the next look."""
    error = saying.exception()
    if error is not None:
        log.warning("A job's loss or standstill could not be stored: %s", error)


def _span(ms: int) -> str:
    """A span for people: seconds below two minutes, minutes above."""
    return f"{ms // 1000} s" if ms < 120_000 else f"{ms // 60_000} min"
