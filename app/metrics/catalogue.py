"""Every metric the house measures by itself: one row each.

Rules, charts, the series and the reference page know a metric by its row here. To add one, add a row and the
place that measures it (`scraping.py`, `system.py` or `points.py`). Users' own metrics need no row; a name of
this table is not theirs to send.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Metric:
    """A row of the catalogue.

    Attributes:
        unit: `count`, `bytes`, `ms`, `ratio` (0 to 1), `per second` or `load`.
        kind: a gauge is a state, sampled; a counter's points are what came on top since the point before.
        about: what it says, one phrase for the reference page.
        labels: the labels its series carry.
        samples: the metric that tells from how many samples this one is made; "" if that is no question.
    """

    name: str
    unit: str
    kind: Literal["gauge", "counter"]
    about: str
    labels: tuple[str, ...] = ()
    samples: str = ""


def _table(rows: Iterable[Metric]) -> dict[str, Metric]:
    return {row.name: row for row in rows}


def _host(name: str, unit: str, about: str) -> Metric:
    return Metric(name, unit, "gauge", about, samples="system.readings")


_JOB: Final = ("job", "source")

METRICS: Final = _table(
    [
        _host("system.cpu.usage", "ratio", "share of the server's processors at work"),
        _host("system.cpu.load", "load", "processes waiting for a processor, mean of the last minute"),
        _host("system.memory.used", "bytes", "memory of the server's host that can't be had"),
        _host("system.memory.total", "bytes", "memory of the server's host"),
        _host("system.memory.free", "bytes", "memory of the server's host that can be had"),
        Metric("system.readings", "count", "gauge", "readings taken of the server's host, last minute"),
        Metric("system.network.requestsPerSecond", "per second", "gauge", "requests of all scrapers, last minute"),
        Metric("system.network.bytesTransferred", "bytes", "gauge", "bytes of all monitored hosts, last minute"),
        Metric("system.workers.active", "count", "gauge", "workers at work, over all live hosts"),
        Metric("system.workers.idle", "count", "gauge", "workers with nothing to do, over all live hosts"),
        Metric("system.workers.maxConcurrency", "count", "gauge", "workers there can be, over all live hosts"),
        Metric("jobs.active", "count", "gauge", "jobs that run, the stalled ones included"),
        Metric("jobs.queued", "count", "gauge", "jobs that wait to start"),
        Metric("jobs.completed", "count", "gauge", "jobs completed within the last hour"),
        Metric("jobs.failed", "count", "gauge", "jobs failed within the last hour"),
        Metric("jobs.finished", "count", "gauge", "jobs completed or failed within the last hour"),
        Metric("jobs.failureRate", "ratio", "gauge", "failed / finished, last hour", samples="jobs.finished"),
        Metric("performance.averageJobDuration", "ms", "gauge", "mean reported duration of a job, last hour"),
        Metric("performance.itemsPerSecond", "per second", "gauge", "items of all jobs, last minute"),
        Metric("performance.successRate", "ratio", "gauge", "completed / finished, last hour", samples="jobs.finished"),
        Metric("resources.requests", "count", "gauge", "requests of all jobs, last hour"),
        Metric(
            "resources.proxyUsage",
            "ratio",
            "gauge",
            "share of requests that went through a proxy, last hour",
            samples="resources.requests",
        ),
        Metric("resources.bandwidthUsed", "bytes", "gauge", "bytes moved by jobs, last hour"),
        Metric("items", "count", "counter", "items scraped", _JOB),
        Metric("errors", "count", "counter", "errors reported", _JOB),
        Metric("requests", "count", "counter", "requests made", _JOB),
        Metric("requestsFailed", "count", "counter", "requests that failed", _JOB),
        Metric("requestsRetried", "count", "counter", "requests tried again", _JOB),
        Metric("requestsProxied", "count", "counter", "requests through a proxy", _JOB),
        Metric("bytes", "bytes", "counter", "bytes sent and received", _JOB),
    ]
)
