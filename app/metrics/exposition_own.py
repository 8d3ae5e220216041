"""Users' own metrics in the form of Prometheus: a gauge each, called after the name that the user gave.

Names are made Prometheus' own way: ``queueLength`` and ``queue length`` are both ``scrapewatch_user_queue_length``. The
label `metric` holds the name as it was given, so two that become one are still told apart.
"""

import re
from collections.abc import Iterator
from typing import Final

from prometheus_client.core import GaugeMetricFamily

from app.metrics.own import BySpider

PREFIX: Final = "scrapewatch_user_"
HELP: Final = "the latest value that jobs sent by the metric event"
LABELS: Final = ("metric", "spider")

_HUMP: Final = re.compile("(?<=[a-z0-9])(?=[A-Z])")
_FOREIGN: Final = re.compile("[^a-z0-9]+")
_TAKEN: Final = ("_total", "_count", "_sum", "_bucket")
"""Endings that say of a metric that it is no gauge."""


def collect_own(values: BySpider) -> Iterator[GaugeMetricFamily]:
    """The families, by name."""
    families: dict[str, GaugeMetricFamily] = {}
    for (name, spider), value in values.items():
        called = family_name(name)
        if called not in families:
            families[called] = GaugeMetricFamily(called, HELP, labels=LABELS)
        families[called].add_metric((name, spider), value)
    return (families[called] for called in sorted(families))


def family_name(name: str) -> str:
    """What a metric of the user's is called for Prometheus."""
    words = _FOREIGN.sub("_", _HUMP.sub("_", name).lower()).strip("_") or "unnamed"
    return f"{PREFIX}{words}{'_value' if words.endswith(_TAKEN) else ''}"
