"""The table of metrics."""

import pytest

from app.metrics.catalogue import LABELS, METRICS, Metric
from app.metrics.figures import Figures
from app.metrics.system import Reading
from app.storage.memory import MemoryEventStore
from tests.fakes import StoppedClock


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_row_is_whole(metric: Metric):
    """Its unit and labels are known, it says what it is, and what its samples are counted by is a row itself."""
    assert metric.unit in {"count", "bytes", "ms", "ratio", "per second", "load"}
    assert metric.help
    assert not metric.help.endswith(".")
    assert set(metric.labels) <= LABELS.keys()
    assert metric.samples == "" or METRICS[metric.samples].unit == "count"


def test_every_gauge_is_measured_or_a_mean_of_nothing():
    """In a house where nothing happened yet, only means and ratios of nothing are missing."""
    clock = StoppedClock()
    figures = Figures(MemoryEventStore(clock, list), clock)
    figures.read(Reading(0.1, (1, 1, 1), 1, 2, 1, 0))

    gauges = {name for name, metric in METRICS.items() if metric.kind == "gauge" and not metric.labels}

    assert gauges - figures.values().keys() == {
        "jobs.failureRate",
        "performance.successRate",
        "performance.averageJobDuration",
        "resources.proxyUsage",
    }
    assert figures.values().keys() <= gauges
