"""What a job reports of itself by `job_progress`: totals since its attempt's start, as counters with labels.

A counter is known by its metric and the labels that it has beyond its job's::

    ("requests", ())
    ("domain.responses", (("domain", "ebay.com"), ("status", "2xx")))

Whatever a job names (domains, proxies, statuses) is bounded: the first that were named keep their names, the rest
is told together as `OTHER`, so that a crawl of the whole web makes no more series than a crawl of fifty sites. Of
statuses, those of HTTP have their names.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.storage.base_series import Labels

MAX_NAMES: Final = 50
"""Domains, and proxies, that are told apart within a job."""
OTHER: Final = "other"
_HTTP: Final = re.compile("[1-5][0-9][0-9]")

Counter = tuple[str, Labels]

_REPORTED: Final = {
    "requests": ("requests", "total"),
    "requestsFailed": ("requests", "failed"),
    "requestsRetried": ("requests", "retried"),
    "bytesSent": ("bytes", "sent"),
    "bytesReceived": ("bytes", "received"),
}
_GAUGES: Final = {
    "requestsPending": ("requests", "pending"),
    "latency.p50": ("latency", "p50"),
    "latency.p95": ("latency", "p95"),
}
_BY_NAME: Final = {
    "domains": ("domain", {"domain.requests": "requests", "domain.bytes": "bytes"}),
    "proxies": ("proxy", {"proxy.requests": "requests", "proxy.failed": "failed", "proxy.bytes": "bytes"}),
}


def amount(value: object) -> float | None:
    """A finite number ≥ 0, or None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and value >= 0 else None


def part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object under `name`, an empty one if there is none."""
    found = body.get(name)
    return found if isinstance(found, Mapping) else {}


def totals_of(reported: Mapping[str, Any]) -> dict[str, float]:
    """The counters without labels of a `job_progress` body (or of `Job.totals`); only those it names."""
    found: dict[str, float | None] = {
        name: amount(part(reported, within).get(key)) for name, (within, key) in _REPORTED.items()
    }
    proxies = part(reported, "proxies")
    found["bytes"] = _sum([found["bytesSent"], found["bytesReceived"]])
    found["requestsProxied"] = _sum([amount(part(proxies, name).get("requests")) for name in proxies])
    return {name: value for name, value in found.items() if value is not None}


def gauges_of(reported: Mapping[str, Any]) -> dict[str, float]:
    """The states that a `job_progress` body tells, by metric name; only those it names."""
    found = {name: amount(part(reported, within).get(key)) for name, (within, key) in _GAUGES.items()}
    return {name: value for name, value in found.items() if value is not None}


def counters_of(reported: Mapping[str, Any]) -> dict[Counter, float]:
    """All counters of a bounded body, those with labels included."""
    found: dict[Counter, float] = {(name, ()): value for name, value in totals_of(reported).items()}
    statuses = part(part(reported, "requests"), "byStatus")
    for metric, counts in (("responsesByCode", _by_code(statuses)), ("responses", _by_class(statuses))):
        found |= {(metric, (("status", status),)): count for status, count in counts.items()}
    for within, (label, fields) in _BY_NAME.items():
        for name, told in part(reported, within).items():
            if isinstance(told, Mapping):
                found.update(_counters_of_one((label, name), told, fields))
    return found


def limited(reported: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Those parts of a body that name more than is told apart, as they are told then; empty for nearly every body.

    Args:
        reported: the body.
        known: what the attempt reported before; what is named there keeps its name.
    """
    return {
        within: bounded(part(reported, within), part(known, within))
        for within in _BY_NAME
        if len(part(reported, within)) > MAX_NAMES
    }


def bounded(told: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """`told` under at most `MAX_NAMES` names and `OTHER`, which is the sum of the rest.

    Those of `known` keep their names, and their places even if they are told no more: a name that came out of `OTHER`
    would lower it, as if it had begun again.
    """
    taken = [name for name in known if name != OTHER][:MAX_NAMES]
    fresh = [name for name in told if name not in known and name != OTHER]
    names = taken + fresh[: MAX_NAMES - len(taken)]
    kept = {name: told[name] if name in told else known[name] for name in names}
    rest = [told[name] for name in told if name not in kept]
    return {**kept, OTHER: _together(rest)} if rest else kept


def _counters_of_one(
    label: tuple[str, str], told: Mapping[str, Any], fields: Mapping[str, str]
) -> Iterator[tuple[Counter, float]]:
    """The counters of one domain or proxy."""
    for metric, key in fields.items():
        value = amount(told.get(key))
        if value is not None:
            yield (metric, (label,)), value
    if label[0] == "domain":
        for status, count in _by_class(part(told, "byStatus")).items():
            yield ("domain.responses", (label, ("status", status))), count


def _by_code(statuses: Mapping[str, Any]) -> dict[str, float]:
    """Counts by status; what is none of HTTP is `OTHER`."""
    found: dict[str, float] = {}
    for status, count in _amounts(statuses):
        name = status if _HTTP.fullmatch(status) else OTHER
        found[name] = found.get(name, 0.0) + count
    return found


def _by_class(statuses: Mapping[str, Any]) -> dict[str, float]:
    """Counts by class of status: `2xx`, `4xx` and so on, and `OTHER`."""
    found: dict[str, float] = {}
    for status, count in _by_code(statuses).items():
        name = OTHER if status == OTHER else f"{status[0]}xx"
        found[name] = found.get(name, 0.0) + count
    return found


def _amounts(counts: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for name, told in counts.items():
        count = amount(told)
        if count is not None:
            yield name, count


def _together(told: Sequence[Any]) -> Any:
    """The sum of figures of one shape: numbers, or objects of such."""
    objects = [one for one in told if isinstance(one, Mapping)]
    if objects:
        names = dict.fromkeys(name for one in objects for name in one)
        return {name: _together([one[name] for one in objects if name in one]) for name in names}
    return _sum([amount(one) for one in told]) or 0.0


def _sum(values: Sequence[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    return sum(found) if found else None
