"""What legends and tables call a series: the title of its metric, and its labels' values.

To add a metric, add its title here, too. The raw name stays what exports, colours and queries use.
"""

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext

from app.metrics.transforms import COMPARED

TITLES: Final[Mapping[str, Any]] = {
    "system.cpu.usage": lazy_gettext("CPU of this server"),
    "system.cpu.load": lazy_gettext("Load of this server"),
    "system.memory.used": lazy_gettext("Memory used on this server"),
    "system.memory.total": lazy_gettext("Memory of this server"),
    "system.memory.free": lazy_gettext("Memory free on this server"),
    "system.readings": lazy_gettext("Readings of this server"),
    "system.network.requestsPerSecond": lazy_gettext("Requests per second"),
    "system.network.bytesTransferred": lazy_gettext("Bytes of all hosts in a minute"),
    "system.workers.active": lazy_gettext("Busy workers"),
    "system.workers.idle": lazy_gettext("Idle workers"),
    "system.workers.maxConcurrency": lazy_gettext("Workers at most"),
    "jobs.active": lazy_gettext("Running jobs"),
    "jobs.queued": lazy_gettext("Queued jobs"),
    "jobs.completed": lazy_gettext("Jobs completed in an hour"),
    "jobs.failed": lazy_gettext("Jobs failed in an hour"),
    "jobs.finished": lazy_gettext("Jobs finished in an hour"),
    "jobs.failureRate": lazy_gettext("Failure rate"),
    "performance.averageJobDuration": lazy_gettext("Mean duration of a job"),
    "performance.itemsPerSecond": lazy_gettext("Items per second"),
    "performance.successRate": lazy_gettext("Success rate"),
    "resources.requests": lazy_gettext("Requests in an hour"),
    "resources.proxyUsage": lazy_gettext("Share through a proxy"),
    "resources.bandwidthUsed": lazy_gettext("Bytes moved in an hour"),
    "host.cpu.usage": lazy_gettext("CPU"),
    "host.cpu.load": lazy_gettext("Load"),
    "host.memory.used": lazy_gettext("Memory used"),
    "host.memory.total": lazy_gettext("Memory"),
    "host.memory.free": lazy_gettext("Memory free"),
    "host.network.bytesTransferred": lazy_gettext("Bytes in a minute"),
    "host.workers.active": lazy_gettext("Busy workers"),
    "host.workers.idle": lazy_gettext("Idle workers"),
    "host.workers.maxConcurrency": lazy_gettext("Workers at most"),
    "jobs.started": lazy_gettext("Jobs started"),
    "jobs.ended": lazy_gettext("Jobs ended"),
    "jobs.stalled": lazy_gettext("Jobs stalled"),
    "jobs.lost": lazy_gettext("Jobs lost"),
    "jobs.duration": lazy_gettext("Duration of jobs"),
    "items": lazy_gettext("Items"),
    "errors": lazy_gettext("Errors"),
    "requests": lazy_gettext("Requests"),
    "requestsFailed": lazy_gettext("Failed requests"),
    "requestsRetried": lazy_gettext("Retried requests"),
    "requestsProxied": lazy_gettext("Requests through a proxy"),
    "requestsPending": lazy_gettext("Pending requests"),
    "responses": lazy_gettext("Answers"),
    "responsesByCode": lazy_gettext("Answers by status"),
    "latency.p50": lazy_gettext("Median latency"),
    "latency.p95": lazy_gettext("Latency of 95 %"),
    "bytes": lazy_gettext("Bytes moved"),
    "bytesSent": lazy_gettext("Bytes sent"),
    "bytesReceived": lazy_gettext("Bytes received"),
    "domain.requests": lazy_gettext("Requests of domains"),
    "domain.responses": lazy_gettext("Answers of domains"),
    "domain.bytes": lazy_gettext("Bytes of domains"),
    "proxy.requests": lazy_gettext("Requests of proxies"),
    "proxy.failed": lazy_gettext("Failed requests of proxies"),
    "proxy.bytes": lazy_gettext("Bytes of proxies"),
}
"""A title for each metric of the catalogue; users' own are called what they were named."""

_TIMES: Final[Mapping[str, Any]] = {"yesterday": lazy_gettext("yesterday"), "lastRun": lazy_gettext("last run")}


def title(metric: str) -> str:
    """A metric's title in the page's language."""
    return str(TITLES.get(metric, metric))


def series_title(metric: str, labels: Mapping[str, str], *, alone: bool) -> str:
    """A series as a legend calls it: among others of its metric `alone`, by its labels' values only."""
    values = ", ".join(_value(label, value) for label, value in labels.items())
    return (values if alone else f"{title(metric)}, {values}") if values else title(metric)


def series_name(metric: str, labels: Mapping[str, str], *, alone: bool) -> str:
    """The same in raw words, as it is exported and as colours are named after it."""
    values = ", ".join(value or "–" for value in labels.values())
    return (values if alone else f"{metric} {values}") if values else metric


def _value(label: str, value: str) -> str:
    return str(_TIMES.get(value, value)) if label == COMPARED else value or "–"
