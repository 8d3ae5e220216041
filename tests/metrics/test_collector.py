"""The tick that writes the gauges down."""

from app.metrics.collector import Collector
from app.metrics.figures import Figures
from app.metrics.system import Reading
from app.storage.base_series import RAW_MS
from app.storage.memory import MemoryEventStore
from app.storage.memory_series import MemorySeriesStore
from tests.fakes import NOW_MS, StoppedClock, event, no_fold


def test_a_tick_reads_the_host_and_records_the_gauges():
    """Two ticks close together share a bucket: own metrics are not recorded again."""
    clock, series = StoppedClock(NOW_MS - NOW_MS % RAW_MS), MemorySeriesStore()
    store = MemoryEventStore(clock, list)
    figures = Figures(store, clock)
    figures.on_commit(store.append([event("metric", data={"values": {"queue": 3}})], no_fold))
    readings = iter(Reading(usage, (1, 1, 1), 1, 2, 1, 0) for usage in (0.2, 0.6))
    collector = Collector(lambda: next(readings), figures, series, clock)

    collector.collect()
    clock.advance(RAW_MS - 1)
    collector.collect()

    span = {"from_ms": 0, "to_ms": NOW_MS + RAW_MS, "step_ms": RAW_MS}
    ((usage,),) = series.read("system.cpu.usage", {}, **span).values()
    ((active,),) = series.read("jobs.active", {}, **span).values()
    assert (usage.count, usage.min, usage.max) == (2, 0.2, 0.6)
    assert (active.count, active.max) == (2, 1)
    assert series.read("queue", {}, **span) == {}


def test_a_tick_records_each_host_by_its_name():
    """The server's and a crawler's, under the label `worker`."""
    clock, series = StoppedClock(), MemorySeriesStore()
    store = MemoryEventStore(clock, list)
    figures = Figures(store, clock, "server")
    told = event("worker", job_id="", data={"host": "crawler", "cpu": {"usage": 0.5}})
    figures.on_commit(store.append([told], no_fold))

    Collector(lambda: Reading(0.2, (1, 1, 1), 1, 2, 1, 0), figures, series, clock).collect()

    found = series.read("host.cpu.usage", {}, from_ms=0, to_ms=NOW_MS + RAW_MS, step_ms=RAW_MS)
    assert {labels: bucket.sum for labels, (bucket,) in found.items()} == {
        (("worker", "crawler"),): 0.5,
        (("worker", "server"),): 0.2,
    }
