"""What a running Scrapy crawl is doing, in the fields of `job_progress`.

Totals come from Scrapy's own statistics, so that they agree with what Scrapy logs at the end. What these
don't hold (latency, figures by domain and by proxy) is counted from the downloader's signals.
"""

from collections import deque
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response

WINDOW: Final = 512
"""Answers over which latency is taken."""

NAMES: Final = 50
"""Domains and proxies told apart; the rest is counted as ``other``."""

NOT_SENT: Final = "scrapy.exceptions.IgnoreRequest"


class Traffic:
    """Latency, domains and proxies, counted request by request, every try."""

    def __init__(self) -> None:
        self._latencies_ms: deque[float] = deque(maxlen=WINDOW)
        self._domains: dict[str, dict[str, Any]] = {}
        self._proxies: dict[str, dict[str, Any]] = {}

    def left(self, request: Request) -> None:
        """A request has left the downloader, answered or not."""
        self._domain(request)["requests"] += 1
        if proxy := self._proxy(request):
            proxy["requests"] += 1
            proxy["failed"] += 1  # until an answer says otherwise

    def answered(self, response: Response, request: Request) -> None:
        """An answer was downloaded."""
        latency_s = request.meta.get("download_latency")
        if isinstance(latency_s, float):
            self._latencies_ms.append(latency_s * 1000)
        domain, status = self._domain(request), str(response.status)
        domain["byStatus"][status] = domain["byStatus"].get(status, 0) + 1
        domain["bytes"] += len(response.body)
        if proxy := self._proxy(request):
            proxy["bytes"] += len(response.body)
            proxy["failed"] -= response.status < 400

    def figures(self) -> dict[str, object]:
        """Fields of `job_progress`; those without a figure are left out."""
        found = {"latency": self._latency(), "domains": self._domains, "proxies": self._proxies}
        return {name: part for name, part in found.items() if part}

    def _latency(self) -> dict[str, float]:
        ordered = sorted(self._latencies_ms)
        return {
            name: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1)
            for name, share in (("p50", 0.5), ("p95", 0.95))
            if ordered
        }

    def _domain(self, request: Request) -> dict[str, Any]:
        name = _known(self._domains, urlsplit(request.url).hostname or "")
        return self._domains.setdefault(name, {"requests": 0, "byStatus": {}, "bytes": 0})

    def _proxy(self, request: Request) -> dict[str, Any] | None:
        address = request.meta.get("proxy")
        if not address:
            return None
        name = _known(self._proxies, str(address).rpartition("@")[2].rpartition("/")[2])  # never its password
        return self._proxies.setdefault(name, {"requests": 0, "failed": 0, "bytes": 0})


def progress(stats: Mapping[str, Any], in_flight: int) -> dict[str, object]:
    """Fields of `job_progress` from Scrapy's statistics.

    A page is done when it was received, whatever its status, or its download was given up; the total is
    that and what waits, so it grows while the spider still finds pages.

    Args:
        stats: the collector's figures.
        in_flight: requests that have left the scheduler and are not answered.
    """
    waiting = max(0, count(stats, "scheduler/enqueued") - count(stats, "scheduler/dequeued"))
    pending = waiting + in_flight
    done = count(stats, "response_received_count") + _given_up(stats)
    by_status = _under(stats, "downloader/response_status_count/")
    exceptions = count(stats, "downloader/exception_count") - count(
        stats, f"downloader/exception_type_count/{NOT_SENT}"
    )
    errors = sum(n for status, n in by_status.items() if status >= "400")
    return {
        "done": done,
        "total": done + pending,
        "unit": "pages",
        "itemsScraped": count(stats, "item_scraped_count"),
        "requests": {
            "total": count(stats, "downloader/request_count"),
            "failed": max(0, exceptions) + errors,
            "retried": count(stats, "retry/count"),
            "pending": pending,
            "byStatus": by_status,
        },
        "bytes": {
            "sent": count(stats, "downloader/request_bytes"),
            "received": count(stats, "downloader/response_bytes"),
        },
    }


def count(stats: Mapping[str, Any], name: str) -> int:
    """A counter of the statistics; Scrapy leaves one out while it is 0."""
    return int(stats.get(name) or 0)


def _given_up(stats: Mapping[str, Any]) -> int:
    """Downloads that ended in an exception and were not tried again."""
    raised = _under(stats, "downloader/exception_type_count/")
    return sum(max(0, n - count(stats, f"retry/reason_count/{name}")) for name, n in raised.items())


def _under(stats: Mapping[str, Any], prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix): n for name, n in stats.items() if name.startswith(prefix)}


def _known(table: Mapping[str, object], name: str) -> str:
    return name if name in table or len(table) < NAMES else "other"
