"""Series on the grid of a chart."""

import pytest

from app.dashboard import trends
from app.storage.base_series import HOUR_MS, MINUTE_MS, RAW_MS, Point
from app.storage.memory_series import MemorySeriesStore
from tests.fakes import NOW_MS

NOW = NOW_MS - NOW_MS % HOUR_MS


def point(name: str, at_ms: int, value: float, **labels: str) -> Point:
    """One measurement."""
    return Point(name, tuple(sorted(labels.items())), at_ms, value, 1, value, value)


@pytest.mark.parametrize("span", [RAW_MS, 15 * MINUTE_MS, HOUR_MS, 24 * HOUR_MS, 30 * 24 * HOUR_MS, 365 * 24 * HOUR_MS])
def test_a_chart_has_few_points_over_any_span(span):
    """A browser draws 360 points a line as well over a year as over a minute."""
    over = trends.grid(NOW - span, NOW, NOW)

    assert len(over.times) <= trends.MAX_POINTS + 1
    assert over.step_ms % over.stored_ms == 0


def test_old_runs_are_read_in_a_resolution_that_is_still_kept():
    """A ten-minute run of last month has no raw samples any more."""
    assert trends.grid(NOW - 40 * 24 * HOUR_MS, NOW - 40 * 24 * HOUR_MS + 600_000, NOW).stored_ms == HOUR_MS


def test_a_counter_without_news_is_zero():
    """Nothing scraped is a rate of 0, not a gap."""
    series = MemorySeriesStore()
    series.record([point("items", NOW - 20_000, 5.0, job="1"), point("items", NOW - 20_000, 2.0, job="2")])
    over = trends.grid(NOW - 30_000, NOW, NOW)

    assert trends.counted(series, "items", {}, over) == [0, 7, 0, 0]
    assert trends.counted(series, "items", {"job": "2"}, over) == [0, 2, 0, 0]
    assert trends.per_second([0, 7, 0, 0], over.step_ms) == [0, 0.7, 0, 0]


def test_a_gauge_without_news_is_a_gap():
    """What was not measured is not 0."""
    series = MemorySeriesStore()
    series.record([point("system.cpu.usage", NOW - 10_000, 0.2), point("system.cpu.usage", NOW - 9_000, 0.4)])

    over = trends.grid(NOW - 20_000, NOW, NOW)

    assert trends.measured(series, "system.cpu.usage", over) == [None, pytest.approx(0.3), None]


def test_the_busiest_sources_stand_alone_and_the_rest_together():
    """Two sources of four are named; the others, and jobs without a source, are added up."""
    series = MemorySeriesStore()
    amounts = {"a": 1.0, "b": 9.0, "c": 4.0, "": 2.0}
    for source, amount in amounts.items():
        labels = {"job": f"job of {source}", **({"source": source} if source else {})}
        series.record([point("items", NOW, amount, **labels)])

    found = trends.by_source(series, "items", trends.grid(NOW, NOW, NOW), most=2)

    assert found == {"b": [9.0], "c": [4.0], trends.OTHERS: [3.0]}
