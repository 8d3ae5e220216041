"""How long things are kept."""

from app.jobs.grouping import Grouping
from app.storage.base import EventFilter
from app.storage.base_series import DAY_MS, HOUR_MS, MINUTE_MS, QUARTER_DAY_MS, RAW_MS, Point
from app.storage.memory import MemoryEventStore
from app.storage.memory_groups import MemoryGroupStore
from app.storage.memory_series import MemorySeriesStore
from app.storage.retention import Retention
from app.storage.sql.database import Database
from app.storage.sql.series import SqlSeriesStore
from tests.fakes import NOW_MS, StoppedClock, event, no_fold

EVER = {"from_ms": 0, "to_ms": 2 * NOW_MS}


def kept(clock: StoppedClock, metrics_days: int = 90) -> tuple[MemoryEventStore, MemorySeriesStore, Retention]:
    """Two stores and what cleans them."""
    events, series = MemoryEventStore(clock, list), MemorySeriesStore()
    return events, series, Retention(events, series, MemoryGroupStore(events), clock, 30, 14, metrics_days)


def test_events_and_logs_go_by_their_own_age():
    """After 20 days a log of the first day is gone and an item is not; after 31 both are."""
    clock = StoppedClock()
    events, _, retention = kept(clock)
    events.append([event("log", data={"message": "old"}), event()], no_fold)

    clock.advance(20 * DAY_MS)
    assert retention.clean_up() == 1
    assert [found.type for found in events.events(EventFilter())] == ["item_scraped"]
    clock.advance(11 * DAY_MS)
    assert retention.clean_up() == 1
    assert events.events(EventFilter()) == []


def test_groups_of_errors_go_with_the_events():
    """Those last seen before what is kept, and no others."""
    clock = StoppedClock()
    events, _, retention = kept(clock)
    events.append([event("error", data={"message": "a"})], no_fold)
    clock.advance(20 * DAY_MS)
    events.append([event("error", data={"message": "b"}, at_ms=clock.now_ms())], no_fold)
    Grouping(events, retention.groups).look()

    clock.advance(11 * DAY_MS)
    assert retention.clean_up() == 2
    assert [group.title for group in retention.groups.of_job("123")] == ["b"]


def test_thousands_of_old_events_go_in_one_clean_up():
    """Slice after slice, until none is left."""
    clock = StoppedClock()
    events, _, retention = kept(clock)
    events.append([event() for _ in range(2_500)], no_fold)
    clock.advance(31 * DAY_MS)

    told: list[int] = []
    assert retention.clean_up(told.append) == told[-1] == 2_500
    assert told == [*range(0, 2_501, 500)]


def test_series_become_coarser_with_age():
    """Raw for two days, minutes for thirty, hours for as long as the setting says, and their sum stays the same."""
    clock = StoppedClock()
    _, series, retention = kept(clock)
    series.record([Point("items", (), NOW_MS, 5.0, 5, 1.0, 1.0)])
    seen = {}
    for day in (1, 3, 31, 91):
        clock.time_ms = NOW_MS + day * DAY_MS
        retention.clean_up()
        steps = (RAW_MS, MINUTE_MS, HOUR_MS)
        found = [series.read("items", {}, **EVER, step_ms=step_ms) for step_ms in steps]
        seen[day] = [sum(bucket.sum for some in one.values() for bucket in some) for one in found]

    assert seen == {1: [5, 5, 5], 3: [0, 5, 5], 31: [0, 0, 5], 91: [0, 0, 0]}


def test_what_came_late_is_in_the_hours_before_its_minutes_go():
    """An event of 29 days ago, replayed now, is in its hour when its minute is pruned."""
    clock = StoppedClock()
    _, series, retention = kept(clock)
    series.record([Point("items", (), NOW_MS - 29 * DAY_MS, 5.0, 5, 1.0, 1.0)])

    clock.advance(DAY_MS + HOUR_MS)
    retention.clean_up()

    assert series.read("items", {}, **EVER, step_ms=MINUTE_MS) == {}
    ((hour,),) = series.read("items", {}, **EVER, step_ms=HOUR_MS).values()
    assert hour.sum == 5


def test_what_is_replayed_after_an_outage_is_in_the_hours_at_the_next_turn():
    """Half an hour of three days ago, of which nothing else is told since."""
    clock = StoppedClock()
    _, series, retention = kept(clock)
    retention.roll_up()
    series.record([Point("items", (), NOW_MS - 3 * DAY_MS + at_ms, 5.0, 5, 1.0, 1.0) for at_ms in (0, 1_800_000)])

    retention.roll_up()

    for step_ms in (HOUR_MS, QUARTER_DAY_MS, DAY_MS):
        (buckets,) = series.read("items", {}, **EVER, step_ms=step_ms).values()
        assert sum(bucket.sum for bucket in buckets) == 10


def test_a_replay_that_a_killed_server_stored_is_in_the_hours_within_a_day(sqlite_url):
    """Whoever looks afterwards has never recorded it."""
    clock = StoppedClock()
    database = Database(sqlite_url)
    SqlSeriesStore(database).record([Point("items", (), NOW_MS - 9 * DAY_MS, 5.0, 5, 1.0, 1.0)])
    series = SqlSeriesStore(database)
    events = MemoryEventStore(clock, list)
    retention = Retention(events, series, MemoryGroupStore(events), clock, 30, 14, 90)

    for _ in range(24):
        clock.advance(HOUR_MS)
        retention.clean_up()

    ((hour,),) = series.read("items", {}, **EVER, step_ms=HOUR_MS).values()
    assert hour.sum == 5
    database.close()


def test_nothing_is_kept_longer_than_the_setting_says():
    """With one day of metrics, raw buckets and minutes go after a day as well."""
    clock = StoppedClock()
    _, series, retention = kept(clock, metrics_days=1)
    series.record([Point("items", (), NOW_MS, 5.0, 5, 1.0, 1.0)])
    retention.roll_up()

    clock.advance(DAY_MS + HOUR_MS)
    retention.clean_up()

    assert [series.read("items", {}, **EVER, step_ms=step_ms) for step_ms in (RAW_MS, MINUTE_MS, HOUR_MS)] == [{}] * 3


def test_the_present_hour_is_rolled_up_as_it_goes():
    """A chart of hours shows the one that is not over yet."""
    clock = StoppedClock()
    _, series, retention = kept(clock)
    series.record([Point("items", (), NOW_MS, 5.0, 5, 1.0, 1.0)])

    retention.roll_up()

    ((hour,),) = series.read("items", {}, **EVER, step_ms=HOUR_MS).values()
    assert (hour.at_ms, hour.sum) == (NOW_MS - NOW_MS % HOUR_MS, 5)
