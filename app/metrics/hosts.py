"""What the machines do: the server's host by its readings, the scrapers' hosts by their `worker` events.

Several workers may run on one host, each with events of its own: their `workers` add up, but the host's traffic is
counted once (the most that one of them saw), and what the server measures of its own host by itself is taken from
there.

A worker is heard when its event arrives, whatever its host's clock says; only what comes from a spool tells of the
past, and counts then. A worker that spoke for a job has nothing left to do when the job ends: it counts no more, though
its host is still there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from app.metrics.points import body_of, effective_ms, is_late
from app.metrics.reported import amount, part
from app.metrics.system import Reading
from app.metrics.window import Window, growth
from app.storage.base import REPLAY, Event
from app.storage.base_series import MINUTE_MS
from scrapewatch.events import EVENTS

LIVE_MS: Final = 60_000
"""For so long a worker's last event speaks for it."""

MAX_WORKERS: Final = 10_000
MAX_HOSTS: Final = 200
"""Hosts that are told one by one, the first that are heard."""

_ENDS: Final = frozenset(name for name, row in EVENTS.items() if row.ends)
_WORKERS: Final = ("active", "idle", "maxConcurrency")


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
    """One process of a scraper.

    Attributes:
        host: its name, or whatever tells it from others where it has not said.
        named: whether it has.
        job: the job that it last spoke for, "" for none.
        heard_ms: when it was last heard.
        machine: the host's processors and memory, by metric name without its first part.
        workers: its own share of the host's workers, likewise.
    """

    host: str
    named: bool
    job: str = ""
    heard_ms: int = 0
    machine: dict[str, float] = field(default_factory=dict)
    workers: dict[str, float] = field(default_factory=dict)
    traffic: _Traffic = field(default_factory=_Traffic)


class Hosts:
    """The server's last reading and the live workers. Not thread-safe.

    Args:
        name: the server's host.
    """

    def __init__(self, name: str = "") -> None:
        self._name = name
        self._reading: Reading | None = None
        self._readings = _minute()
        self._traffic = _Traffic()
        self._workers: dict[tuple[object, ...], _Worker] = {}
        self._ended: dict[str, int] = {}
        """Jobs that are over, and when that was heard, or the last of a worker that spoke for them afterwards."""

    def read(self, reading: Reading, now_ms: int) -> None:
        """Take a reading of the server's host."""
        self._reading = reading
        self._readings.add(now_ms)
        self._traffic.take(reading.bytes_transferred, now_ms)

    def take(self, events: Sequence[Event]) -> None:
        """Take what new `worker` events say, and which jobs begin and end.

        A `worker` event from a spool that is older than its worker's last is passed over.
        """
        for event in events:
            if event.type == "worker":
                self._take(event)
            elif event.type in _ENDS and not is_late(event):
                self.end([event.job_id], event.received_ms)
            elif event.type == "job_started":
                self._ended.pop(event.job_id, None)

    def end(self, jobs: Iterable[str], now_ms: int) -> None:
        """Count the workers of these jobs no more."""
        self._ended |= dict.fromkeys(jobs, now_ms)

    def values(self, now_ms: int) -> dict[str, float]:
        """The `system.*` metrics but for requests; those of the host only once it was read."""
        live = self._live(now_ms)
        found = {f"system.{name}": value for name, value in self._sums(live).items()}
        found["system.network.bytesTransferred"] = sum(self._bytes(live, now_ms).values())
        if self._reading:
            found["system.readings"] = self._readings.total(now_ms)
            found |= {f"system.{name}": value for name, value in _machine(self._reading).items()}
        return found

    def by_host(self, now_ms: int) -> dict[str, dict[str, float]]:
        """The `host.*` metrics of each host that has said its name, the server's first; at most `MAX_HOSTS`."""
        live = self._live(now_ms)
        moved = self._bytes(live, now_ms)
        by_name: dict[str, list[_Worker]] = {self._name: []} if self._reading and self._name else {}
        for worker in live:
            if worker.named and (worker.host in by_name or len(by_name) < MAX_HOSTS):
                by_name.setdefault(worker.host, []).append(worker)
        return {name: self._told(name, workers, moved.get(name, 0.0)) for name, workers in by_name.items()}

    def load(self) -> list[float]:
        """The server's load over 1, 5 and 15 minutes."""
        return list(self._reading.cpu_load) if self._reading else [0.0, 0.0, 0.0]

    def _told(self, name: str, workers: list[_Worker], moved: float) -> dict[str, float]:
        found = {"network.bytesTransferred": moved, **self._sums(workers)}
        for worker in sorted(workers, key=lambda worker: worker.heard_ms):
            found |= worker.machine
        if self._reading and name == self._name:
            found |= _machine(self._reading)
        return {f"host.{metric}": value for metric, value in found.items()}

    def _live(self, now_ms: int) -> list[_Worker]:
        """Those heard within `LIVE_MS`; one heard that far ahead was so before the server's clock was set back."""
        self._workers = {
            key: worker for key, worker in self._workers.items() if abs(now_ms - worker.heard_ms) < LIVE_MS
        }
        self._ended = {job: at_ms for job, at_ms in self._ended.items() if abs(now_ms - at_ms) < LIVE_MS}
        return list(self._workers.values())

    def _sums(self, workers: Sequence[_Worker]) -> dict[str, float]:
        shares = [worker.workers for worker in workers if worker.job not in self._ended]
        return {name: sum(share.get(name, 0.0) for share in shares) for name in (f"workers.{one}" for one in _WORKERS)}

    def _bytes(self, live: Sequence[_Worker], now_ms: int) -> dict[str, float]:
        """What each host has moved within the minute."""
        by_host: dict[str, float] = {self._name: self._traffic.window.total(now_ms)}
        for worker in live:
            if worker.host != self._name:
                moved = worker.traffic.window.total(now_ms)
                by_host[worker.host] = max(by_host.get(worker.host, 0.0), moved)
        return by_host

    def _take(self, event: Event) -> None:
        body = body_of(event)
        host = str(body.get("host", ""))
        # Without an epoch, processes on one host are told apart by their jobs.
        key = (event.sender_id, host, event.epoch or event.job_id)
        if key not in self._workers and len(self._workers) >= MAX_WORKERS:
            return
        worker = self._workers.setdefault(key, _Worker(host or repr(key), named=bool(host)))
        replayed = event.flags & REPLAY
        heard_ms = effective_ms(event) if replayed else event.received_ms
        if replayed and heard_ms < worker.heard_ms:
            return
        worker.heard_ms, worker.job = heard_ms, event.job_id
        if event.job_id in self._ended:
            self._ended[event.job_id] = max(self._ended[event.job_id], heard_ms)
        said = part(body, "workers")
        worker.workers = {f"workers.{name}": amount(said.get(name)) or 0.0 for name in _WORKERS}
        worker.machine |= _said(body)
        total = amount(part(body, "network").get("bytesTransferred"))
        if total is not None:
            worker.traffic.take(total, heard_ms)


def _machine(reading: Reading) -> dict[str, float]:
    found = {
        "cpu.usage": reading.cpu_usage,
        "cpu.load": reading.cpu_load[0],
        "memory.used": float(reading.memory_used),
        "memory.total": float(reading.memory_total),
        "memory.free": float(reading.memory_free),
    }
    return {name: value for name, value in found.items() if value is not None}


def _said(body: Mapping[str, Any]) -> dict[str, float]:
    """The same by a worker, as far as it tells."""
    cpu, memory = part(body, "cpu"), part(body, "memory")
    loads = cpu.get("load")
    found = {
        "cpu.usage": amount(cpu.get("usage")),
        "cpu.load": amount(loads[0]) if isinstance(loads, list) and loads else None,
        **{f"memory.{name}": amount(memory.get(name)) for name in ("used", "total", "free")},
    }
    return {name: value for name, value in found.items() if value is not None}
