"""The figures in the form of Prometheus: one row of `FAMILIES` each.

Names, units and kinds are Prometheus' own way: base units, ratios, counters that only grow. Labels are bounded: a
spider, a host, a task, a code, but never a job. To add a family, add a row; the reference page is printed from it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from app.metrics.exposition_own import collect_own
from app.metrics.own import BySpider
from app.metrics.spiders import Counted

Sample = tuple[tuple[str, ...], float]
"""The values of a family's labels, and the figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What the families read.

    Attributes:
        status: as `app.status.Status.read`.
        values: as `Figures.values`.
        spiders: as `Figures.by_spider`.
        hosts: as `Figures.by_host`.
        own: as `Figures.own_by_spider`.
    """

    status: Mapping[str, Any]
    values: Mapping[str, float]
    spiders: Mapping[str, Mapping[Counted, float]]
    hosts: Mapping[str, Mapping[str, float]]
    own: BySpider


Read = Callable[[Sources], Iterable[Sample]]


@dataclass(frozen=True, slots=True)
class Family:
    """A row: a metric of Prometheus, all its samples and what they say.

    Attributes:
        name: with its unit; a counter's ends in ``_total``.
        help: one phrase.
        labels: names of its labels.
        read: its samples.
    """

    name: str
    help: str
    labels: tuple[str, ...]
    read: Read

    @property
    def kind(self) -> str:
        """`counter` or `gauge`."""
        return "counter" if self.name.endswith("_total") else "gauge"

    def collect(self, sources: Sources) -> Metric:
        """The family with its samples."""
        made = CounterMetricFamily if self.kind == "counter" else GaugeMetricFamily
        family = made(self.name, self.help, labels=self.labels)
        for values, figure in self.read(sources):
            family.add_metric(values, figure)
        return family


class Exposition:
    """A collector in the sense of prometheus-client: `sources` is asked at every scrape."""

    def __init__(self, sources: Callable[[], Sources]) -> None:
        self._sources = sources

    def collect(self) -> Iterator[Metric]:
        """Every family, then those of the users' own metrics."""
        sources = self._sources()
        for family in FAMILIES:
            yield family.collect(sources)
        yield from collect_own(sources.own)

    def describe(self) -> list[Metric]:
        """Nothing, so that no figure is read before somebody asks."""
        return []


def _told(sources: Sources, *path: str) -> Any:
    """What the status says at a place; None where it does not, as while the database is away."""
    found: Any = sources.status
    for name in path:
        found = None if found is None else found.get(name)
    return found


def _status(*path: str, scale: float = 1.0) -> Read:
    """One figure of the status."""

    def read(sources: Sources) -> Iterable[Sample]:
        found = _told(sources, *path)
        return [] if found is None else [((), found * scale)]

    return read


def _counts(*path: str, scale: float = 1.0) -> Read:
    """Figures of the status by their names."""
    return lambda sources: [((name,), count * scale) for name, count in (_told(sources, *path) or {}).items()]


def _outcomes(sources: Sources) -> Iterator[Sample]:
    ledger = _told(sources, "ledger")
    if ledger is None:
        return
    yield ("stored", ""), ledger["stored"]
    yield ("duplicate", ""), ledger["duplicates"]
    for code, count in ledger["rejected"].items():
        yield ("rejected", code), count


def _excess(sources: Sources) -> Iterator[Sample]:
    for outcome, counts in (_told(sources, "ledger", "figures") or {}).items():
        for limit, count in counts.items():
            yield (outcome, limit), count


def _connections(sources: Sources) -> Iterable[Sample]:
    return [((name,), sources.status["sockets"][name]) for name in ("scrapers", "viewers")]


def _durations(sources: Sources) -> Iterable[Sample]:
    tasks = sources.status["tasks"]
    return [((task["name"],), task["lastDuration"] / 1000) for task in tasks if task["lastDuration"] is not None]


def _failing(sources: Sources) -> Iterable[Sample]:
    tasks = [task for task in sources.status["tasks"] if task["lastRunAt"]]
    return [((task["name"],), float(task["lastFailureAt"] == task["lastRunAt"])) for task in tasks]


def _jobs(sources: Sources) -> Iterable[Sample]:
    return [((status,), sources.values[f"jobs.{status}"]) for status in ("active", "queued")]


def _spider(name: str, scale: float = 1.0) -> Read:
    """What every spider did, by metric name."""
    return lambda sources: [
        ((spider,), sum(count for (counted, _), count in sums.items() if counted == name) * scale)
        for spider, sums in sources.spiders.items()
    ]


def _ended(sources: Sources) -> Iterable[Sample]:
    for spider, sums in sources.spiders.items():
        for (name, status), count in sums.items():
            if name == "jobs.ended":
                yield (spider, status), count


def _host(name: str) -> Read:
    """What every host tells, by metric name."""
    return lambda sources: [((host,), told[name]) for host, told in sources.hosts.items() if name in told]


FAMILIES: Final = (
    Family(
        "scrapewatch_build_info",
        "1, with the server's version",
        ("version",),
        lambda sources: [((sources.status["version"],), 1)],
    ),
    Family("scrapewatch_uptime_seconds", "since the server started", (), _status("uptime", scale=0.001)),
    Family("scrapewatch_events_total", "what became of every event ever received", ("outcome", "code"), _outcomes),
    Family(
        "scrapewatch_client_dropped_events_total",
        "events that clients report to have dropped",
        ("reason",),
        _counts("ledger", "dropped"),
    ),
    Family(
        "scrapewatch_client_waiting_events",
        "events that clients report to hold",
        (),
        _status("ledger", "waiting"),
    ),
    Family(
        "scrapewatch_limited_figures_total",
        "figures of metric events that were not kept as they came",
        ("outcome", "limit"),
        _excess,
    ),
    Family("scrapewatch_own_metrics", "users' own metrics that are kept", (), _status("ownMetrics", "names", "held")),
    Family("scrapewatch_own_series", "their series of the last day", (), _status("ownMetrics", "series", "held")),
    Family("scrapewatch_own_series_limit", "how many there may be", (), _status("ownMetrics", "series", "most")),
    Family("scrapewatch_queue_events", "events that wait to be stored", (), _status("ingest", "waiting")),
    Family("scrapewatch_queue_capacity_events", "events that may wait", (), _status("ingest", "capacity")),
    Family(
        "scrapewatch_ingest_lag_seconds",
        "from receipt to commit, of late",
        ("percentile",),
        _counts("ingest", "lag", scale=0.001),
    ),
    Family("scrapewatch_connections", "open sockets", ("namespace",), _connections),
    Family("scrapewatch_lagging_viewers", "viewers that do not keep up", (), _status("sockets", "lagging")),
    Family(
        "scrapewatch_connections_refused_total",
        "sockets that were not let in",
        ("code",),
        _counts("sockets", "refused"),
    ),
    Family(
        "scrapewatch_connections_closed_total",
        "sockets that were closed, by whichever side",
        ("reason",),
        _counts("sockets", "closed"),
    ),
    Family(
        "scrapewatch_storage_up",
        "1 if the database can be asked",
        (),
        lambda sources: [((), float("storage" in sources.status))],
    ),
    Family("scrapewatch_storage_size_bytes", "size of the database", (), _status("storage", "size")),
    Family(
        "scrapewatch_packed_events", "events whose body is packed", (), _status("storage", "held", "packed", "events")
    ),
    Family(
        "scrapewatch_packed_size_bytes", "what packed bodies take", (), _status("storage", "held", "packed", "size")
    ),
    Family(
        "scrapewatch_packed_unpacked_bytes",
        "what they would take unpacked",
        (),
        _status("storage", "held", "packed", "unpacked"),
    ),
    Family("scrapewatch_storage_wal_bytes", "size of SQLite's write-ahead log", (), _status("storage", "wal")),
    Family("scrapewatch_task_duration_seconds", "how long a task took the last time", ("task",), _durations),
    Family("scrapewatch_task_failing", "1 if a task failed the last time", ("task",), _failing),
    Family("scrapewatch_jobs", "jobs that run or wait to", ("status",), _jobs),
    Family(
        "scrapewatch_jobs_started_total",
        "attempts of jobs that began, since the start",
        ("spider",),
        _spider("jobs.started"),
    ),
    Family("scrapewatch_jobs_ended_total", "jobs that ended, since the start", ("spider", "status"), _ended),
    Family(
        "scrapewatch_jobs_duration_seconds_total",
        "how long the jobs took that ended, as they report",
        ("spider",),
        _spider("jobs.duration", 0.001),
    ),
    Family("scrapewatch_items_total", "items scraped, since the start", ("spider",), _spider("items")),
    Family("scrapewatch_errors_total", "errors reported, since the start", ("spider",), _spider("errors")),
    Family("scrapewatch_requests_total", "requests made, since the start", ("spider",), _spider("requests")),
    Family("scrapewatch_requests_failed_total", "requests that failed", ("spider",), _spider("requestsFailed")),
    Family("scrapewatch_requests_retried_total", "requests tried again", ("spider",), _spider("requestsRetried")),
    Family("scrapewatch_requests_proxied_total", "requests through a proxy", ("spider",), _spider("requestsProxied")),
    Family("scrapewatch_sent_bytes_total", "bytes sent by jobs", ("spider",), _spider("bytesSent")),
    Family("scrapewatch_received_bytes_total", "bytes received by jobs", ("spider",), _spider("bytesReceived")),
    Family("scrapewatch_host_cpu_usage_ratio", "share of processors at work", ("worker",), _host("host.cpu.usage")),
    Family("scrapewatch_host_load1", "processes that wait for a processor", ("worker",), _host("host.cpu.load")),
    Family("scrapewatch_host_memory_used_bytes", "memory that can't be had", ("worker",), _host("host.memory.used")),
    Family("scrapewatch_host_memory_size_bytes", "memory of the host", ("worker",), _host("host.memory.total")),
    Family("scrapewatch_host_workers_active", "workers at work", ("worker",), _host("host.workers.active")),
    Family("scrapewatch_host_workers_idle", "workers with nothing to do", ("worker",), _host("host.workers.idle")),
)
