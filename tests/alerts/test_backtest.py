"""Rules played over the past, and the same past lived through: both say the same."""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.core.errors import InvalidInput
from app.metrics.lately import Asked, Lately
from app.metrics.past import MAX_CELLS, Past
from app.storage.base_series import RAW_MS, Point, SeriesStore
from app.storage.memory_series import MemorySeriesStore
from app.storage.sql.database import Database
from app.storage.sql.series import SqlSeriesStore
from tests.alerts.conftest import CONFIG
from tests.fakes import NOW_MS

MINUTE_MS = 60_000
BEGIN_MS = NOW_MS - NOW_MS % MINUTE_MS - 60 * MINUTE_MS


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is read here is kept in memory, or by statements that all databases have."""
    return sqlite_url


@pytest.fixture(params=["sqlite", "memory"])
def store(request: pytest.FixtureRequest, sqlite_url: str) -> Iterator[SeriesStore]:
    """An empty store of series."""
    if request.param == "memory":
        yield MemorySeriesStore()
        return
    database = Database(sqlite_url)
    yield SqlSeriesStore(database)
    database.close()


def record(watch, values, *, name="queue", labels=()) -> None:
    """Store a value every 5 s from an hour ago; None is a gap."""
    watch.series.record(
        Point(name, labels, BEGIN_MS + number * RAW_MS, value, 1, value, value)
        for number, value in enumerate(values)
        if value is not None
    )


def test_it_counts_what_would_have_fired(watch):
    """Two breaches of a minute, one of ten seconds that only pended: two messages of each of two, and a near miss."""
    values = [3.0] * 24 + [20.0] * 12 + [3.0] * 60 + [20.0] * 12 + [3.0] * 60 + [20.0] * 2 + [3.0] * 60
    record(watch, values)
    rule = {**CONFIG, "for": 30_000, "keepFiringFor": 60_000}

    played = watch.alerts.backtest(rule, BEGIN_MS, BEGIN_MS + len(values) * RAW_MS)

    assert (played["fired"], played["messages"], played["nearMisses"], played["open"]) == (2, 4, 1, 0)
    assert played["byKind"] == {"firing": 2, "resolved": 2}
    assert [step["to"] for step in played["transitions"]] == [
        *("pending", "firing", "recovering", "ok") * 2, "pending", "ok",
    ]  # fmt: skip
    assert watch.store.incidents() == []


def test_the_past_is_played_as_it_was_lived(watch):
    """Half an hour of chance, evaluated every 5 s: as many incidents and notices as the back-test says."""
    chance = random.Random(5)
    values, value = [], 8.0
    for _ in range(350):
        value = min(30.0, max(0.0, value + chance.uniform(-4, 4)))
        values.append(None if chance.random() < 0.05 else value)
    record(watch, values)
    rule = {**CONFIG, "for": 15_000, "keepFiringFor": 30_000, "cooldown": 120_000}
    watch.add(**rule)
    watch.clock.time_ms = BEGIN_MS
    told: list[str] = []
    last: dict[str, float] = {}
    for seen in values:
        last = last if seen is None else {"queue": seen}
        told += watch.see(**last)
        watch.clock.advance(RAW_MS)

    played = watch.alerts.backtest(rule, BEGIN_MS, BEGIN_MS + (len(values) - 1) * RAW_MS)

    assert played["messages"] == len(told)
    assert played["fired"] == len(watch.store.incidents())
    assert played["fired"] > 2


def test_a_figure_of_ones_own_goes_on_until_the_next(watch):
    """As the live one does, for an hour: told once a minute, it is no gap; after an hour it is."""
    record(watch, [20.0, *[None] * 11, 20.0])
    rule = {**CONFIG, "for": 30_000, "noData": "ok", "keepFiringFor": 0}

    played = watch.alerts.backtest(rule, BEGIN_MS, BEGIN_MS + 80 * MINUTE_MS)
    watch.clock.advance(60 * MINUTE_MS)
    later = watch.alerts.backtest(rule, BEGIN_MS, BEGIN_MS + 80 * MINUTE_MS)

    assert [step["to"] for step in played["transitions"]] == ["pending", "firing"]
    assert [(step["to"], step["at"][11:16]) for step in later["transitions"]][2:] == [("ok", "14:36")]


def test_few_samples_fire_nothing_in_the_past_either(watch):
    """A failure rate of three jobs, then of six."""
    record(watch, [1.0] * 24, name="jobs.failureRate")
    record(watch, [3.0] * 12 + [6.0] * 12, name="jobs.finished")
    rule = {**CONFIG, "condition": {"metric": "jobs.failureRate", "operator": ">", "threshold": 0.1}}

    played = watch.alerts.backtest(rule, BEGIN_MS, BEGIN_MS + 23 * RAW_MS)

    assert [(one["to"], one["at"][14:19]) for one in played["transitions"]] == [("firing", "33:00")]


@pytest.mark.parametrize("agg", ["avg", "sum", "count", "min", "max"])
def test_a_window_of_the_past_holds_what_it_held_when_it_was_now(agg):
    """For each aggregation, at every step of a walk over two series with gaps."""
    series, chance = MemorySeriesStore(), random.Random(3)
    for label in ("a", "b"):
        for number in range(100):
            if chance.random() < 0.7:
                value = chance.uniform(0, 9)
                series.record([Point("q", (("k", label),), BEGIN_MS + number * RAW_MS, value, 1, value, value)])
    asked = Asked(name="q", where={}, by=("k",), agg=agg, window_ms=MINUTE_MS, least=2)
    walk = Past(series).read(asked, BEGIN_MS + 2 * MINUTE_MS, BEGIN_MS + 6 * MINUTE_MS, NOW_MS)

    for place, at_ms in enumerate(walk.times):
        # A window up to a moment holds the step that the moment lies in, which is not yet full.
        then = Lately(series).read(replace(asked, window_ms=MINUTE_MS - RAW_MS), None, at_ms)
        for labels, line in walk.lines.items():
            assert line[place] == pytest.approx(then[labels]) if labels in then else line[place] is None


@pytest.mark.parametrize(
    ("rule", "from_ms", "field"),
    [
        ({**CONFIG, "cooldown": -1}, BEGIN_MS, "rule.cooldown"),
        ([], BEGIN_MS, "rule"),
        ({**CONFIG, "condition": {"event": "job_failed"}}, BEGIN_MS, "rule.condition"),
        (CONFIG, NOW_MS + 1, "from"),
        (CONFIG, NOW_MS - 31 * 86_400_000, "from"),
        ({**CONFIG, "aggregation": "p95"}, BEGIN_MS, "aggregation"),
    ],
)
def test_what_can_t_be_tested_is_named(watch, rule, from_ms, field):
    """By the field of the question."""
    with pytest.raises(InvalidInput) as refused:
        watch.alerts.backtest(rule, from_ms, NOW_MS)

    assert refused.value.field == field


def test_many_series_are_walked_in_wider_steps():
    """By the minute where 5 s would make too many figures."""
    series = MemorySeriesStore()
    number = MAX_CELLS // 720 + 1
    series.record(Point("q", (("k", str(n)),), BEGIN_MS, 1.0, 1, 1.0, 1.0) for n in range(number))
    asked = Asked(name="q", where={}, by=("k",), agg=None, window_ms=1)

    assert Past(series).read(asked, BEGIN_MS, BEGIN_MS + 60 * MINUTE_MS, NOW_MS).times.step == MINUTE_MS


def test_series_that_are_silent_in_the_span_cost_nothing(store):
    """A year of jobs makes the steps no wider; what began or ended in the span, or in the window before it, counts."""
    number, hour_ms = MAX_CELLS // 720 + 1, 60 * MINUTE_MS
    begin_ms, end_ms = BEGIN_MS - 24 * hour_ms, BEGIN_MS - 23 * hour_ms

    def point(name: str, at_ms: int) -> Point:
        return Point("q", (("k", name),), at_ms, 1.0, 1, 1.0, 1.0)

    for silent_ms in (begin_ms - 6 * hour_ms, end_ms + 6 * hour_ms):
        store.record([point(f"{silent_ms} {n}", silent_ms) for n in range(number)])
    store.record([point("before", begin_ms - MINUTE_MS), point("first", begin_ms), point("last", end_ms - RAW_MS)])
    asked = Asked(name="q", where={}, by=("k",), agg=None, window_ms=2 * MINUTE_MS)
    walk = Past(store).read(asked, begin_ms, end_ms, NOW_MS)

    assert walk.times.step == RAW_MS
    assert [dict(labels)["k"] for labels in walk.lines] == ["before", "first", "last"]


def test_a_counter_that_gained_nothing_in_the_span_is_at_zero(store):
    """As a rule sees it, if it was ever counted."""
    store.record([Point("errors", (("job", "a"),), BEGIN_MS - 86_400_000, 1.0, 1, 1.0, 1.0)])

    def read(name: str, by: tuple[str, ...] = ()):
        asked = Asked(name=name, where={}, by=by, agg=None, window_ms=MINUTE_MS)
        return Past(store).read(asked, BEGIN_MS, BEGIN_MS + MINUTE_MS, NOW_MS).lines

    assert set(read("errors")[()]) == {0.0}
    assert read("errors", by=("job",)) == read("items") == {}


@pytest.mark.parametrize(("window_ms", "days_ago"), [(30_000, 5), (5 * MINUTE_MS, 32)])
def test_a_window_that_can_t_be_told_any_more_is_refused(watch, window_ms, days_ago):
    """What is left of that time is kept by wider steps, which hold more than the window ever did."""
    record(watch, [20.0] * 12)
    rule = {**CONFIG, "window": window_ms, "aggregation": "sum"}
    from_ms = NOW_MS - days_ago * 86_400_000

    with pytest.raises(InvalidInput) as refused:
        watch.alerts.backtest(rule, from_ms, from_ms + 60 * MINUTE_MS)

    assert refused.value.field == "from"
    assert "window" in refused.value.detail
