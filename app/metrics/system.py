"""What the machines do: the server's host by psutil, the scrapers' hosts by their `worker` events."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import psutil

from app.metrics.points import body_of, effective_ms
from app.metrics.reported import amount, part
from app.metrics.window import Window, growth
from app.storage.base import Event
from app.storage.base_series import MINUTE_MS

LIVE_MS: Final = 60_000
"""For so long a worker's last event speaks for it."""

MAX_WORKERS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Reading:
    """A host at one moment.

    Attributes:
        cpu_usage: share of all processors at work since the reading before, 0 to 1.
        cpu_load: processes waiting, means of 1, 5 and 15 minutes.
        memory_used, memory_total, memory_free: bytes; used + free = total.
        bytes_transferred: sent and received since the host started.
    """

    cpu_usage: float
    cpu_load: tuple[float, float, float]
    memory_used: int
    memory_total: int
    memory_free: int
    bytes_transferred: int


Reader = Callable[[], Reading]


class Machine:
    """Reads the machine that this process runs on."""

    def __init__(self) -> None:
        self.name = socket.gethostname()
        psutil.cpu_percent()  # the first call only says from when the next one measures

    def __call__(self) -> Reading:
        """Take a reading; takes about a millisecond."""
        memory = psutil.virtual_memory()
        network = psutil.net_io_counters()
        return Reading(
            cpu_usage=psutil.cpu_percent() / 100,
            cpu_load=psutil.getloadavg(),
            memory_used=memory.total - memory.available,
            memory_total=memory.total,
            memory_free=memory.available,
            bytes_transferred=network.bytes_sent + network.bytes_recv if network else 0,
        )


def _minute() -> Window:
    return Window(MINUTE_MS, 1_000)


@dataclass(slots=True)
class _Traffic:
    """Growth of a host's byte counter over the last minute; what the first reading shows lies before it."""

    last: float | None = None
    window: Window = field(default_factory=_minute)

    def take(self, total: float, at_ms: int) -> None:
        if self.last is not None:
            self.window.add(at_ms, growth({"bytes": self.last}, {"bytes": total})["bytes"])
        self.last = total


@dataclass(slots=True)
class _Worker:
    host: str
    at_ms: int = 0
    active: float = 0.0
    idle: float = 0.0
    limit: float = 0.0
    traffic: _Traffic = field(default_factory=_Traffic)


class Hosts:
    """The server's last reading and the live workers. Not thread-safe.

    Several workers may run on one host, each with an event of its own: their `workers` add up, but the host's
    traffic is counted once (the most that one of them saw), and not at all where the server measures it itself.

    Args:
        name: the server's host.
    """

    def __init__(self, name: str = "") -> None:
        self._name = name
        self._reading: Reading | None = None
        self._readings = _minute()
        self._traffic = _Traffic()
        self._workers: dict[tuple[object, ...], _Worker] = {}

    def read(self, reading: Reading, now_ms: int) -> None:
        """Take a reading of the server's host."""
        self._reading = reading
        self._readings.add(now_ms)
        self._traffic.take(reading.bytes_transferred, now_ms)

    def take(self, events: Sequence[Event]) -> None:
        """Take what new `worker` events say; one that is older than its worker's last is passed over."""
        for event in events:
            if event.type == "worker":
                self._take(event)

    def values(self, now_ms: int) -> dict[str, float]:
        """The `system.*` metrics but for requests; those of the host only once it was read."""
        self._workers = {key: worker for key, worker in self._workers.items() if worker.at_ms > now_ms - LIVE_MS}
        live = self._workers.values()
        found = {
            "system.network.bytesTransferred": self._bytes(now_ms),
            "system.workers.active": sum(worker.active for worker in live),
            "system.workers.idle": sum(worker.idle for worker in live),
            "system.workers.maxConcurrency": sum(worker.limit for worker in live),
        }
        if self._reading:
            found |= {
                "system.readings": self._readings.total(now_ms),
                "system.cpu.usage": self._reading.cpu_usage,
                "system.cpu.load": self._reading.cpu_load[0],
                "system.memory.used": float(self._reading.memory_used),
                "system.memory.total": float(self._reading.memory_total),
                "system.memory.free": float(self._reading.memory_free),
            }
        return found

    def load(self) -> list[float]:
        """The server's load over 1, 5 and 15 minutes."""
        return list(self._reading.cpu_load) if self._reading else [0.0, 0.0, 0.0]

    def _bytes(self, now_ms: int) -> float:
        by_host: dict[str, float] = {self._name: self._traffic.window.total(now_ms)}
        for worker in self._workers.values():
            if worker.host != self._name:
                moved = worker.traffic.window.total(now_ms)
                by_host[worker.host] = max(by_host.get(worker.host, 0.0), moved)
        return sum(by_host.values())

    def _take(self, event: Event) -> None:
        body = body_of(event)
        host = str(body.get("host", ""))
        # Without an epoch, processes on one host are told apart by their jobs.
        key = (event.sender_id, host, event.epoch or event.job_id)
        if key not in self._workers and len(self._workers) >= MAX_WORKERS:
            return
        worker = self._workers.setdefault(key, _Worker(host or repr(key)))
        at_ms = effective_ms(event)
        if at_ms < worker.at_ms:
            return
        worker.at_ms = at_ms
        said = part(body, "workers")
        worker.active = amount(said.get("active")) or 0.0
        worker.idle = amount(said.get("idle")) or 0.0
        worker.limit = amount(said.get("maxConcurrency")) or 0.0
        total = amount(part(body, "network").get("bytesTransferred"))
        if total is not None:
            worker.traffic.take(total, at_ms)
