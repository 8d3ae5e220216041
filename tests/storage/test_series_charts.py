"""What charts ask of a series store: one suite over SQLite, Postgres, memory and Redis."""

import pytest

from app.storage import sketches
from app.storage.base_series import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    QUARTER_DAY_MS,
    QUARTER_HOUR_MS,
    RAW_MS,
    STEPS_MS,
    Bucket,
    Cells,
    Point,
    Stretch,
)
from app.storage.labels import encode, series_number
from app.storage.sql.database import Database
from app.storage.sql.series import SqlSeriesStore
from app.storage.sql.series_points import held_statement
from app.storage.sql.series_tables import NAMES, buckets
from scrapewatch.events import MAX_SAFE_INTEGER

T = 500_000 * HOUR_MS
EBAY = (("job", "1"), ("source", "ebay.com"))
ETSY = (("job", "2"), ("source", "etsy.com"))
EVER = {"from_ms": 0, "to_ms": T + 1_000 * HOUR_MS}


def point(at_ms: int, value: float = 1.0, labels=EBAY, name: str = "items") -> Point:
    """A point of one sample."""
    return Point(name, labels, at_ms, value, 1, value, value)


def gauge(at_ms: int, value: float) -> Point:
    """A sample of a gauge."""
    return Point("queue", EBAY, at_ms, value, 1, value, value, b"")


def test_hours_are_rolled_up_over_quarters_to_quarters_of_days(store):
    """Each is the sum of the finer ones that lie in it; an hour at ten is in the quarter of a day from six."""
    begin = T - T % QUARTER_DAY_MS
    store.record([point(begin + at_ms) for at_ms in (0, 14 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 5 * HOUR_MS)])

    store.roll_up(begin, begin + 6 * HOUR_MS)

    found = {step_ms: store.read("items", {}, **EVER, step_ms=step_ms)[EBAY] for step_ms in STEPS_MS[2:]}
    assert [bucket.count for bucket in found[QUARTER_HOUR_MS]] == [2, 1, 1, 1]
    assert [bucket.count for bucket in found[HOUR_MS]] == [3, 1, 1]
    assert found[QUARTER_DAY_MS] == [Bucket(begin, 5.0, 5, 1.0, 1.0)]
    assert found[DAY_MS] == [Bucket(begin - begin % DAY_MS, 5.0, 5, 1.0, 1.0)]


def test_hours_that_points_came_into_are_rolled_up_wherever_they_lie(store):
    """One of three days ago and two in a row before it, to which more is added later; not the present one."""
    store.record([point(T + days * DAY_MS) for days in (-3, -9, 0)] + [point(T - 9 * DAY_MS - HOUR_MS)])
    store.catch_up(T)
    store.record([point(T - 9 * DAY_MS + MINUTE_MS)])
    store.catch_up(T)

    found = [store.read("items", {}, **EVER, step_ms=step_ms)[EBAY] for step_ms in (HOUR_MS, DAY_MS)]
    assert [bucket.count for bucket in found[0]] == [1, 2, 1]
    assert sum(bucket.count for bucket in found[1]) == 4


def test_sketches_are_kept_of_gauges_only(store):
    """A counter's points come without one, and so its buckets have none, rolled up or not."""
    store.record([gauge(T, 1), point(T), gauge(T, 2), point(T)])
    store.roll_up(T, T + HOUR_MS)

    for step_ms in STEPS_MS[:4]:
        within = [Stretch(step_ms, T, T + 1)]
        cells = Cells(T, step_ms, 1)
        assert store.sketched("queue", {EBAY: 0}, within, cells) == [(0, sketches.of([1, 2]), 3.0)]
        assert store.sketched("items", {EBAY: 0}, within, cells) == [(0, None, 2.0)]


def test_a_single_value_is_its_own_sketch(store):
    """Nothing is written beside it until the second comes."""
    store.record([gauge(T, 4)])

    assert store.sketched("queue", {EBAY: 7}, [Stretch(RAW_MS, T, T + 1)], Cells(T, RAW_MS, 1)) == [(7, b"", 4.0)]


def test_what_an_earlier_version_wrote_stays_without_a_sketch(store):
    """A bucket of two values of which nobody knows the one is not made up, whatever comes on top."""
    store.record([Point("queue", EBAY, T, 3.0, 2, 1.0, 2.0)])
    store.record([gauge(T, 4)])

    assert store.sketched("queue", {EBAY: 0}, [Stretch(RAW_MS, T, T + 1)], Cells(T, RAW_MS, 1)) == [(0, None, 7.0)]


def test_groups_are_combined_by_the_store(store):
    """Two series of one group and one of another, over minutes that become three of five."""
    store.record([point(T + minute * MINUTE_MS, minute + 1) for minute in range(10)])
    store.record([point(T, 100, labels=ETSY), point(T, 1_000, labels=())])

    within = [Stretch(MINUTE_MS, T, T + 7 * MINUTE_MS)]
    found = store.combine("items", {EBAY: 3, ETSY: 3, (): 5}, within, Cells(T, 5 * MINUTE_MS, 2))

    assert sorted(found) == [
        (6, 115.0, 6, 1.0, 100.0),
        (7, 13.0, 2, 6.0, 7.0),
        (10, 1_000.0, 1, 1_000.0, 1_000.0),
    ]
    assert store.combine("items", {EBAY: 0}, within, Cells(T, HOUR_MS, 1), ("max", "sum")) == [(0, 7.0, 28.0)]


def test_counts_that_are_full_can_be_combined(store):
    """More series of the greatest count than a 64-bit number can add up are no error."""
    series = [(("n", str(number)),) for number in range(1_100)]
    store.record([Point("items", labels, T, 1.0, MAX_SAFE_INTEGER, 1.0, 1.0) for labels in series])

    within, cells = [Stretch(RAW_MS, T, T + 1)], Cells(T, RAW_MS, 1)
    ((_, total, count),) = store.combine("items", dict.fromkeys(series, 0), within, cells, ("sum", "count"))
    assert total == 1_100.0
    assert count >= MAX_SAFE_INTEGER


def test_the_living_are_told_from_the_dead(store):
    """Of three series, the two that have a bucket within the stretch."""
    store.record([point(T), point(T + MINUTE_MS, labels=ETSY), point(T + 2 * MINUTE_MS, labels=())])

    living = store.alive("items", [(), EBAY, ETSY], Stretch(MINUTE_MS, T, T + 2 * MINUTE_MS))
    assert living == [EBAY, ETSY]


def test_series_and_their_names_are_listed(store):
    """In order; labels asked for must be carried."""
    store.record([point(T, labels=ETSY), point(T), point(T, name="errors")])

    assert store.names() == ["errors", "items"]
    assert store.find("items", {}) == [EBAY, ETSY]
    assert store.find("items", {"source": "etsy.com"}) == [ETSY]
    assert store.find("other", {}) == []


def test_series_that_ended_before_are_passed_over(store):
    """By the hour of their newest value, however it came: an older one changes nothing."""
    store.record([point(T + 59 * MINUTE_MS), point(T + HOUR_MS, labels=ETSY)])
    store.record([point(T + 2 * HOUR_MS, labels=()), point(T - DAY_MS, labels=ETSY), point(T - DAY_MS, labels=())])

    assert store.find("items", {}, T + 59 * MINUTE_MS) == [(), EBAY, ETSY]
    assert store.find("items", {}, T + HOUR_MS) == [(), ETSY]
    assert store.find("items", {"source": "ebay.com"}, T + HOUR_MS) == []
    assert store.find("items", {"job": "2", "source": "etsy.com"}, T + HOUR_MS) == [ETSY]


def test_labels_are_compared_whole_and_as_they_are(store):
    """Neither case, nor what is a mark to the database, nor a part of a value matches."""
    odd = (("source", 'a%_"b'),)
    store.record([point(T, labels=odd), point(T, labels=(("source", "A"),)), point(T)])

    assert store.find("items", {"source": 'a%_"b'}) == [odd]
    assert [store.find("items", {"source": source}) for source in ("a", "a%", "ebay")] == [[], [], []]
    assert store.has("items", {"job": "1", "source": "ebay.com"})
    assert not store.has("items", {"source": "EBAY.com"})
    assert not store.has("errors", {})


def test_the_oldest_figure_is_known_as_finely_as_it_is_kept(store):
    """To five seconds while raw figures are there, to the hour when only those are left."""
    assert store.since() is None
    store.record([point(T + MINUTE_MS + 5_000), point(T + 10 * HOUR_MS)])
    store.roll_up(T, T + 11 * HOUR_MS)
    assert store.since() == T + MINUTE_MS + 5_000

    store.prune(raw_before_ms=T + HOUR_MS, minutes_before_ms=T + HOUR_MS, hours_before_ms=T)
    assert store.since() == T


def test_raw_figures_of_an_earlier_version_go_in_time(database_url: str):
    """It wrote them at ten seconds, which nobody reads any more."""
    database = Database(database_url)
    store = SqlSeriesStore(database)
    store.record([point(T + HOUR_MS)])
    row = {"series_id": series_number("items", encode(EBAY)), "step_ms": 10_000, "at_ms": T}
    figures = {"sum": 1.0, "count": 1, "min": 1.0, "max": 1.0}
    database.write(lambda connection: connection.execute(buckets.insert().values(**row, **figures)))

    assert store.prune(raw_before_ms=T + 1, minutes_before_ms=T + 1, hours_before_ms=T + 1) == 1
    database.close()


@pytest.mark.parametrize(
    ("statement", "searched"),
    [
        (str(NAMES), "(name>?)"),
        ("SELECT labels, last_ms FROM series WHERE name = 'x' ORDER BY last_ms DESC LIMIT 9", "(name=?)"),
    ],
    ids=["names", "newest"],
)
def test_what_there_is_of_series_is_read_by_an_index(sqlite_url: str, statement: str, searched: str):
    """However many there are, none but those asked for is looked at, and nothing is sorted."""
    database = Database(sqlite_url)
    plan = database.read(lambda connection: connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}").all())
    database.close()

    steps = [row[3] for row in plan]
    assert [step for step in steps if step.startswith("SEARCH s") and searched in step and "INDEX" in step]
    assert not [step for step in steps if step.startswith("SCAN s") or "TEMP B-TREE" in step]


def test_buckets_are_read_by_their_key_before_they_are_merged(sqlite_url: str):
    """However many there are, SQLite looks at those alone that are written to."""
    database = Database(sqlite_url)
    explained = f"EXPLAIN QUERY PLAN {held_statement('(?, ?, ?)', 2)}"
    plan = database.read(lambda connection: connection.exec_driver_sql(explained, (1, RAW_MS, T) * 2).all())
    database.close()

    assert [row[3] for row in plan if row[3].startswith(("SCAN b", "SEARCH b"))] == [
        "SEARCH b USING PRIMARY KEY (series_id=? AND step_ms=? AND at_ms=?)"
    ]
