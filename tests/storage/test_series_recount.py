"""Charts equal a recount of the samples by hand: any samples, in any order and batches, at any step, on every store."""

import itertools
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.metrics.series import AGGREGATIONS, SeriesQuery, SeriesReader
from app.storage import sketches
from app.storage.base_series import HOUR_MS, MINUTE_MS, RAW_MS, STEPS_MS, Cells, Point, SeriesStore, Stretch
from app.storage.mongo.series import MongoSeriesStore
from app.storage.sql.series import SqlSeriesStore
from tests.fakes import StoppedClock

T = 500_000 * HOUR_MS
LENGTH_MS = 8 * HOUR_MS
NOW_MS = T + LENGTH_MS
EVER = Stretch(RAW_MS, 0, 2 * T)
SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
names = itertools.count(1)


class Sample(NamedTuple):
    """A value of a series at a time."""

    worker: str
    zone: str
    at_ms: int
    value: float


SAMPLES = st.lists(
    st.builds(
        Sample,
        st.sampled_from("abc"),
        st.sampled_from("xy"),
        # Mostly close together, so that buckets hold several, and some of them in the last minutes.
        st.one_of(st.integers(T, NOW_MS - 1), st.integers(T + HOUR_MS, T + HOUR_MS + 90_000))
        | st.integers(NOW_MS - 200_000, NOW_MS - 1),
        st.one_of(st.integers(-50, 50).map(float), st.floats(0.001, 1e9)),
    ),
    min_size=1,
    max_size=60,
)
ASKED = st.tuples(
    st.sampled_from([RAW_MS, 15_000, MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS]),
    st.sampled_from(AGGREGATIONS),
    st.sampled_from([(), ("worker",), ("zone",), ("zone", "worker")]),
    st.integers(T - HOUR_MS, NOW_MS - 1),
    st.integers(1, LENGTH_MS),
)


SEEN = st.tuples(
    st.sampled_from([HOUR_MS, 3 * HOUR_MS]), st.sampled_from([(), ("zone",)]), st.integers(T - HOUR_MS, NOW_MS - 1)
)


def examples(most: int, *strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A test of a store over so many examples, a third on Postgres, whose queries are those of SQLite; over a few where
    a slow stand-in speaks for the store's own server.
    """

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        def run(store: SeriesStore) -> None:
            is_postgres = isinstance(store, SqlSeriesStore) and not store._database.is_sqlite
            few = 3 if isinstance(store, MongoSeriesStore) else most // 3 if is_postgres else most

            @settings(max_examples=few, deadline=None)
            @given(st.tuples(*strategies))
            def holds(drawn: tuple[Any, ...]) -> None:
                test(store, *drawn)

            holds()

        run.__name__, run.__doc__ = test.__name__, test.__doc__
        return run

    return decorate


def point(name: str, sample: Sample) -> Point:
    labels = (("worker", sample.worker), ("zone", sample.zone))
    return Point(name, labels, sample.at_ms, sample.value, 1, sample.value, sample.value, b"")


def fill(store: SeriesStore, samples: Sequence[Sample], batches: int) -> str:
    """Record the samples under a new name, rolling up between the batches."""
    name = f"queue {next(names)}"
    for start in range(batches):
        store.record([point(name, sample) for sample in samples[start::batches]])
        store.roll_up(T, NOW_MS)
    return name


def recount(values: Sequence[float], agg: str) -> float:
    """The figure from the values themselves."""
    if agg in SHARES:
        return sorted(values)[int(SHARES[agg] * (len(values) - 1))]
    total = sum(values)
    return {"avg": total / len(values), "min": min(values), "max": max(values), "sum": total, "count": len(values)}[agg]


@examples(30, SAMPLES, st.integers(1, 4), st.lists(ASKED, min_size=1, max_size=6))
def test_any_chart_equals_a_recount(store, samples, batches, asked):
    """Each point of each line, and no others; quantiles within 1 %."""
    name = fill(store, samples, batches)
    reader = SeriesReader(store, StoppedClock(NOW_MS))
    for step_ms, agg, by, from_ms, length in asked:
        query = SeriesQuery(
            name=name,
            agg=agg,
            by=by,
            step_ms=step_ms,
            from_ms=from_ms,
            to_ms=min(NOW_MS, from_ms + length),
            most=10_000,
        )
        expected: dict[tuple[str, ...], dict[int, list[float]]] = {}
        for sample in samples:
            at_ms = sample.at_ms - sample.at_ms % step_ms
            if from_ms - from_ms % step_ms <= at_ms < query.to_ms:
                key = tuple(getattr(sample, label) for label in by)
                expected.setdefault(key, {}).setdefault(at_ms, []).append(sample.value)

        found = {
            tuple(line.labels.values()): {at_ms: value for at_ms, value in line.points if value is not None}
            for line in reader.query(query).series
        }

        assert {key: slots.keys() for key, slots in found.items() if slots} == {
            key: slots.keys() for key, slots in expected.items()
        }
        for key, slots in expected.items():
            for at_ms, values in slots.items():
                true = recount(values, agg)
                error = sketches.ERROR if agg in SHARES else 1e-9
                assert found[key][at_ms] == pytest.approx(true, rel=error * 1.0001, abs=1e-3), (key, at_ms, values)


@examples(20, SAMPLES, st.integers(2, 4), st.lists(SEEN, min_size=1, max_size=3))
def test_what_was_shown_before_makes_no_difference(store, samples, batches, seen):
    """Samples come late into what somebody has seen already: who looks again sees what a newcomer sees."""
    name = f"queue {next(names)}"
    clock = StoppedClock(NOW_MS)
    reader = SeriesReader(store, clock)
    for start in range(batches):
        store.record([point(name, sample) for sample in samples[start::batches]])
        if start % 2:  # what was shown by minutes is now shown by hours
            store.roll_up(T, NOW_MS)
        for step_ms, by, from_ms in seen:
            query = SeriesQuery(name=name, agg="p95", by=by, step_ms=step_ms, from_ms=from_ms, to_ms=NOW_MS)
            assert reader.query(query) == SeriesReader(store, clock).query(query)


@examples(12, SAMPLES, st.integers(2, 4))
def test_batches_and_late_samples_make_no_difference(store, samples, batches):
    """Buckets of every resolution, sketches included, are those of samples that came all at once."""
    late, at_once = fill(store, samples, batches), fill(store, sorted(samples, key=lambda each: each.at_ms), 1)
    store.roll_up(T, NOW_MS)

    for step_ms in STEPS_MS:
        kept = [buckets_of(store, name, step_ms) for name in (late, at_once)]
        assert kept[0] == kept[1]


def buckets_of(store: SeriesStore, name: str, step_ms: int) -> list[object]:
    """What the store holds of each series at each time; sums only as closely as floats can be added up."""
    series = {labels: place for place, labels in enumerate(store.find(name, {}))}
    within, cells = [Stretch(step_ms, 0, 2 * T)], Cells(0, step_ms, 2 * T // step_ms)
    spread = [
        (cell, sketches.counted([(sketch, total)]))
        for cell, sketch, total in store.sketched(name, series, within, cells)
    ]
    figures = [
        (cell, pytest.approx(total, rel=1e-9, abs=1e-3), *rest)
        for cell, total, *rest in store.combine(name, series, within, cells)
    ]
    return [sorted(spread, key=itemgetter(0)), sorted(figures, key=itemgetter(0))]
