"""What is bounded of a Redis: a search tells what it has found after a while, and what is old leaves no key behind."""

from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from typing import Any

import pytest

from app.core.errors import ScrapewatchError
from app.jobs.grouping import Grouping
from app.storage.base import Event, EventFilter, JobFilter
from app.storage.base_series import DAY_MS, HOUR_MS, RAW_MS, Point
from app.storage.redis.about import require_recent
from app.storage.redis.server import Server
from app.storage.retention import Retention
from app.storage.sql.database import Database
from app.storage.stores import Stores, open_stores
from tests.fakes import NOW_MS, StoppedClock, event, jobs_fold, new_id


@pytest.fixture
def opened(redis_url: str, clock: StoppedClock) -> Iterator[Stores]:
    """All stores of an empty Redis."""
    with closing(open_stores(redis_url, Database("sqlite:///never-opened.db"), clock)) as stores:
        yield stores


def test_a_redis_that_lacks_commands_is_refused(redis: Server, monkeypatch):
    """Before anything is written; one that does not tell its version is believed."""
    for version, is_refused in (("6.0.16", True), ("6.2.0", False), ("10.1.2", False), (None, False)):
        monkeypatch.setattr(redis.client, "info", lambda told=version: {"redis_version": told} if told else {})
        with pytest.raises(ScrapewatchError, match="too old") if is_refused else nullcontext():
            require_recent(redis)


def log(message: str):
    return event("log", data={"message": message}, level=1)


def test_a_search_that_looks_at_much_goes_on_later(opened: Stores, monkeypatch):
    """Backwards and onwards: no event is passed over or told twice, and each look is bounded."""
    monkeypatch.setattr("app.storage.redis.search.LOOKS", 100)
    monkeypatch.setattr("app.storage.redis.search._PAGE", 100)
    rare = {5, 350, 351, 400}
    opened.events.append([log("rare" if number in rare else "x") for number in range(1, 451)], jobs_fold)

    found: list[int] = []
    looks: list[int | None] = []
    while looks[-1:] != [None]:
        told = opened.search.search(EventFilter(q="rare"), before=looks[-1] if looks else None)
        found += [each.cursor for each in told.events]
        looks.append(told.before)
    onward: list[Event] = []
    after: int | None = 0
    while after is not None:
        page = opened.search.onward(EventFilter(types=("log",), min_level=2), after=after, limit=10)
        onward += page.events
        after = page.after

    assert found == sorted(rare, reverse=True)
    assert looks == [351, 251, 151, 51, None]
    assert onward == []


def test_a_count_that_looks_at_much_says_how_far_it_came(opened: Stores):
    """Of other levels than the newest hundreds have, none was counted; the next count goes on from there."""
    opened.events.append([log("x") for _ in range(250)], jobs_fold)

    told = opened.search.count(EventFilter(min_level=2), before=251, most=100)

    assert told == ({}, 151)


def test_what_is_said_to_go_is_what_goes(opened: Stores, clock: StoppedClock, monkeypatch):
    """Logs after 14 days, other events after 30, buckets by their resolution; of each kind the oldest is told."""
    monkeypatch.setattr("app.storage.redis.upkeep._PAGE", 2)
    keeper = Retention(opened.events, opened.series, opened.groups, clock, 30, 14, 90, opened.upkeep)
    assert [tuple(each)[1:5] for each in keeper.held() or []] == [(0, None, None, 0)] * 4
    opened.events.append([log("a"), *(event(id=new_id()) for _ in range(5))], jobs_fold)
    opened.series.record([Point("items", (), NOW_MS, 1.0, 1, 1.0, 1.0)])
    clock.advance(15 * DAY_MS)
    opened.events.append([log("b"), event(id=new_id())], jobs_fold)
    opened.series.record([Point("items", (), clock.now_ms(), 1.0, 1, 1.0, 1.0)])

    foretold = keeper.held() or []
    keeper.clean_up()
    left = {each.kind: each for each in keeper.held() or []}

    assert [(each.kind, each.rows, each.oldest_ms, each.going) for each in foretold] == [
        ("events", 8, NOW_MS, 1),
        ("logs", 2, NOW_MS, 1),
        ("series", 4, NOW_MS - NOW_MS % RAW_MS, 1),
        ("jobs", 1, NOW_MS, 0),
    ]
    assert [(left[kind].rows, left[kind].going) for kind in ("events", "logs", "series")][:2] == [(7, 0), (1, 0)]
    assert left["series"].going == 0
    assert left["logs"].oldest_ms == clock.now_ms()


def test_kept_jobs_are_counted_together(opened: Stores, redis: Server, clock: StoppedClock, monkeypatch):
    """However many there are, Redis is asked no more often; one of them has events on both sides of the time."""
    keeper = Retention(opened.events, opened.series, opened.groups, clock, 30, 14, 90, opened.upkeep, failed_days=90)
    asked: list[object] = []

    def counted(work: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*given: Any) -> Any:
            asked.append(given)
            return work(*given)

        return counting

    for name in ("ask", "run"):
        monkeypatch.setattr(Server, name, counted(getattr(Server, name)))
    numbers = []
    for first in (0, 20):
        for number in range(first, first + 20 - first // 2):
            run_ = [event("job_started", str(number)), event(job_id=str(number)), event("job_failed", str(number))]
            opened.events.append(run_, jobs_fold)
        clock.advance(31 * DAY_MS)
        opened.events.append([event(job_id="0")], jobs_fold)
        asked.clear()
        held = (keeper.held() or [])[0]
        numbers.append((held.going, held.failed, len(asked)))
    assert [each[:2] for each in numbers] == [(0, 60), (0, 91)]
    assert numbers[1][2] < numbers[0][2] + 15


def test_what_is_older_than_it_is_kept_leaves_no_key_behind(opened: Stores, redis: Server, clock: StoppedClock):
    """Events with their ids, groups of errors and series go; jobs stay."""
    series = [Point("items", (("job", "123"),), clock.now_ms() + hour * HOUR_MS, 5.0, 5, 1.0, 1.0) for hour in range(3)]
    opened.events.append([event(id=new_id()), event("error", id=new_id(), data={"message": "a"}), log("b")], jobs_fold)
    opened.series.record(series)
    Grouping(opened.events, opened.groups).look()
    retention = Retention(opened.events, opened.series, opened.groups, clock, 30, 14, 90)

    clock.advance(100 * DAY_MS)
    gone = retention.clean_up()

    assert gone >= 3 + 1 + 3
    left = {key.decode().removeprefix(redis.prefix) for key in redis.client.scan_iter()}
    lasting = ("head", "jobs", "keys", "order", "statuses", "status:", "spider:", "tallies", "events", "type:")
    assert [key for key in left if not key.startswith(lasting)] == []
    assert redis.client.xlen(redis.key("events")) == 0
    assert opened.events.job_counts(JobFilter()) == {"running": 1}
