"""Events between the scraper and the sender: bounded, in order, and every loss counted.

One batch is in flight at a time and stays here until the server has answered for it, so that a lost
connection costs nothing and the order of each job is kept. When the buffer is full, new events are
refused, but never those that say what became of a job or an alert. Of figures that only matter as
the latest, progress and heartbeats, one per job waits: a newer one takes the place of the older.

`put`, `take`, `settle` and `halve` are all that the sender knows of it.
"""

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from scrapewatch.events import MAX_BATCH_BYTES, MAX_BATCH_EVENTS

MAX_BYTES: Final = 64 * 1024 * 1024
"""Bytes of events that may wait, whatever their number."""

BATCH_BYTES: Final = MAX_BATCH_BYTES - 4_096  # room for the message around the batch
HEAD_BYTES: Final = 32  # `{"seq":9007199254740991,` and the comma between two events

NUMBERED_JOBS: Final = 10_000
"""Jobs whose last number is known; the one that has been silent for longest, most likely ended, is forgotten first."""

LATEST_ONLY: Final = frozenset({"job_progress", "heartbeat"})


@dataclass(slots=True, eq=False)
class Entry:
    """An event on its way.

    Attributes:
        event_type: its type.
        job_id: its job, or ``""``.
        body: its JSON without the opening brace, so that the number can be set in front.
        size: bytes of the whole.
        seq: its number in its job and epoch; 0 until it is first taken.
        place: its number among all that were put into the buffer.
    """

    event_type: str
    job_id: str
    body: str
    size: int
    seq: int = 0
    place: int = 0

    @property
    def text(self) -> str:
        """The envelope, the same on every try."""
        return f'{{"seq":{self.seq},{self.body}' if self.seq else f"{{{self.body}"


@dataclass
class Ledger:
    """What became of the events: ``emitted = accepted + duplicates + Σ rejected + Σ dropped + waiting``.

    Attributes:
        emitted: handed in.
        accepted: stored by the server.
        duplicates: stored by an earlier try whose answer was lost.
        rejected: refused by the server for good, by code.
        dropped: never sent, by reason: ``buffer_full``, ``superseded`` (by newer progress), ``unreachable``
            (gave up), ``closed`` (the process ended or the emitter was closed), ``error`` (could not be read).
        truncated: sent, but cut to the largest size of an event.
        waiting: not yet answered for.
    """

    emitted: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    truncated: int = 0
    waiting: int = 0

    @property
    def lost(self) -> int:
        """Events that no one will see; superseded progress is not among them."""
        return self.rejected.total() + self.dropped.total() - self.dropped["superseded"]

    def losses(self) -> dict[str, int]:
        """Events dropped, refused or cut, by reason; empty when all is well."""
        counts = {**self.rejected, **self.dropped, "truncated": self.truncated}
        return {reason: n for reason, n in counts.items() if n and reason != "superseded"}


class Buffer:
    """A bounded queue in memory.

    Args:
        size: events that may wait.
        flush_interval: ms that an event may wait for company.
        batch_size: events of one batch at most.
    """

    def __init__(self, size: int, flush_interval: int, batch_size: int) -> None:
        self.ledger = Ledger()
        self._size = size
        self._flush_s = flush_interval / 1000
        self._batch_size = max(1, min(batch_size, MAX_BATCH_EVENTS))
        self._changed = threading.Condition()
        self._waiting: deque[Entry] = deque()
        self._flight: list[Entry] = []
        self._latest: dict[tuple[str, str], Entry] = {}
        self._numbers: OrderedDict[str, int] = OrderedDict()
        self._places = 0
        self._bytes = 0
        self._hurried = 0
        self._refusing = ""

    @property
    def refusing(self) -> str:
        """Why events are no longer taken in; empty while they are."""
        return self._refusing

    def put(self, entry: Entry, *, truncated: bool = False) -> None:
        """Take in an event, or count why not."""
        with self._changed:
            self.ledger.emitted += 1
            reason = self._refusing or self._full(entry)
            if reason:
                self.ledger.dropped[reason] += 1
                return
            self.ledger.truncated += truncated
            if entry.event_type in LATEST_ONLY:
                self._supersede(entry)
            self._places += 1
            entry.place = self._places
            self._waiting.append(entry)
            self._bytes += entry.size
            self.ledger.waiting += 1
            if self.ledger.waiting in {1, self._batch_size}:
                self._changed.notify_all()

    def lose(self, reason: str) -> None:
        """Count an event that could not even be taken in."""
        with self._changed:
            self.ledger.emitted += 1
            self.ledger.dropped[reason] += 1

    def take(self, timeout: float) -> list[Entry]:
        """The batch in flight, or the next one; empty when nothing came within `timeout` seconds."""
        with self._changed:
            if not self._flight:
                self._await_batch(timeout)
                self._load()
            return list(self._flight)

    def settle(self, account: Callable[[Ledger], None]) -> None:
        """The batch in flight is answered for; `account` enters the answer in the ledger."""
        with self._changed:
            if not self._flight:  # dropped meanwhile
                return
            account(self.ledger)
            self._bytes -= sum(entry.size for entry in self._flight)
            self.ledger.waiting -= len(self._flight)
            self._flight = []
            self._changed.notify_all()

    def halve(self) -> None:
        """The batch in flight was too large: keep its first half, the rest waits again."""
        with self._changed:
            middle = max(1, len(self._flight) // 2)
            self._waiting.extendleft(reversed(self._flight[middle:]))
            self._flight = self._flight[:middle]

    def refuse(self, reason: str) -> None:
        """Drop what waits and what comes, and count it under `reason`."""
        with self._changed:
            self._refusing = reason
            self.ledger.dropped[reason] += self.ledger.waiting
            self.ledger.waiting = self._bytes = 0
            self._waiting.clear()
            self._latest.clear()
            self._flight = []
            self._changed.notify_all()

    def hurry(self) -> None:
        """From now on no event waits for company."""
        with self._changed:
            self._hurried += 1
            self._changed.notify_all()

    def flush(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds until nothing waits that does so now; whether that came about."""
        with self._changed:
            last = self._places
            self._hurried += 1
            self._changed.notify_all()
            try:
                return self._changed.wait_for(lambda: self._oldest() > last, timeout)
            finally:
                self._hurried -= 1

    def _oldest(self) -> int:
        """The place of the event that waits for longest; of the next to come, if none does."""
        first = self._flight or self._waiting
        return first[0].place if first else self._places + 1

    def _full(self, entry: Entry) -> str:
        if entry.event_type.startswith("job_") or entry.event_type in {"system_alert", "heartbeat"}:
            return ""
        room = self.ledger.waiting < self._size and self._bytes + entry.size <= MAX_BYTES
        return "" if room else "buffer_full"

    def _supersede(self, entry: Entry) -> None:
        key = (entry.event_type, entry.job_id)
        older = self._latest.get(key)
        if older is not None:
            self._waiting.remove(older)
            self._bytes -= older.size
            self.ledger.waiting -= 1
            self.ledger.dropped["superseded"] += 1
        self._latest[key] = entry

    def _await_batch(self, timeout: float) -> None:
        if self._changed.wait_for(lambda: self._waiting or self._hurried, timeout):
            self._changed.wait_for(lambda: len(self._waiting) >= self._batch_size or self._hurried, self._flush_s)

    def _load(self) -> None:
        room = BATCH_BYTES
        while self._waiting and len(self._flight) < self._batch_size and self._waiting[0].size <= room:
            entry = self._waiting.popleft()
            room -= entry.size
            if self._latest.get((entry.event_type, entry.job_id)) is entry:
                del self._latest[entry.event_type, entry.job_id]
            if entry.job_id and not entry.seq:
                entry.seq = self._next_number(entry.job_id)
            self._flight.append(entry)

    def _next_number(self, job_id: str) -> int:
        number = self._numbers.pop(job_id, 0) + 1
        self._numbers[job_id] = number
        if len(self._numbers) > NUMBERED_JOBS:
            self._numbers.popitem(last=False)
        return number
