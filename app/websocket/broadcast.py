"""What was committed, on its way to the readers: the only place that emits to rooms.

A commit is posted from the writer thread to the loop. A room nobody is in costs nothing; a reader who asked for
batches gets one message a room at most `BATCHES_PER_S` times a second however many events there are.
"""

import threading
from collections import defaultdict, deque
from typing import Any, Final

from flask_socketio import SocketIO

from app.core.clock import Clock
from app.ingest.wire import event_json
from app.jobs.view import job_json
from app.metrics.figures import Figures
from app.runtime.base import Runtime
from app.storage.base import Commit, Event, EventFilter, EventStore, Job, JobFilter
from app.websocket.rooms import job_room
from config import Settings
from scrapewatch.events import EVENTS

BATCHES_PER_S: Final = 30
JOBS_EVERY_MS: Final = 500
MOST_RECENT: Final = 100
LIVE: Final = "/live"
_IMPORTANT: Final = tuple(name for name, kind in EVENTS.items() if kind.important)


class Broadcaster:
    """See the module; one for a process."""

    def __init__(
        self,
        socketio: SocketIO,
        runtime: Runtime,
        store: EventStore,
        figures: Figures,
        *,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._server: Any = socketio.server
        self._runtime = runtime
        self._store = store
        self._figures = figures
        self._clock = clock
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._members: dict[tuple[str, bool], set[str]] = {}
        self._waiting: dict[str, list[tuple[int, Event]]] = defaultdict(list)
        self._changed: dict[str, Job] = {}
        self._recent: deque[Event] = deque(maxlen=settings.cache_size if settings.cache_enabled else 0)
        self._recent_for_ms = settings.cache_ttl
        self._last_alert = 0
        runtime.every(1_000 // BATCHES_PER_S, self._send_batches)
        runtime.every(JOBS_EVERY_MS, self._send_jobs)
        runtime.every(settings.dashboard_refresh, self._send_metrics)

    def rebuild(self) -> None:
        """Read what the cache of important events held before the process started."""
        size = self._recent.maxlen or 0
        if size:
            self._recent.extend(reversed(self._store.events(EventFilter(types=_IMPORTANT), limit=size)))
        alert = self._store.events(EventFilter(types=("system_alert",)), limit=1)
        self._last_alert = alert[0].cursor if alert else 0

    def committed(self, commit: Commit) -> None:
        """Called in the writer thread after every commit, in order."""
        self._runtime.post(self._spread, commit)

    def join(self, sid: str, room: str, *, batched: bool) -> None:
        """The reader wants the room, by single events or in batches; what waits for a batch goes out before."""
        self._send_batch(room)
        with self._lock:
            self._members.setdefault((room, batched), set()).add(sid)
            self._discard(sid, room, batched=not batched)
        self._server.leave_room(sid, _channel(room, batched=not batched), namespace=LIVE)
        self._server.enter_room(sid, _channel(room, batched=batched), namespace=LIVE)

    def leave(self, sid: str, room: str) -> None:
        """The reader no longer wants the room."""
        for batched in (True, False):
            with self._lock:
                self._discard(sid, room, batched=batched)
            self._server.leave_room(sid, _channel(room, batched=batched), namespace=LIVE)

    def gone(self, sid: str) -> None:
        """The reader is gone; the server has taken it out of its rooms by itself."""
        with self._lock:
            for room, batched in [key for key, members in self._members.items() if sid in members]:
                self._discard(sid, room, batched=batched)

    def _discard(self, sid: str, room: str, *, batched: bool) -> None:
        members = self._members.get((room, batched))
        if members is not None:
            members.discard(sid)
            if not members:
                del self._members[room, batched]

    def recent(self, room: str) -> list[dict[str, Any]]:
        """The room's last important events, oldest first."""
        since = self._clock.now_ms() - self._recent_for_ms
        found = [
            event
            for event in list(self._recent)
            if event.received_ms >= since and (room in {"events", "jobs"} or room in _rooms(event))
        ]
        return [event_json(event) for event in found[-MOST_RECENT:]]

    def forget(self, job_id: str) -> None:
        """A job was deleted; nothing of it is handed out any more."""
        kept = [event for event in list(self._recent) if event.job_id != job_id]
        self._recent.clear()
        self._recent.extend(kept)

    def _spread(self, commit: Commit) -> None:
        with self._lock:
            self._changed.update((job.id, job) for job in commit.jobs)
        before = commit.prev
        for event in commit.events:
            if EVENTS[event.type].important:
                self._recent.append(event)
            for room in _rooms(event):
                self._tell(room, before if room == "events" else self._chain(room, event), event)
            before = event.cursor

    def _chain(self, room: str, event: Event) -> int:
        """The cursor of the room's event before this one."""
        if room != "alerts":
            return event.prev
        prev, self._last_alert = self._last_alert, event.cursor
        return prev

    def _tell(self, room: str, prev: int, event: Event) -> None:
        with self._lock:
            if (room, True) in self._members:
                self._waiting[room].append((prev, event))
            alone = (room, False) in self._members
        if alone:
            self._emit(event.type, {**event_json(event), "prev": prev}, _channel(room, batched=False))

    def _send_batches(self) -> None:
        for room in list(self._waiting):
            self._send_batch(room)

    def _send_batch(self, room: str) -> None:
        with self._sending:  # a batch popped later must not be sent before
            with self._lock:
                waiting = self._waiting.pop(room, None)
            if waiting:
                events = [{**event_json(event), "prev": prev} for prev, event in waiting]
                batch = {"room": room, "prev": waiting[0][0], "cursor": waiting[-1][1].cursor, "events": events}
                self._emit("events", batch, _channel(room, batched=True))

    def _send_jobs(self) -> None:
        with self._lock:
            changed, self._changed = self._changed, {}
        if not changed or not self._is_heard("jobs"):
            return
        now_ms = self._clock.now_ms()
        shown = [job_json(job, self._figures.job_rate(job.id), now_ms) for job in changed.values()]
        counts = self._runtime.call(self._store.job_counts, JobFilter())
        self._emit_all("jobs", "jobs", {"changed": shown, "counts": counts})

    def _send_metrics(self) -> None:
        if self._is_heard("metrics"):
            self._emit_all("metrics", "metrics", self._figures.current())

    def _is_heard(self, room: str) -> bool:
        with self._lock:
            return (room, True) in self._members or (room, False) in self._members

    def _emit_all(self, room: str, name: str, payload: dict[str, Any]) -> None:
        for batched in (True, False):
            self._emit(name, payload, _channel(room, batched=batched))

    def _emit(self, name: str, payload: dict[str, Any], channel: str) -> None:
        self._server.emit(name, payload, to=channel, namespace=LIVE)


def _rooms(event: Event) -> list[str]:
    rooms = ["events"]
    if event.job_id:
        rooms.append(job_room(event.job_id))
    if event.type == "system_alert":
        rooms.append("alerts")
    return rooms


def _channel(room: str, *, batched: bool) -> str:
    """The server's own name for a room's readers of one kind."""
    return f"{'batched' if batched else 'single'} {room}"
