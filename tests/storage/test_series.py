"""Every series store keeps the same promises: one suite over SQLite, Postgres, memory, Redis, MongoDB."""

import pytest
from sqlalchemy import func, select

from app.storage.base_series import (
    HOUR_MS,
    MINUTE_MS,
    RAW_MS,
    STEPS_MS,
    Bucket,
    Point,
)
from app.storage.labels import decode, encode, series_number
from app.storage.memory_series import MemorySeriesStore
from app.storage.mongo.series import MongoSeriesStore
from app.storage.sql.database import Database
from app.storage.sql.series import SqlSeriesStore
from app.storage.sql.series_points import merge_points
from app.storage.sql.series_tables import series

T = 500_000 * HOUR_MS
EBAY = (("job", "1"), ("source", "ebay.com"))
ETSY = (("job", "2"), ("source", "etsy.com"))
EVER = {"from_ms": 0, "to_ms": T + 1_000 * HOUR_MS}


def point(at_ms: int, value: float = 1.0, labels=EBAY, name: str = "items") -> Point:
    """A point of one sample."""
    return Point(name, labels, at_ms, value, 1, value, value)


def test_points_are_merged_into_their_buckets(store):
    """3 and −1 lie in one slot of five seconds, 5 in the next; one minute holds all three."""
    store.record([point(T + 1, 3), point(T + 4_999, -1)])
    store.record([point(T + 5_000, 5)])

    assert store.read("items", {}, **EVER, step_ms=RAW_MS) == {
        EBAY: [Bucket(T, 2.0, 2, -1.0, 3.0), Bucket(T + 5_000, 5.0, 1, 5.0, 5.0)]
    }
    assert store.read("items", {}, **EVER, step_ms=MINUTE_MS) == {EBAY: [Bucket(T, 7.0, 3, -1.0, 5.0)]}


def test_a_bucket_may_grow_from_both_sides(store):
    """Least and greatest hold over several commits."""
    for value in (5, 2, 9, 4):
        store.record([point(T, value)])

    assert store.read("items", {}, **EVER, step_ms=RAW_MS) == {EBAY: [Bucket(T, 20.0, 4, 2.0, 9.0)]}


def test_nothing_to_record_is_no_fault(store):
    """An empty batch leaves the store as it is."""
    store.record([])

    assert store.read("items", {}, **EVER, step_ms=RAW_MS) == {}


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        ({}, {EBAY, ETSY, ()}),
        ({"job": "1"}, {EBAY}),
        ({"source": "etsy.com"}, {ETSY}),
        ({"job": "1", "source": "ebay.com"}, {EBAY}),
        ({"job": "1", "source": "etsy.com"}, set()),
        ({"proxy": "eu"}, set()),
    ],
    ids=["all", "job", "source", "job and source", "another job's source", "unknown label"],
)
def test_series_are_found_by_any_of_their_labels(store, labels, found):
    """A series is read when it carries all labels asked for, whatever else it carries."""
    store.record([point(T), point(T, labels=ETSY), point(T, labels=()), point(T, name="errors")])

    assert store.read("items", labels, **EVER, step_ms=RAW_MS).keys() == found


def test_the_newest_series_of_a_name_come_first(store):
    """With the hour of their newest bucket, and no more of them than are asked for, and of a span only its own."""
    store.record([point(T + 1), point(T + 3 * HOUR_MS + 1, labels=ETSY), point(T + HOUR_MS, labels=())])
    store.record([point(T + 2, labels=ETSY), point(T, name="errors")])

    assert store.newest("items", 9) == [(ETSY, T + 3 * HOUR_MS), ((), T + HOUR_MS), (EBAY, T)]
    assert store.newest("items", 1) == [(ETSY, T + 3 * HOUR_MS)]
    assert store.newest("none", 9) == []
    assert store.newest("items", 9, since_ms=T + HOUR_MS) == [(ETSY, T + 3 * HOUR_MS), ((), T + HOUR_MS)]
    assert store.newest("items", 9, since_ms=T, before_ms=T + HOUR_MS) == [(EBAY, T)]
    assert store.newest("items", 1, before_ms=T + 3 * HOUR_MS) == [((), T + HOUR_MS)]


def test_names_are_told_once_and_in_order(store):
    """However many series have them."""
    assert store.names() == []
    store.record([point(T), point(T, labels=ETSY), point(T, name="errors"), point(T, name="été")])

    assert store.names() == sorted(["errors", "items", "été"])


def test_a_job_is_not_taken_for_one_whose_name_it_begins(store):
    """Job 1 is neither 10 nor `1","x`, and labels of any script come back as they were."""
    odd = [(("job", name), ("été", "夏 \"'\\ 🍂")) for name in ("1", "10", '1","x', "~")]
    store.record([point(T, labels=tuple(sorted(labels))) for labels in odd])

    for labels in odd:
        assert list(store.read("items", {"job": labels[0][1]}, **EVER, step_ms=RAW_MS)) == [tuple(sorted(labels))]


def test_a_span_holds_its_beginning_and_not_its_end(store):
    """Of three slots, the span from the first to the third has two, oldest first."""
    store.record([point(T + slot * RAW_MS, slot) for slot in (2, 0, 1)])

    (found,) = store.read("items", {}, from_ms=T, to_ms=T + 2 * RAW_MS, step_ms=RAW_MS).values()
    assert [bucket.sum for bucket in found] == [0.0, 1.0]


def test_hours_are_made_of_their_minutes(store):
    """Three minutes of one hour and one of the next, of two series; rolled up twice as well as once."""
    store.record([point(T, 1), point(T + MINUTE_MS, 2), point(T + HOUR_MS - 1, 3), point(T + HOUR_MS, 4)])
    store.record([point(T, 7, labels=ETSY)])

    for _ in range(2):
        store.roll_up(T - HOUR_MS, T + HOUR_MS + 1)

    assert store.read("items", {}, **EVER, step_ms=HOUR_MS) == {
        EBAY: [Bucket(T, 6.0, 3, 1.0, 3.0), Bucket(T + HOUR_MS, 4.0, 1, 4.0, 4.0)],
        ETSY: [Bucket(T, 7.0, 1, 7.0, 7.0)],
    }


def test_only_hours_that_begin_within_the_span_are_rolled_up(store):
    """A span from half past one to half past three makes the hours of two and three."""
    store.record([point(T + hour * HOUR_MS) for hour in range(5)])

    store.roll_up(T + HOUR_MS + HOUR_MS // 2, T + 3 * HOUR_MS + HOUR_MS // 2)

    (found,) = store.read("items", {}, **EVER, step_ms=HOUR_MS).values()
    assert [(bucket.at_ms - T) // HOUR_MS for bucket in found] == [2, 3]


def test_an_hour_grows_with_what_comes_late(store):
    """An event replayed after the roll-up is in the hour after the next one."""
    store.record([point(T)])
    store.roll_up(T, T + HOUR_MS)
    store.record([point(T + MINUTE_MS, 5)])
    store.roll_up(T, T + HOUR_MS)

    assert store.read("items", {}, **EVER, step_ms=HOUR_MS) == {EBAY: [Bucket(T, 6.0, 2, 1.0, 5.0)]}


def test_an_hour_outlives_its_minutes(store):
    """Rolled up again after its minutes were pruned, even with a straggler, an hour loses nothing."""
    store.record([point(T), point(T + MINUTE_MS)])
    store.roll_up(T, T + HOUR_MS)
    store.prune(raw_before_ms=T + HOUR_MS, minutes_before_ms=T + HOUR_MS, hours_before_ms=0)
    store.record([point(T + 2 * MINUTE_MS)])
    store.roll_up(T, T + HOUR_MS)

    assert store.read("items", {}, **EVER, step_ms=HOUR_MS) == {EBAY: [Bucket(T, 2.0, 2, 1.0, 1.0)]}


def test_each_resolution_is_pruned_by_its_own_age(store):
    """Of three hours: raw from the third on, minutes and quarters from the second on, hours all are left; 6 went.

    The last two are the day and the quarter of it that begin before them.
    """
    store.record([point(T + hour * HOUR_MS) for hour in range(3)])
    store.roll_up(T, T + 3 * HOUR_MS)

    gone = store.prune(raw_before_ms=T + 2 * HOUR_MS, minutes_before_ms=T + HOUR_MS, hours_before_ms=T)

    kept = [store.read("items", {}, **EVER, step_ms=step_ms) for step_ms in STEPS_MS]
    assert gone == 6
    assert [len(found.get(EBAY, ())) for found in kept] == [1, 2, 2, 3, 0, 0]


def test_a_pruned_series_can_begin_again(store):
    """When all its buckets went the series is gone, and recording to it is no fault."""
    store.record([point(T)])
    assert store.prune(raw_before_ms=T + 1, minutes_before_ms=T + 1, hours_before_ms=T + 1) == 2
    assert store.read("items", {}, **EVER, step_ms=RAW_MS) == {}

    store.record([point(T, 4)])

    assert store.read("items", {}, **EVER, step_ms=RAW_MS) == {EBAY: [Bucket(T, 4.0, 1, 4.0, 4.0)]}


def test_pruning_goes_in_slices_to_its_end(store, monkeypatch):
    """Thousands of old buckets go, also where more than a slice share one time; the one that is young stays."""
    many = 5_500
    if isinstance(store, MongoSeriesStore):  # for which a slow stand-in speaks in the tests
        monkeypatch.setattr("app.storage.mongo.series._SLICE", 100)
        many = 220
    one_time = [point(T, labels=(("n", str(number)),)) for number in range(many)]
    many_times = [point(T + slot * RAW_MS, name="many") for slot in range(500)]
    store.record([*one_time, *many_times, point(T + HOUR_MS * 10)])

    edge = T + HOUR_MS * 5
    gone = store.prune(raw_before_ms=edge, minutes_before_ms=edge, hours_before_ms=edge)

    assert gone == 2 * many + 500 + 42  # 500 slots of 5 s touch 42 minutes
    assert store.read("items", {}, **EVER, step_ms=RAW_MS).keys() == {EBAY}
    assert store.read("many", {}, **EVER, step_ms=RAW_MS) == {}


def test_points_of_a_rolled_back_transaction_leave_nothing(database_url: str):
    """Neither buckets nor a memory of the series: the next transaction writes both."""
    database = Database(database_url)

    def failing(connection) -> None:
        merge_points(connection, [point(T)])
        raise RuntimeError("the batch is refused")

    with pytest.raises(RuntimeError):
        database.write(failing)
    assert database.read(lambda connection: connection.scalar(select(func.count()).select_from(series))) == 0

    store = SqlSeriesStore(database)
    store.record([point(T)])
    assert store.read("items", {}, **EVER, step_ms=RAW_MS) == {EBAY: [Bucket(T, 1.0, 1, 1.0, 1.0)]}
    database.close()


def test_series_without_buckets_are_forgotten(database_url: str):
    """A million past jobs leave no names behind once their figures have gone."""
    database = Database(database_url)
    store = SqlSeriesStore(database)
    store.record([point(T), point(T + HOUR_MS, labels=ETSY)])

    store.prune(raw_before_ms=T + 1, minutes_before_ms=T + 1, hours_before_ms=T + 1)

    assert database.read(lambda connection: connection.scalars(select(series.c.labels)).all()) == [encode(ETSY)]
    database.close()


def test_a_series_has_the_same_number_everywhere():
    """It hangs on name and labels alone, fits a signed 64-bit column, and labels survive their encoding."""
    assert series_number("items", encode(EBAY)) == series_number("items", encode(EBAY[::-1]))
    assert series_number("items", encode(EBAY)) != series_number("errors", encode(EBAY))
    assert all(0 <= series_number(str(number), "[]") < 2**63 for number in range(1_000))
    assert decode(encode((("a", "1"), ("job", "2")))) == (("a", "1"), ("job", "2"))


def test_memory_is_bounded():
    """Beyond its bound the series written to longest ago goes, whole."""
    store = MemorySeriesStore(max_buckets=4)
    for name in ("a", "b", "a", "c"):
        store.record([point(T, name=name)])

    assert [bool(store.read(name, {}, **EVER, step_ms=RAW_MS)) for name in "abc"] == [True, False, True]
