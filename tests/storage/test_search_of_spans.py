"""Every store finds the events of a span of time, also those that were received long after it."""

from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from app.storage.base import Event, EventFilter
from app.storage.base_keeping import Ages
from app.storage.base_search import SearchStore
from app.storage.base_series import HOUR_MS, Cells
from app.storage.stores import Stores
from tests.fakes import NOW_MS, StoppedClock, event, jobs_fold
from tests.storage.test_search_stores import index, log

pytestmark = pytest.mark.usefixtures("at_full_pace")

PACKED_TOO = True
_HOURS = 60


@pytest.fixture
def past(stores: Stores, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """Some events an hour, of two jobs; of every fifth hour one came as much as two days late."""
    monkeypatch.setattr("app.storage.sql.placing._GRAIN", 2)
    monkeypatch.setattr("app.storage.sql.looking.LOOKS", (5, 9))
    monkeypatch.setattr("app.storage.sql.searching._TAIL", 3)
    random = Random(7)
    kept: list[Event] = []
    for hour in range(_HOURS):
        late = random.randrange(4) if hour % 5 == 0 else None
        at_ms = [clock.now_ms() - random.randrange(48 * HOUR_MS if n == late else HOUR_MS) for n in range(4)]
        items = [event(job_id="run", at_ms=each, data={"message": "word"}) for each in at_ms[:2]]
        lines = [log("word", "other", at_ms=each) for each in at_ms[2:]]
        kept += stores.events.append([*items, *lines], jobs_fold).events
        if hour == _HOURS // 2:
            index(stores)
        clock.advance(HOUR_MS)
    return kept


def _back(search: SearchStore, wanted: EventFilter) -> Iterator[int]:
    before = None
    while True:
        page = search.search(wanted, before=before, limit=3)
        yield from (each.cursor for each in page.events)
        before = page.before
        if before is None:
            return


def _onward(search: SearchStore, wanted: EventFilter) -> Iterator[int]:
    after: int | None = 0
    while after is not None:
        page = search.onward(wanted, after=after, limit=3)
        yield from (each.cursor for each in page.events)
        after = page.after


@pytest.mark.parametrize(
    ("from_hour", "to_hour"), [(10, 12), (0, 3), (-40, 0), (55, 80), (30, 30), (70, 90), (None, 8)]
)
def test_all_that_happened_in_a_span_is_found(stores, past, from_hour, to_hour):
    """Newest first and oldest first, page by page: of all events, of a job, of a type, with a word in them."""
    from_ms = None if from_hour is None else NOW_MS + from_hour * HOUR_MS
    to_ms = NOW_MS + to_hour * HOUR_MS
    of_span = [each for each in past if (from_ms is None or each.at_ms >= from_ms) and each.at_ms <= to_ms]

    for narrowed in ({}, {"job_id": "other"}, {"types": ("log",)}, {"types": ("item_scraped",), "job_id": "run"}):
        meant = [
            each.cursor
            for each in of_span
            if each.job_id == narrowed.get("job_id", each.job_id) and each.type in narrowed.get("types", (each.type,))
        ]
        wanted = EventFilter(from_ms=from_ms, to_ms=to_ms, **narrowed)
        said = EventFilter(from_ms=from_ms, to_ms=to_ms, q="word", **narrowed)
        assert list(_back(stores.search, wanted)) == meant[::-1]
        assert list(_back(stores.search, said)) == meant[::-1]
        assert list(_onward(stores.search, wanted)) == meant


@pytest.mark.parametrize("wanted", [EventFilter(), EventFilter(q="word"), EventFilter(types=("log",))])
def test_all_that_happened_in_a_span_is_counted(stores, past, wanted):
    """Hour by hour, also what came late."""
    over = Cells(NOW_MS + 3 * HOUR_MS, HOUR_MS, 9)
    hours = Counter(
        (each.at_ms - over.from_ms) // HOUR_MS for each in past if each.type in wanted.types or not wanted.types
    )

    told = stores.events.count(wanted, over, 10_000)
    found: Counter[int] = Counter()
    for (_, cell), count in told.cells.items():
        found[cell] += count
    assert found == Counter({hour: count for hour, count in hours.items() if 0 <= hour < 9})
    assert told.of == told.counted


def test_a_span_is_found_where_the_newest_events_are_gone(stores, clock):
    """As logs go before all others: of the job that sent them last nothing else is missed."""
    items = []
    for _ in range(20):
        items += stores.events.append([event(job_id="run", at_ms=clock.now_ms())], jobs_fold).events
        clock.advance(HOUR_MS)
    stores.events.append([log("word", at_ms=clock.now_ms())], jobs_fold)
    while stores.events.prune(Ages(NOW_MS - HOUR_MS, clock.now_ms() + HOUR_MS), 100):
        pass
    wanted = EventFilter(job_id="run", from_ms=items[5].at_ms, to_ms=items[9].at_ms)

    assert [each.cursor for each in stores.events.events(EventFilter(job_id="run"))] == list(range(20, 0, -1))
    assert list(_onward(stores.search, wanted)) == [each.cursor for each in items[5:10]]


@pytest.mark.parametrize("narrowed", [{"job_id": "mine"}, {"job_id": "mine", "q": "word"}, {"types": ("log",)}])
def test_events_that_others_send_again_are_not_gone_through(stores, clock, monkeypatch, narrowed):
    """Of a job or a rare type all is found at once, however many late events there are of others."""
    monkeypatch.setattr("app.storage.sql.searching._TAIL", 3)
    began = clock.now_ms()
    mine = stores.events.append([log("word", "mine", at_ms=began)], jobs_fold).events
    clock.advance(5 * HOUR_MS)
    stores.events.append([event(job_id="other", at_ms=began) for _ in range(100)], jobs_fold)

    told = stores.search.search(EventFilter(from_ms=began - 1, to_ms=began + 1, **narrowed))
    assert ([each.cursor for each in told.events], told.before) == ([mine[0].cursor], None)


def test_what_came_late_beyond_those_that_are_counted_is_not_denied(stores, clock):
    """Where more came late than may be looked at, it is said that there may be more."""
    began = clock.now_ms()
    clock.advance(53 * HOUR_MS)
    stores.events.append([event(at_ms=began) for _ in range(5)], jobs_fold)
    stores.events.append([event(at_ms=began + 10 * HOUR_MS) for _ in range(30)], jobs_fold)
    stores.events.append([event(at_ms=clock.now_ms())], jobs_fold)

    told = stores.events.count(EventFilter(), Cells(began - HOUR_MS // 2, HOUR_MS, 1), 10)
    assert told.counted == 5 or told.of > 5


def test_a_span_is_found_that_a_clock_set_right_has_seen_twice(stores, clock):
    """What was received after the clock had been two hours ahead, though what came before looks newer."""
    stores.events.append([event(at_ms=clock.now_ms()) for _ in range(10)], jobs_fold)
    clock.advance(3 * HOUR_MS)
    stores.events.append([event(at_ms=clock.now_ms()) for _ in range(1_100)], jobs_fold)
    clock.advance(-2 * HOUR_MS)
    mine = stores.events.append([log("word", at_ms=clock.now_ms()) for _ in range(5)], jobs_fold).events
    for _ in range(2):
        clock.advance(3 * HOUR_MS)
        stores.events.append([event(at_ms=clock.now_ms()) for _ in range(1_100)], jobs_fold)

    wanted = EventFilter(from_ms=mine[0].at_ms - 1, to_ms=mine[0].at_ms + 1)
    assert list(_back(stores.search, wanted)) == [each.cursor for each in mine][::-1]
    assert list(_onward(stores.search, wanted)) == [each.cursor for each in mine]


def test_earlier_attempts_are_found(stores, clock):
    """All that a job has sent, of whichever attempt, and of a span of time."""
    for _ in range(3):
        stores.events.append([event("job_started", "run"), log("word", at_ms=clock.now_ms())], jobs_fold)
        stores.events.append([event("job_failed", "run", data={"error": "x"})], jobs_fold)
        clock.advance(HOUR_MS)

    assert stores.events.job("run").attempt == 3
    assert list(_back(stores.search, EventFilter(job_id="run", types=("log",)))) == [8, 5, 2]
    assert list(_back(stores.search, EventFilter(job_id="run", types=("log",), to_ms=NOW_MS + HOUR_MS))) == [5, 2]
