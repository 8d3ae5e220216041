"""What was committed, on its way to the readers: which rooms hear what, and when.

A commit is posted from the writer thread to the loop. A room nobody is in costs nothing; a reader who asked for
batches gets one message a room at most `BATCHES_PER_S` times a second however many events there are: at once when
nothing was sent for so long, else with the next commit after that. A room with very many readers waits longer, so that
it takes at most `PUSHES_PER_S`.
"""

import threading
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from app.core.clock import Clock
from app.ingest.wire import event_json
from app.metrics.figures import Figures
from app.runtime.base import Runtime
from app.storage.base import Commit, Event, EventFilter, EventStore
from app.websocket.jobs_room import JOBS, JobsRoom
from app.websocket.readers import LIVE, Readers
from app.websocket.rooms import job_room
from app.websocket.wire import Message
from config import Settings
from scrapewatch.events import EVENTS

BATCHES_PER_S: Final = 30
PUSHES_PER_S: Final = 15_000
TICK_MS: Final = 16
JOBS_EVERY_MS: Final = 500
MOST_RECENT: Final = 100
_ALERT: Final = "system_alert"
_IMPORTANT: Final = tuple(name for name, kind in EVENTS.items() if kind.important)
Link = tuple[int, Event]
"""An event, and the cursor of the room's event before it."""


@dataclass(slots=True)
class _Batch:
    """What waits for the batched readers of a room, and when they were last sent something."""

    links: list[Link] = field(default_factory=list)
    sent_ms: int = 0


@dataclass(slots=True)
class _Recent:
    """An important event, and how it is shown once somebody has asked: to everyone who comes it is the same."""

    event: Event
    shown: dict[str, Any] | None = None

    def json(self) -> dict[str, Any]:
        if self.shown is None:
            self.shown = event_json(self.event)
        return self.shown


class Broadcaster:
    """See the module; one for a process."""

    def __init__(
        self,
        readers: Readers,
        runtime: Runtime,
        store: EventStore,
        figures: Figures,
        *,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._readers = readers
        self._runtime = runtime
        self._store = store
        self._figures = figures
        self._clock = clock
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._waiting: dict[str, _Batch] = {}
        self._jobs = JobsRoom(readers, runtime, store, figures, clock)
        self._recent: deque[_Recent] = deque(maxlen=settings.cache_size if settings.cache_enabled else 0)
        self._recent_for_ms = settings.cache_ttl
        self._last_alert = 0
        runtime.every(TICK_MS, self._send_due)
        runtime.every(JOBS_EVERY_MS, self._jobs.send)
        runtime.every(settings.dashboard_refresh, self._send_metrics)

    def rebuild(self) -> None:
        """Read what the cache of important events held before the process started."""
        size = self._recent.maxlen or 0
        if size:
            found = self._store.events(EventFilter(types=_IMPORTANT), limit=size)
            self._recent.extend(map(_Recent, reversed(found)))
        alert = self._store.events(EventFilter(types=(_ALERT,)), limit=1)
        self._last_alert = alert[0].cursor if alert else 0

    def committed(self, commit: Commit) -> None:
        """Called in the writer thread after every commit, in order."""
        self._runtime.post(self._spread, commit)

    def join(self, sid: str, socket: Any, room: str, *, batched: bool) -> bool | None:
        """See `Readers.join`; what waits for a batch of one who has had batches goes out before.

        Not so that of a newcomer, who may hear it twice: when thousands come, each would make all others a message.
        """
        if self._readers.has(sid, room, batched=True):
            self._send_batch(room)
        return self._readers.join(sid, socket, room, batched=batched)

    def narrow(self, sid: str, shown: frozenset[str] | None) -> None:
        """Of the room of jobs the reader wants these alone; None is all."""
        self._jobs.narrow(sid, shown)

    def leave(self, sid: str, room: str) -> None:
        """The reader no longer wants the room."""
        self._readers.leave(sid, room)
        if room == JOBS:
            self._jobs.narrow(sid, None)

    def gone(self, sid: str) -> None:
        """The reader is gone."""
        self._readers.gone(sid)
        self._jobs.narrow(sid, None)

    def recent(self, room: str) -> list[dict[str, Any]]:
        """The room's last important events, oldest first."""
        since = self._clock.now_ms() - self._recent_for_ms
        with self._lock:
            cached = list(self._recent)
        found = [one for one in cached if one.event.received_ms >= since and _is_in(room, one.event)]
        return [one.json() for one in found[-MOST_RECENT:]]

    def forget(self, job_id: str) -> None:
        """A job was deleted; nothing of it is handed out any more."""
        with self._lock:
            kept = [one for one in self._recent if one.event.job_id != job_id]
            self._recent.clear()
            self._recent.extend(kept)

    def _spread(self, commit: Commit) -> None:
        self._jobs.note(commit.jobs)
        with self._lock:
            self._recent.extend(_Recent(event) for event in commit.telling if EVENTS[event.type].important)
        for room, links in self._heard(commit):
            if self._readers.count(room, batched=False):
                self._send_singly(room, links)
            if self._readers.count(room, batched=True):
                self._send_together(room, links)

    def _heard(self, commit: Commit) -> Iterator[tuple[str, list[Link]]]:
        """The rooms that someone is in, each with its new events; the others' are not even looked at."""
        alerts = [event for event in commit.telling if event.type == _ALERT]
        if alerts:
            yield "alerts", _chain(self._last_alert, alerts)
            self._last_alert = alerts[-1].cursor
        if self._readers.is_heard("events"):
            yield "events", _chain(commit.prev, commit.events)
        followed = {job.id: job_room(job.id) for job in commit.jobs if self._readers.is_heard(job_room(job.id))}
        if followed:
            theirs: defaultdict[str, list[Event]] = defaultdict(list)
            for event in commit.events:
                if event.job_id in followed:
                    theirs[event.job_id].append(event)
            for job_id, events in theirs.items():
                yield followed[job_id], _chain(commit.tails.get(job_id, 0), events)

    def _send_singly(self, room: str, links: Sequence[Link]) -> None:
        for prev, event in links:
            self._readers.push(room, Message(LIVE, event.type, _linked(prev, event)), batched=False, prev=prev)

    def _send_together(self, room: str, links: Sequence[Link]) -> None:
        with self._lock:
            batch = self._waiting.setdefault(room, _Batch())
            batch.links.extend(links)
        if self._is_due(room, batch):
            self._send_batch(room)

    def _is_due(self, room: str, batch: _Batch) -> bool:
        pause_ms = max(1_000 / BATCHES_PER_S, 1_000 * self._readers.count(room, batched=True) / PUSHES_PER_S)
        return self._clock.monotonic_ms() - batch.sent_ms >= pause_ms

    def _send_due(self) -> None:
        """Send what no later commit has taken along."""
        for room, batch in list(self._waiting.items()):
            if self._is_due(room, batch) and not self._send_batch(room):
                with self._lock:
                    if not batch.links:
                        self._waiting.pop(room, None)

    def _send_batch(self, room: str) -> bool:
        with self._sending:  # a batch taken later must not be sent before
            with self._lock:
                batch = self._waiting.get(room)
                if batch is None or not batch.links:
                    return False
                links, batch.links, batch.sent_ms = batch.links, [], self._clock.monotonic_ms()
            events = [_linked(prev, event) for prev, event in links]
            prev, cursor = links[0][0], links[-1][1].cursor
            message = Message(LIVE, "events", {"room": room, "prev": prev, "cursor": cursor, "events": events})
            self._readers.push(room, message, batched=True, prev=prev, events=len(events))
        return True

    def _send_metrics(self) -> None:
        if self._readers.is_heard("metrics"):
            self._readers.push_all("metrics", self._figures.current())


def _chain(prev: int, events: Sequence[Event]) -> list[Link]:
    return list(zip([prev, *(event.cursor for event in events)], events, strict=False))


def _linked(prev: int, event: Event) -> dict[str, Any]:
    return {**event_json(event), "prev": prev}


def _is_in(room: str, event: Event) -> bool:
    if room == "alerts":
        return event.type == _ALERT
    return room in {"events", "jobs"} or (room == job_room(event.job_id) and event.job_id != "")
