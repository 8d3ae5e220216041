"""Counting over time: every store says of thousands of rows what counting them one by one says."""

import random
from collections import Counter

import pytest

from app.storage.base import Event, EventFilter, EventStore, JobFilter
from app.storage.base_counts import Kind
from app.storage.base_series import Cells
from app.storage.mongo.events import MongoEventStore
from tests.fakes import NOW_MS, StoppedClock, event, jobs_fold, no_fold

MINUTE_MS = 60_000
BEGAN_MS = NOW_MS - 10 * MINUTE_MS
OVER = Cells(BEGAN_MS, MINUTE_MS, 10)
NEVER_HIT = 1_000_000


@pytest.fixture
def store(event_store: EventStore) -> EventStore:
    """An empty store."""
    return event_store


def size(store: EventStore) -> int:
    """How many hundreds of events make thousands; fewer where a slow stand-in speaks for the store's own server."""
    return 20 if isinstance(store, MongoEventStore) else 100


def made(number: int, chance: random.Random) -> Event:
    """An event of any type, level and time, of one of three jobs."""
    type_, level, body = chance.choice(
        [
            ("item_scraped", None, {"title": f"Tea {number % 7}"}),
            ("log", chance.randrange(5), {"message": "x"}),
            ("error", 3, {"message": "x"}),
            ("system_alert", None, {"severity": chance.choice(["warning", "critical"]), "name": "n"}),
            ("system_alert", None, {"name": "n"}),
        ]
    )
    at_ms = chance.randrange(BEGAN_MS - MINUTE_MS, NOW_MS + MINUTE_MS)
    return event(type_, chance.choice(["a", "b", "c"]), at_ms=at_ms, level=level, data=body)


def filled(store: EventStore, clock: StoppedClock) -> list[Event]:
    """Thousands of events in the order of their receipt, over two days before and the ten minutes: nothing later."""
    chance = random.Random(7)
    clock.time_ms = NOW_MS - 48 * 60 * MINUTE_MS
    sent: list[Event] = []
    for number in range(8):
        if number == 3:
            clock.time_ms = BEGAN_MS
        some = [made(number, chance) for number in range(5 * size(store))]
        if clock.time_ms < BEGAN_MS:  # what came long before is of long before
            for one in some:
                one.at_ms -= 40 * 60 * MINUTE_MS
        sent += store.append(some, no_fold).events
        clock.advance(MINUTE_MS)
    return sent


def by_hand(events: list[Event], **wanted: object) -> Counter[tuple[Kind, int]]:
    """The same, counted one by one."""
    cells: Counter[tuple[Kind, int]] = Counter()
    for one in events:
        cell, said = (one.at_ms - BEGAN_MS) // MINUTE_MS, None
        if one.type == "system_alert" and '"severity"' in one.data:
            said = "critical" if "critical" in one.data else "warning"
        if 0 <= cell < 10 and all(getattr(one, name) == value for name, value in wanted.items()):
            cells[(one.type, one.level, said), cell] += 1
    return cells


def test_all_events_of_a_span_are_counted(store: EventStore, clock: StoppedClock):
    """By type, level and severity, in the minute of their own time, however many they are."""
    sent = filled(store, clock)
    found = store.count(EventFilter(), OVER, NEVER_HIT)

    assert found.cells == by_hand(sent)
    assert found.counted == found.of > 10 * size(store)


def test_a_filter_narrows_what_is_counted(store: EventStore, clock: StoppedClock):
    """The same filters as of the lists."""
    sent = filled(store, clock)

    for wanted, narrowed in (
        (EventFilter(job_id="b"), {"job_id": "b"}),
        (EventFilter(types=("log",)), {"type": "log"}),
        (EventFilter(types=("log",), min_level=4), {"type": "log", "level": 4}),
    ):
        assert store.count(wanted, OVER, NEVER_HIT).cells == by_hand(sent, **narrowed)
    within = store.count(EventFilter(from_ms=BEGAN_MS + 90_000, to_ms=BEGAN_MS + 120_000), OVER, NEVER_HIT)
    assert within.counted == sum(BEGAN_MS + 90_000 <= one.at_ms <= BEGAN_MS + 120_000 for one in sent)
    assert store.count(EventFilter(q="tea 3"), OVER, NEVER_HIT).counted == sum(
        "Tea 3" in one.data and BEGAN_MS <= one.at_ms < NOW_MS for one in sent
    )


def test_beyond_a_bound_the_newest_are_counted(store: EventStore, clock: StoppedClock):
    """And it is said that there may be more."""
    sent = filled(store, clock)
    most = 7 * size(store)
    found = store.count(EventFilter(), OVER, most)
    newest = [one for one in sent if BEGAN_MS <= one.at_ms < NOW_MS][-most:]

    assert found.cells == by_hand(newest)
    assert found.counted == most
    assert found.of >= by_hand(sent).total()


def test_events_of_a_deleted_job_are_not_counted(store: EventStore, clock: StoppedClock):
    """As they are in no list."""
    sent = filled(store, clock)
    jobs = {one.job_id for one in sent}
    assert store.delete_job("a")

    assert store.count(EventFilter(), OVER, NEVER_HIT).cells == by_hand([one for one in sent if one.job_id != "a"])
    assert jobs == {"a", "b", "c"}


def test_jobs_are_counted_by_their_start(store: EventStore, clock: StoppedClock):
    """By status; of more than are asked for the newest, and how many there are."""
    many, step_ms = 15 * size(store), 30_000 // size(store)
    starts = [BEGAN_MS + number * step_ms for number in range(many)]
    ends = [event("job_completed", f"j{number}", at_ms=NOW_MS) for number in range(0, many, 3)]
    store.append([event("job_started", f"j{n}", at_ms=at_ms) for n, at_ms in enumerate(starts)], jobs_fold)
    store.append(ends, jobs_fold)

    expected = Counter(
        (("running" if number % 3 else "completed",), (at_ms - BEGAN_MS) // MINUTE_MS)
        for number, at_ms in enumerate(starts)
    )
    found = store.count(JobFilter(), OVER, NEVER_HIT)
    assert found.cells == expected
    assert (found.counted, found.of) == (many, many)
    assert store.count(JobFilter(statuses=("completed",)), OVER, NEVER_HIT).counted == many // 3

    most = many - 4 * size(store)
    newest = store.count(JobFilter(), OVER, most)
    assert newest.cells == Counter(
        (("running" if n % 3 else "completed",), (starts[n] - BEGAN_MS) // MINUTE_MS) for n in range(many - most, many)
    )
    assert (newest.counted, newest.of) == (most, many)
