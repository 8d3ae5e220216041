"""Answers of the series as the pages' charts show them."""

from typing import Any

import pytest

from app.core.errors import InvalidInput
from app.dashboard import trends
from app.metrics.resolution import Span, grid
from app.metrics.series import SeriesQuery, SeriesReader
from app.storage.base_series import HOUR_MS, RAW_MS, Point
from app.storage.memory_series import MemorySeriesStore
from tests.fakes import NOW_MS, StoppedClock

NOW = NOW_MS - NOW_MS % HOUR_MS


def point(name: str, at_ms: int, value: float, **labels: str) -> Point:
    """One measurement."""
    return Point(name, tuple(sorted(labels.items())), at_ms, value, 1, value, value)


@pytest.fixture
def series() -> MemorySeriesStore:
    return MemorySeriesStore()


@pytest.fixture
def reader(series: MemorySeriesStore) -> SeriesReader:
    return SeriesReader(series, StoppedClock(NOW))


def test_a_counter_without_news_is_zero(series, reader):
    """Nothing scraped is a rate of 0, also of a job that never scraped anything."""
    series.record([point("items", NOW - 10_000, 5.0, job="1"), point("items", NOW - 10_000, 2.0, job="2")])
    over = grid(Span(from_ms=NOW - 15_000, to_ms=NOW + 1), NOW)

    assert trends.counted(reader, "items", {}, over) == [0, 7, 0, 0]
    assert trends.counted(reader, "items", {"job": "2"}, over) == [0, 2, 0, 0]
    assert trends.counted(reader, "items", {"job": "3"}, over) == [0, 0, 0, 0]
    assert trends.per_second([0, 7, 0, 0], over.step_ms) == [0, 1.4, 0, 0]


def test_a_gauge_without_news_is_a_gap(series, reader):
    """What was not measured is not 0, and where nothing was, all is gap."""
    asked: dict[str, Any] = {"from_ms": NOW - 2 * RAW_MS, "to_ms": NOW + 1}
    series.record([point("system.cpu.usage", NOW - 5_000, 0.2), point("system.cpu.usage", NOW - 4_000, 0.4)])

    found = trends.measured(reader.query(SeriesQuery(name="system.cpu.usage", **asked)))

    assert found == [None, pytest.approx(0.3), None]
    assert trends.measured(reader.query(SeriesQuery(name="system.cpu.load", **asked))) == [None] * 3


def test_the_busiest_sources_stand_alone_and_the_rest_together(series, reader):
    """Two sources of four are named; the others, and jobs without a source, are added up."""
    amounts = {"a": 1.0, "b": 9.0, "c": 4.0, "": 2.0}
    for source, amount in amounts.items():
        labels = {"job": f"job of {source}", **({"source": source} if source else {})}
        series.record([point("items", NOW, amount, **labels)])

    found = trends.of_sources(reader, SeriesQuery(name="items", from_ms=NOW, to_ms=NOW + 1))

    assert trends.by_source(found, most=2) == {"b": [9.0], "c": [4.0], trends.OTHERS: [3.0]}


def test_more_sources_than_lines_are_shown_together(series, reader):
    """The overview of a thousand sources is a chart all the same; any other fault stays one."""
    series.record([point("items", NOW, 1.0, source=str(number)) for number in range(1_000)])

    found = trends.of_sources(reader, SeriesQuery(name="items", from_ms=NOW, to_ms=NOW + 1))

    assert trends.by_source(found, most=2) == {trends.OTHERS: [1_000.0]}
    with pytest.raises(InvalidInput, match="before to"):
        trends.of_sources(reader, SeriesQuery(name="items", from_ms=NOW, to_ms=NOW))
