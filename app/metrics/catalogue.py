"""Every metric the house measures by itself: one row each.

Rules, charts, the series and the reference page know a metric by its row here. To add one, add a row and the
place that measures it (`scraping.py`, `system.py`, `points.py` or `reported.py`). Users' own metrics need no row; a
name of this table is not theirs to send.

All series of one name carry the same labels, and never one that tells a part beside one that tells the whole: so
series of a name may always be added up. That is why what is told by domain, proxy, status or host has a name of its
own beside the sum.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from app.core.errors import InvalidInput
from app.core.said import said


@dataclass(frozen=True, slots=True)
class Metric:
    """A row of the catalogue.

    Attributes:
        unit: `count`, `bytes`, `ms`, `ratio` (0 to 1), `per second` or `load`.
        kind: a gauge is a state, sampled; a counter's points are what came on top since the point before.
        help: what it says, one phrase for the reference page, and for Explore in its language.
        labels: the labels its series carry, of `LABELS`; none is a figure of the whole house.
        samples: the metric that tells from how many samples this one is made; "" if that is no question.
    """

    name: str
    unit: str
    kind: Literal["gauge", "counter"]
    help: str = ""
    labels: tuple[str, ...] = ()
    samples: str = ""


def _table(rows: Iterable[Metric]) -> dict[str, Metric]:
    return {row.name: row for row in rows}


def _own_host(name: str, unit: str, help_: str) -> Metric:
    return Metric(name, unit, "gauge", help_, samples="system.readings")


def _any_host(name: str, unit: str, help_: str) -> Metric:
    return Metric(name, unit, "gauge", help_, ("worker",))


MAX_TEXT: Final = 200
"""Characters of a metric's or label's name, and of a label's value, that are kept."""

LABELS: Final = {
    "job": "the job's id",
    "source": "the job's source",
    "spider": "source and query of the job, as in `ebay.com: vintage cards`: what runs again and again",
    "worker": "the name of a host: the server's, or one that scrapers run on; the first 200 that are heard",
    "domain": "the domain that was asked; at most 50 of a job, the rest together as `other`",
    "proxy": "the proxy that was asked through; at most 50 of a job, the rest together as `other`",
    "status": "how it went: a class of HTTP statuses (`2xx`), a status (`403`), or how a job ended (`failed`)",
}
"""What series may be told apart by. The texts are cut at `MAX_TEXT` characters."""

_SPIDER: Final = ("source", "spider")
_JOB: Final = ("job", *_SPIDER)

METRICS: Final = _table(
    [
        _own_host("system.cpu.usage", "ratio", "share of the server's processors at work"),
        _own_host("system.cpu.load", "load", "processes waiting for a processor, mean of the last minute"),
        _own_host("system.memory.used", "bytes", "memory of the server's host that can't be had"),
        _own_host("system.memory.total", "bytes", "memory of the server's host"),
        _own_host("system.memory.free", "bytes", "memory of the server's host that can be had"),
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
        _any_host("host.cpu.usage", "ratio", "share of a host's processors at work"),
        _any_host("host.cpu.load", "load", "processes waiting for a processor of a host, mean of the last minute"),
        _any_host("host.memory.used", "bytes", "memory of a host that can't be had"),
        _any_host("host.memory.total", "bytes", "memory of a host"),
        _any_host("host.memory.free", "bytes", "memory of a host that can be had"),
        _any_host("host.network.bytesTransferred", "bytes", "bytes of a host, last minute"),
        _any_host("host.workers.active", "count", "workers at work on a host"),
        _any_host("host.workers.idle", "count", "workers of a host with nothing to do"),
        _any_host("host.workers.maxConcurrency", "count", "workers there can be on a host"),
        Metric("jobs.started", "count", "counter", "attempts of jobs that began", _SPIDER),
        Metric("jobs.ended", "count", "counter", "jobs that completed, failed or were cancelled", (*_SPIDER, "status")),
        Metric("jobs.stalled", "count", "counter", "jobs found to tell nothing new", _SPIDER),
        Metric("jobs.lost", "count", "counter", "jobs found to be silent, their sender gone", _SPIDER),
        Metric("jobs.duration", "ms", "gauge", "how long a job took that ended", (*_SPIDER, "status")),
        Metric("items", "count", "counter", "items scraped", _JOB),
        Metric("errors", "count", "counter", "errors reported", _JOB),
        Metric("requests", "count", "counter", "requests made", _JOB),
        Metric("requestsFailed", "count", "counter", "requests that failed", _JOB),
        Metric("requestsRetried", "count", "counter", "requests tried again", _JOB),
        Metric("requestsProxied", "count", "counter", "requests through a proxy", _JOB),
        Metric("requestsPending", "count", "gauge", "requests that wait or are under way", _JOB),
        Metric("responses", "count", "counter", "answers by class of status: 2xx, 3xx, …", (*_JOB, "status")),
        Metric("responsesByCode", "count", "counter", "answers by status: 200, 403, …", (*_JOB, "status")),
        Metric("latency.p50", "ms", "gauge", "time to answer of half the requests, as the job reports it", _JOB),
        Metric("latency.p95", "ms", "gauge", "time to answer of 95 % of the requests, as the job reports it", _JOB),
        Metric("bytes", "bytes", "counter", "bytes sent and received", _JOB),
        Metric("bytesSent", "bytes", "counter", "bytes sent", _JOB),
        Metric("bytesReceived", "bytes", "counter", "bytes received", _JOB),
        Metric("domain.requests", "count", "counter", "requests to a domain", (*_JOB, "domain")),
        Metric("domain.responses", "count", "counter", "answers of a domain by class", (*_JOB, "domain", "status")),
        Metric("domain.bytes", "bytes", "counter", "bytes moved with a domain", (*_JOB, "domain")),
        Metric("proxy.requests", "count", "counter", "requests through a proxy, by proxy", (*_JOB, "proxy")),
        Metric("proxy.failed", "count", "counter", "requests through a proxy that failed", (*_JOB, "proxy")),
        Metric("proxy.bytes", "bytes", "counter", "bytes moved through a proxy", (*_JOB, "proxy")),
    ]
)


def require_labels(name: str, labels: Sequence[str], field: str) -> None:
    """See that the series of a metric can be told apart by these labels; those of users' own metrics may have any.

    Raises:
        InvalidInput: for `field`, naming the label that they do not have.
    """
    known = METRICS[name].labels if name in METRICS else tuple(labels)
    unknown = next((label for label in labels if label not in known), None)
    if unknown is not None:
        raise InvalidInput(
            "names %(unknown)s: no label of %(name)s (%(known)s)",
            unknown=unknown[:200],
            name=name,
            known=", ".join(known) or said("it has none"),
            field=field,
        )
