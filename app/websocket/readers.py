"""Who reads which room, and the bounded way to each of them.

One who does not read costs nobody else anything: when `MOST_PACKETS` or `MOST_BYTES` wait for a reader, or as much as
is left of what may wait for all together, what follows is skipped (so the longest queues end first); once all that
waited is read, the reader is told once a room (``lagging``) and goes on; whoever has not read it after `PATIENCE_MS` is
named by `sweep`, to be closed. A message is encoded once however many read it, and goes straight into a WebSocket that
is ready for it.
"""

import threading
from collections.abc import Callable, Iterable
from typing import Any, Final

from engineio.packet import MESSAGE

from app.core.clock import Clock
from app.core.errors import InvalidInput
from app.runtime.base import Runtime
from app.websocket.wire import Message

LIVE: Final = "/live"
MOST_PACKETS: Final = 100
MOST_BYTES: Final = 1 << 20
MOST_ROOMS: Final = 1_000
"""Rooms that a reader may be in at the same time."""
PATIENCE_MS: Final = 20_000


class Backlog:
    """How many bytes may still wait for all readers together; `lock` guards them and what waits for each."""

    def __init__(self, most_bytes: int) -> None:
        self.left_bytes = most_bytes
        self.lock = threading.Lock()


class Reader:
    """One reader's rooms, and how much is on the way to it.

    Attributes:
        rooms: those it is in, and whether it wants batches.
        skipped: for each room that lags, the events skipped and the cursor before them (None for rooms of figures).
        lags_since_ms: when the first of them was skipped, by the monotonic clock.
    """

    __slots__ = ("_backlog", "_gone", "_packets", "_waiting_bytes", "lags_since_ms", "rooms", "skipped", "socket")

    def __init__(self, socket: Any, backlog: Backlog) -> None:
        self.socket = socket
        self.rooms: dict[str, bool] = {}
        self._backlog = backlog
        self._packets = self._waiting_bytes = 0
        self._gone = False
        self.skipped: dict[str, tuple[int, int | None]] = {}
        self.lags_since_ms = 0

    @property
    def is_full(self) -> bool:
        """Whether nothing more may wait for it."""
        if not self._waiting_bytes:  # it has read, whatever the others do
            return self.socket.queue.qsize() >= MOST_PACKETS  # type: ignore[no-any-return]
        packets = max(self._packets, self.socket.queue.qsize())
        return packets >= MOST_PACKETS or self._waiting_bytes >= min(MOST_BYTES, self._backlog.left_bytes)

    @property
    def has_read(self) -> bool:
        """Whether nothing waits for it."""
        return not self._packets and not self.socket.queue.qsize()

    def put(self, size: int) -> None:
        """So many bytes begin to wait for it."""
        self._count(1, size)

    def sent(self, size: int) -> None:
        """So many bytes no longer wait; called by whoever writes to the socket."""
        self._count(-1, -size)

    def gone(self) -> None:
        """It is out; what waited for it will be sent to nobody."""
        with self._backlog.lock:
            self._gone = True
            self._backlog.left_bytes += self._waiting_bytes

    def _count(self, packets: int, size: int) -> None:
        with self._backlog.lock:
            if not self._gone:
                self._packets += packets
                self._waiting_bytes += size
                self._backlog.left_bytes -= size


class _Push:
    """A message on its way through a reader's queue, in the form of engine.io's packets."""

    __slots__ = ("_message", "_reader")
    packet_type = MESSAGE
    binary = False

    def __init__(self, message: Message, reader: Reader) -> None:
        self._message = message
        self._reader = reader

    def encode(self, b64: bool = False) -> str:  # noqa: ARG002, FBT001, FBT002  (engine.io's own)
        """Called by engine.io right before it sends."""
        self._reader.sent(len(self._message.body))
        return self._message.text


class Readers:
    """The register of readers; safe to use from any thread. `most_bytes` may wait for all of them together."""

    def __init__(self, runtime: Runtime, clock: Clock, most_bytes: int) -> None:
        self._backlog = Backlog(most_bytes)
        self._runtime = runtime
        self._clock = clock
        self._lock = threading.Lock()
        self._readers: dict[str, Reader] = {}
        self._rooms: dict[tuple[str, bool], dict[str, Reader]] = {}
        self._lagging: dict[str, Reader] = {}

    def join(self, sid: str, socket: Any, room: str, *, batched: bool) -> bool | None:
        """The reader on the engine.io `socket` wants the room, by single events or in batches.

        Returns:
            Whether it had it in batches before; None if it was not in.

        Raises:
            InvalidInput: it is in too many others.
        """
        with self._lock:
            reader = self._readers.get(sid) or self._readers.setdefault(sid, Reader(socket, self._backlog))
            if len(reader.rooms) >= MOST_ROOMS and room not in reader.rooms:
                raise InvalidInput(
                    "must be one of at most %(most)s rooms; leave another first",
                    most=f"{MOST_ROOMS:,}",
                    field="room",
                )
            before = self._take_out(sid, reader, room)
            reader.rooms[room] = batched
            self._rooms.setdefault((room, batched), {})[sid] = reader
            return before

    def leave(self, sid: str, room: str) -> None:
        """The reader no longer wants the room."""
        with self._lock:
            if sid in self._readers:
                self._take_out(sid, self._readers[sid], room)

    def gone(self, sid: str) -> None:
        """The reader is gone."""
        with self._lock:
            reader = self._readers.pop(sid, None)
            self._lagging.pop(sid, None)
            if reader is not None:
                reader.gone()
                for room in list(reader.rooms):
                    self._take_out(sid, reader, room)

    def _take_out(self, sid: str, reader: Reader, room: str) -> bool | None:
        batched = reader.rooms.pop(room, None)
        reader.skipped.pop(room, None)
        if batched is not None:
            members = self._rooms[room, batched]
            members.pop(sid, None)
            if not members:
                del self._rooms[room, batched]
        return batched

    def has(self, sid: str, room: str, *, batched: bool) -> bool:
        """Whether the reader is in the room in that form."""
        return sid in self._rooms.get((room, batched), ())

    def count(self, room: str, *, batched: bool) -> int:
        """How many read the room in that form."""
        return len(self._rooms.get((room, batched), ()))

    def is_heard(self, room: str) -> bool:
        """Whether anyone reads the room."""
        return (room, True) in self._rooms or (room, False) in self._rooms

    def push(self, room: str, message: Message, *, batched: bool, prev: int | None = None, events: int = 1) -> None:
        """Send all who read the room in that form a message of so many `events`, the first of which follows `prev`.

        One of no events is left out for those who lag, without a word: the next one of its kind says it anew.
        """
        with self._lock:
            for sid, reader in self._rooms.get((room, batched), {}).items():
                if reader.skipped or reader.is_full:
                    if events:
                        self._skip(sid, reader, room, prev, events)
                else:
                    self._give(reader, message)

    def push_all(self, room: str, payload: dict[str, Any], *, events: int = 1) -> None:
        """Send all who read the room, in either form, its own message, which has its name."""
        message = Message(LIVE, room, payload)
        for batched in (True, False):
            self.push(room, message, batched=batched, events=events)

    def push_each(self, room: str, message: Callable[[str], Message | None]) -> None:
        """Send each who reads the room, in either form, a message of its own, by its sid; None is none."""
        with self._lock:
            for sid, reader in [
                *self._rooms.get((room, True), {}).items(),
                *self._rooms.get((room, False), {}).items(),
            ]:
                told = message(sid)
                if told is None:
                    continue
                if reader.skipped or reader.is_full:
                    self._skip(sid, reader, room, None, 1)
                else:
                    self._give(reader, told)

    def _give(self, reader: Reader, message: Message) -> None:
        socket = reader.socket
        if socket.closed:
            return
        is_ready = socket.upgraded and socket.websocket is not None and not socket.queue.qsize()
        if is_ready and self._runtime.send_now(socket.websocket, message.frame):
            return
        reader.put(len(message.body))
        socket.queue.put(_Push(message, reader))

    def _skip(self, sid: str, reader: Reader, room: str, prev: int | None, events: int) -> None:
        if not reader.skipped:
            reader.lags_since_ms = self._clock.monotonic_ms()
            self._lagging[sid] = reader
        so_far, cursor = reader.skipped.get(room, (0, prev))
        reader.skipped[room] = (so_far + events, cursor)

    def sweep(self) -> list[str]:
        """Tell those who have read what waited for them what they missed; gives the engine.io sids of the stuck."""
        limit = self._clock.monotonic_ms() - PATIENCE_MS
        stuck = []
        with self._lock:
            for sid, reader in list(self._lagging.items()):
                if reader.has_read:
                    del self._lagging[sid]
                    skipped, reader.skipped = reader.skipped, {}
                    self._tell(reader, skipped.items())
                elif reader.lags_since_ms <= limit:
                    del self._lagging[sid]
                    stuck.append(reader.socket.sid)
        return stuck

    def _tell(self, reader: Reader, skipped: Iterable[tuple[str, tuple[int, int | None]]]) -> None:
        for room, (events, cursor) in skipped:
            self._give(reader, Message(LIVE, "lagging", {"room": room, "skipped": events, "cursor": cursor}))

    def lagging(self) -> int:
        """How many readers lag now."""
        return len(self._lagging)
