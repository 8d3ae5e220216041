"""What a chart is made of: worked by hand, at each age and aggregation, gaps being gaps."""

from dataclasses import replace
from typing import Any

import pytest

from app.core.errors import InvalidInput
from app.metrics.resolution import MAX_POINTS, SHOWN_MS, Span, grid
from app.metrics.series import MAX_LINES, SeriesQuery, SeriesReader
from app.storage import sketches
from app.storage.base_series import HOUR_MS, MINUTE_MS, RAW_MS, STEPS_MS, Point
from app.storage.memory_series import MemorySeriesStore
from tests.fakes import StoppedClock

T = 500_000 * HOUR_MS
DAY_MS = 24 * HOUR_MS


def sample(at_ms: int, *values: float, name: str = "queue", **labels: str) -> Point:
    """Samples of a gauge within one moment."""
    sketch = sketches.of(values) if len(values) > 1 else b""
    carried = tuple(sorted(labels.items()))
    return Point(name, carried, at_ms, sum(values), len(values), min(values), max(values), sketch)


def gain(at_ms: int, value: float, **labels: str) -> Point:
    """What the counter `items` gained."""
    return Point("items", tuple(sorted(labels.items())), at_ms, value, int(value), 1.0, 1.0)


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock(T + 20_000)


@pytest.fixture
def store() -> MemorySeriesStore:
    return MemorySeriesStore()


@pytest.fixture
def reader(store: MemorySeriesStore, clock: StoppedClock) -> SeriesReader:
    return SeriesReader(store, clock)


def lines(reader: SeriesReader, name: str = "queue", **asked) -> dict[str, list[float | None]]:
    """The values of each line by the values of its labels; of 20 s if nothing else is asked."""
    query = SeriesQuery(name=name, **{"from_ms": T, "to_ms": T + 20_000, **asked})
    return {"/".join(line.labels.values()): [value for _, value in line.points] for line in reader.query(query).series}


@pytest.mark.parametrize(
    ("agg", "expected"),
    [
        (None, [5.0, None, 6.0, None]),
        ("avg", [5.0, None, 6.0, None]),
        ("min", [1.0, None, 6.0, None]),
        ("max", [10.0, None, 6.0, None]),
        ("sum", [20.0, None, 6.0, None]),
        ("count", [4.0, None, 1.0, None]),
    ],
)
def test_series_are_combined_sample_by_sample(store, reader, agg, expected):
    """1, 4 and 5 of one host and 10 of another within a step: 20 over 4 samples; a step without samples is a gap."""
    store.record([sample(T, 1, 4, 5, worker="a"), sample(T + 4_999, 10, worker="b"), sample(T + 10_000, 6, worker="a")])

    assert lines(reader, agg=agg) == {"": expected}


def test_quantiles_are_exact_where_each_bucket_holds_one_value(store, reader):
    """Of 1 to 10, each of another host: the fifth, and the ninth."""
    store.record([sample(T, float(n), worker=str(n)) for n in range(1, 11)])

    assert lines(reader, agg="p50")[""][0] == 5.0
    assert lines(reader, agg="p95")[""][0] == 9.0


def test_quantiles_of_many_values_are_within_one_percent(store, reader):
    """Of 1 to 100 in two buckets the median is 50."""
    store.record([sample(T, *range(1, 61), worker="a"), sample(T, *range(61, 101), worker="b")])

    assert lines(reader, agg="p50")[""][0] == pytest.approx(50, rel=0.01)
    assert lines(reader, agg="p99")[""][0] == pytest.approx(99, rel=0.01)


def test_values_stored_without_a_sketch_have_no_quantile(store, reader):
    """A bucket of an earlier version is a gap, and its mean is known all the same."""
    store.record([Point("queue", (), T, 6.0, 3, 1.0, 3.0), sample(T + 5_000, 2)])

    assert lines(reader, agg="p95") == {"": [None, 2.0, None, None]}
    assert lines(reader) == {"": [2.0, 2.0, None, None]}


def test_a_counter_gains_nothing_where_nothing_came(store, reader, clock):
    """0 from the first figure of any metric until now; before and after, nobody knows."""
    store.record([sample(T + 5_000, 1), gain(T + 10_000, 7, job="1")])
    clock.time_ms = T + 21_000

    assert lines(reader, "items", from_ms=T, to_ms=T + 30_000) == {"": [None, 0.0, 7.0, 0.0, 0.0, None]}
    assert lines(reader, "items", agg="avg", from_ms=T, to_ms=T + 20_000) == {"": [None, None, 1.0, None]}


def test_lines_are_told_apart_by_labels(store, reader):
    """In the order of their values; a series without the label is the empty one, one without a point none at all."""
    store.record([gain(T, 1, source="b"), gain(T, 2, source="a", job="1"), gain(T, 3, source="a", job="2")])
    store.record([gain(T, 4, job="3"), gain(T - HOUR_MS, 5, source="gone")])

    found = lines(reader, "items", by=("source",))
    assert {source: values[0] for source, values in found.items()} == {"": 4.0, "a": 5.0, "b": 1.0}
    assert list(lines(reader, "items", by=("source", "job"))) == ["/3", "a/1", "a/2", "b/"]
    assert lines(reader, "items", where={"source": "a"})[""][0] == 5.0


def test_lines_can_be_read_part_by_part(store, reader):
    """Some at a time, when they are asked for; together they are the whole answer."""
    store.record([gain(T, number, source=f"{number:02}", job=str(job)) for number in range(1, 8) for job in range(2)])
    asked = SeriesQuery(name="items", from_ms=T, to_ms=T + 10_000, by=("source",))
    head, parts = reader.parts(asked, 3)
    whole = reader.query(asked)
    first = next(parts)
    store.record([gain(T, 100, source="07", job="0")])
    rest = list(parts)

    assert (head.name, head.unit, head.step_ms, head.times) == (whole.name, whole.unit, whole.step_ms, whole.times)
    assert [len(part) for part in (first, *rest)] == [3, 3, 1]
    assert [*first, *rest[0]] == whole.series[:6]
    assert rest[1][0].points[0][1] == 114


def test_every_step_has_a_point(store, reader):
    """The first begins at or before the span and the last holds its end, each a step after the other."""
    store.record([sample(T, 1)])

    answer = reader.query(SeriesQuery(name="queue", from_ms=T + 1, to_ms=T + 70_001, step_ms=10_000))

    assert [at_ms - T for at_ms, _ in answer.series[0].points] == list(range(0, 80_000, 10_000))
    assert (answer.step_ms, answer.unit, list(answer.times)[:2]) == (10_000, "", [T, T + 10_000])


def test_the_unit_is_the_catalogue_s(store, reader):
    """A count has its own."""
    store.record([Point("system.memory.used", (), T, 6.0, 1, 6.0, 6.0, b"")])
    query: dict[str, Any] = {"name": "system.memory.used", "from_ms": T, "to_ms": T + 5_000}

    assert reader.query(SeriesQuery(**query)).unit == "bytes"
    assert reader.query(SeriesQuery(**query, agg="count")).unit == "count"


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("name", {"name": "unknown"}),
        ("agg", {"agg": "median"}),
        ("agg", {"name": "items", "agg": "p95"}),
        ("from", {"from_ms": T + 20_000}),
        ("from", {"from_ms": -MAX_POINTS * SHOWN_MS[-1]}),
        ("step", {"step_ms": 0}),
        ("step", {"step_ms": 7_000}),
        ("step", {"step_ms": SHOWN_MS[-1] + 5_000}),
        ("step", {"step_ms": 10**18}),
        ("step", {"step_ms": 5_000, "from_ms": T + 4_999 - (MAX_POINTS - 3) * 5_000, "to_ms": T + 15_001}),
        ("step", {"step_ms": 5_000, "from_ms": T - DAY_MS}),
        ("by", {"by": ("n",)}),
    ],
)
def test_what_cannot_be_answered_is_named(store, reader, field, asked):
    """By the field at fault."""
    store.record([sample(T, 1, n=str(number)) for number in range(MAX_LINES + 1)])

    with pytest.raises(InvalidInput) as caught:
        lines(reader, **{"name": "queue", **asked})

    assert caught.value.field == field


def test_a_metric_of_the_house_is_known_before_it_was_measured(reader):
    """No lines, and no error."""
    assert lines(reader, "items") == {}


def test_the_latest_is_read_finely_where_it_is_not_rolled_up_yet(store, reader, clock):
    """A chart of days shows the sample of a second ago, and each stretch follows on the one before."""
    store.record([sample(T - 40 * HOUR_MS, 3)])
    store.roll_up(T - 60 * HOUR_MS, T)
    store.record([sample(T + 19_000, 5)])
    over = grid(Span(from_ms=T - 10 * DAY_MS, to_ms=T + 20_000, step_ms=DAY_MS), clock.time_ms)

    stretches = list(over.stretches(clock.time_ms))
    assert [stretch.step_ms for stretch in stretches] == list(STEPS_MS[:0:-1])
    assert [one.to_ms for one in stretches[:-1]] == [other.from_ms for other in stretches[1:]]
    (values,) = lines(reader, from_ms=T - 10 * DAY_MS, step_ms=DAY_MS).values()
    assert [value for value in values if value is not None] == [3.0, 5.0]


def test_dead_series_do_not_make_a_chart_coarse(store, reader):
    """A thousand jobs of last week leave the last hour of the one that runs as fine as it would be alone."""
    store.record([gain(T - 7 * DAY_MS, 1, job=str(number)) for number in range(1_000)])
    store.record([gain(T, 1, job="now")])

    assert reader.query(SeriesQuery(name="items", from_ms=T - HOUR_MS, to_ms=T + 1)).step_ms == RAW_MS


def test_a_step_that_is_too_fine_for_so_many_series_is_refused(store, reader):
    """The quantiles of 200 hosts for an hour are 144,000 buckets; by the minute, or by parts, they are given."""
    for number in range(200):
        store.record([sample(T - HOUR_MS + minute * MINUTE_MS, 1, 2, n=str(number)) for minute in range(60)])
    asked = SeriesQuery(name="queue", from_ms=T - HOUR_MS, to_ms=T, step_ms=RAW_MS, agg="p95")

    with pytest.raises(InvalidInput) as caught:
        reader.query(asked)
    assert caught.value.field == "step"
    assert reader.query(replace(asked, step_ms=MINUTE_MS)).step_ms == MINUTE_MS
    assert reader.query(replace(asked, step_ms=None)).step_ms > RAW_MS
    assert reader.query(replace(asked, agg="max")).step_ms == RAW_MS
    assert [len(part) for part in reader.parts(asked)[1]] == [1]


@pytest.mark.parametrize(
    ("begin", "end"),
    [(-90 * MINUTE_MS + 25_000, -60 * MINUTE_MS + 25_000), (-30 * MINUTE_MS + 7, 20_000), (-47 * HOUR_MS + 35_000, 0)],
)
def test_an_exact_answer_counts_nothing_beside_its_span(store, reader, begin, end):
    """One a second, however wide its steps are and wherever they begin; a chart's steps are whole."""
    store.record([gain(T + at_ms, 5.0, job="1") for at_ms in range(-48 * HOUR_MS, 20_000, RAW_MS)])
    store.roll_up(T - 49 * HOUR_MS, T + 20_000)
    asked = SeriesQuery(name="items", from_ms=T + begin, to_ms=T + end, most=60, is_exact=True)
    exact, whole = (reader.query(one) for one in (asked, replace(asked, is_exact=False)))
    told, shown = (sum(value for _, value in one.series[0].points if value) for one in (exact, whole))

    assert exact.times == whole.times
    assert told == (end - begin) // 5_000 * 5
    assert shown > told


def test_what_ended_in_the_first_step_of_a_coarse_chart_is_counted(store, reader):
    """Steps of days begin at midnight, and so does what they tell."""
    store.record([gain(T - 9 * DAY_MS + HOUR_MS, 5, job="1"), gain(T - 5 * DAY_MS, 1, job="2")])
    store.roll_up(T - 10 * DAY_MS, T)

    found = lines(reader, "items", from_ms=T - 9 * DAY_MS + 5 * HOUR_MS, step_ms=DAY_MS)[""]
    assert sum(value for value in found if value) == 6


def test_a_chart_of_which_all_series_have_ended_is_a_line_of_nothing(store, reader):
    """It knows that they are there, and reads none of them; of what never was there is no line."""
    store.record([gain(T - DAY_MS, 1, source="a")])

    assert lines(reader, "items") == {"": [0.0, 0.0, 0.0, 0.0]}
    assert lines(reader, "items", where={"source": "a"}) == {"": [0.0, 0.0, 0.0, 0.0]}
    assert lines(reader, "items", where={"source": "b"}) == {}


def test_what_ended_in_the_first_minute_of_a_chart_is_counted(store, reader):
    """The span begins within a minute, in whose rest two hundred jobs made their last item; one goes on."""
    begin = T - HOUR_MS + 30_000
    store.record([gain(begin + 5_000, 1, job=str(number)) for number in range(200)])
    store.record([gain(begin + minute * MINUTE_MS, 1, job="now") for minute in range(60)])

    (line,) = reader.query(SeriesQuery(name="items", from_ms=begin, to_ms=T + 20_000)).series
    assert sum(value for _, value in line.points if value) == 260


def test_users_metrics_and_their_labels_are_listed(store, reader):
    """Those of the house are not among them."""
    store.record(
        [sample(T, 1, name="b", zone="2"), sample(T, 1, name="a"), gain(T, 1), sample(T, 1, name="b", zone="1")]
    )

    assert reader.names() == ["a", "b"]
    assert reader.label_values("b", 0) == {"zone": {"1", "2"}}
    assert reader.label_values("b", T + HOUR_MS) == {}
    assert reader.label_values("a", 0) == {}
