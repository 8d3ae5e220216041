"""The live figures: kept up by every commit, read by pages, rules and the series."""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from app.core.clock import Clock
from app.metrics.catalogue import METRICS
from app.metrics.hosts import Hosts
from app.metrics.own import BySpider
from app.metrics.rebuild import rebuild
from app.metrics.scraping import Scraping
from app.metrics.spiders import Counted
from app.metrics.system import Reading
from app.storage.base import Commit, EventStore

_SYSTEM: Final = {
    "cpu": ("usage",),
    "memory": ("used", "total", "free"),
    "network": ("requestsPerSecond", "bytesTransferred"),
    "workers": ("active", "idle", "maxConcurrency"),
}
_SCRAPING: Final = {
    "jobs": ("active", "queued", "completed", "failed"),
    "performance": ("averageJobDuration", "itemsPerSecond", "successRate"),
    "resources": ("proxyUsage", "bandwidthUsed"),
}


class Figures:
    """SystemMetrics and ScrapingMetrics as they are now.

    Commits come from the writer thread, readings from the scheduler's, questions from anywhere. One lock keeps
    them apart; it is held for arithmetic only, never while something is read or written.

    Args:
        events: where `rebuild` reads.
        host: the name of the server's host, whose traffic is not counted again from a worker on it.
        keeps: whether a metric of users' own is kept at all, by its name.
    """

    def __init__(
        self, events: EventStore, clock: Clock, host: str = "", keeps: Callable[[str], bool] = lambda _: True
    ) -> None:
        self._events = events
        self._clock = clock
        self._lock = threading.Lock()
        self._keeps = keeps
        self._scraping = Scraping(keeps)
        self._hosts = Hosts(host)

    def rebuild(self) -> None:
        """Fill the windows from the store, as after a restart; before the first commit is handed in."""
        now_ms = self._clock.now_ms()
        scraping = Scraping(self._keeps)
        workers, over = rebuild(self._events, scraping, now_ms)
        with self._lock:
            self._scraping = scraping
            self._hosts.take(workers)
            self._hosts.end(over, now_ms)

    def on_commit(self, commit: Commit) -> None:
        """Take what one transaction stored."""
        now_ms = self._clock.now_ms()
        with self._lock:
            self._scraping.take(commit, now_ms)
            self._hosts.take(commit.telling)

    def read(self, reading: Reading) -> None:
        """Take a reading of the server's host."""
        now_ms = self._clock.now_ms()
        with self._lock:
            self._hosts.read(reading, now_ms)

    def forget(self, job_id: str) -> None:
        """A job was deleted."""
        with self._lock:
            self._scraping.forget(job_id)

    def job_rate(self, job_id: str) -> float | None:
        """A job's items per second over the last minute; None for one that has ended or is unknown."""
        now_ms = self._clock.now_ms()
        with self._lock:
            return self._scraping.job_rate(job_id, now_ms)

    def job_pace(self, job_id: str) -> float | None:
        """What a job has done of its total by the millisecond over the last five minutes; None where that is unknown.

        After a restart it is known once the job has reported for a minute.
        """
        now_ms = self._clock.now_ms()
        with self._lock:
            return self._scraping.job_pace(job_id, now_ms)

    def values(self) -> dict[str, float]:
        """Every metric by its name, users' own included; one that could not be measured is left out."""
        now_ms = self._clock.now_ms()
        with self._lock:
            return self._scraping.values(now_ms) | self._hosts.values(now_ms)

    def by_host(self) -> dict[str, dict[str, float]]:
        """The `host.*` metrics by host."""
        now_ms = self._clock.now_ms()
        with self._lock:
            return self._hosts.by_host(now_ms)

    def by_spider(self) -> dict[str, dict[Counted, float]]:
        """What each spider has done since the start."""
        with self._lock:
            return self._scraping.spiders.read()

    def own_by_spider(self) -> BySpider:
        """The users' own metrics by name and spider."""
        now_ms = self._clock.now_ms()
        with self._lock:
            return self._scraping.own.by_spider(now_ms)

    def current(self) -> dict[str, Any]:
        """``{"system": SystemMetrics, "scraping": ScrapingMetrics}``; 0 for what could not be measured."""
        values = self.values()
        with self._lock:
            load = self._hosts.load()
        system = _nested(_SYSTEM, values, "system.")
        system["cpu"]["load"] = load
        return {"system": system, "scraping": _nested(_SCRAPING, values, "")}


def _nested(shape: Mapping[str, tuple[str, ...]], values: Mapping[str, float], prefix: str) -> dict[str, Any]:
    return {part: {name: _plain(f"{prefix}{part}.{name}", values) for name in names} for part, names in shape.items()}


def _plain(name: str, values: Mapping[str, float]) -> float:
    """Counts and bytes are whole numbers; only sums of floats carry them here."""
    value = values.get(name, 0.0)
    return round(value) if METRICS[name].unit in {"count", "bytes"} else value
