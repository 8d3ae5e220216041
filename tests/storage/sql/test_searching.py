"""Every way of searching in SQL tells what a plain filter over all events tells, whatever has happened to them."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from app.storage.base import Event, EventFilter
from app.storage.base_keeping import Ages
from app.storage.base_levels import Levels
from app.storage.base_runs import Runs
from app.storage.base_series import HOUR_MS
from app.storage.matching import is_said_by, is_wanted_event
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.sql.emptying import empty_store
from app.storage.stores import Stores, open_stores
from app.storage.words import read_search
from scrapewatch.events import LEVELS
from tests.fakes import NOW_MS, StoppedClock, event, jobs_fold, new_id
from tests.storage.packed import pack_all
from tests.storage.test_search_stores import index

_MINUTE_MS = 60_000
_JOBS = {"a": "s", "b": "s", "c": "t", "d": "t"}
"""Jobs, and what they scrape."""
_TYPES = ("job_started", "job_completed", "job_failed", "metric", "system_alert", "job_progress")
_LATE_MS = [0, 0, 0, 0, 1, 59 * _MINUTE_MS, HOUR_MS, HOUR_MS + 1, 2 * HOUR_MS, 48 * HOUR_MS, -_MINUTE_MS, -HOUR_MS]
_WORDS = ["word", "other", "Word here", ""]

_SENT = st.tuples(
    st.sampled_from(["item_scraped"] * 6 + ["log"] * 5 + ["error"] * 3 + list(_TYPES)),
    st.sampled_from("aaabbcd"),
    st.sampled_from(_LATE_MS),
    st.sampled_from(_WORDS),
    st.integers(0, len(LEVELS) - 1),
)
_APPEND = st.tuples(st.just("append"), st.lists(_SENT, min_size=1, max_size=8))
_ADVANCE = st.tuples(
    st.just("advance"), st.sampled_from([1, 30 * _MINUTE_MS, HOUR_MS, HOUR_MS, 5 * HOUR_MS, 40 * HOUR_MS])
)
_STEPS = st.lists(
    st.one_of(
        *[_APPEND] * 4,
        *[_ADVANCE] * 2,
        st.tuples(st.just("advance"), st.sampled_from([-1, -10 * _MINUTE_MS, -3 * HOUR_MS, -50 * HOUR_MS])),
        st.tuples(st.just("index"), st.none()),
        st.tuples(st.just("pack"), st.none()),
        st.tuples(st.just("prune"), st.tuples(st.integers(-80, 0), st.integers(-80, 0))),
        st.tuples(st.just("delete"), st.sampled_from("abcd")),
        st.tuples(st.just("skip"), st.integers(1, 60)),
    ),
    min_size=3,
    max_size=25,
)
_LEVELS = st.builds(
    Levels,
    numbers=st.sampled_from([(), (1,), (3, 4)]),
    types=st.sampled_from([(), ("error",), ("job_failed",), ("item_scraped",)]),
    severities=st.sampled_from([(), ("critical",)]),
)
_MOMENT = st.tuples(st.integers(0, 10**6), st.sampled_from([0, 0, 0, 1, -1, -HOUR_MS, HOUR_MS, 40 * HOUR_MS]))
"""Which event's time, and how far from it."""
_ASKED = st.fixed_dictionaries(
    {
        "wanted": st.builds(
            EventFilter,
            job_id=st.sampled_from([None, None, None, "a", "b", "none"]),
            of=st.sampled_from([None, None, None, Runs(source="s"), Runs(source="t"), Runs(id="a")]),
            types=st.sampled_from([(), (), ("log",), ("error", "log"), ("item_scraped", "log"), ("job_started",)]),
            min_level=st.sampled_from([None, None, None, 0, 3]),
            levels=st.one_of(st.none(), st.none(), _LEVELS),
            q=st.sampled_from([None, None, "word", "wor*", "-word", "word -other", '"', "severity"]),
        ),
        "from": st.one_of(st.none(), _MOMENT),
        "to": st.one_of(st.none(), _MOMENT),
        "after": st.sampled_from([0, 0, 0, 5, 30]),
        "before": st.sampled_from([None, None, None, 20, 50, 10**6]),
        "limit": st.sampled_from([1, 2, 3, 5, 20]),
    }
)
_SIZES = st.fixed_dictionaries(
    {
        "looking.LOOKS": st.sampled_from([(1, 2), (2, 5), (3, 9), (5, 40)]),
        "looking.SPAN": st.sampled_from([3, 7, 20, 10**5]),
        "looking.MOST_JOBS": st.sampled_from([1, 2, 50]),
        "placing._GRAIN": st.sampled_from([1, 2, 10]),
        "searching._TAIL": st.sampled_from([1, 3, 50]),
    }
)


@dataclass
class World:
    """Stores over one database, and their clock."""

    database: Database
    stores: Stores
    clock: StoppedClock

    def live(self, steps: Sequence[tuple[str, Any]]) -> None:
        """Let that happen, one after the other."""
        for what, told in steps:
            getattr(self, f"_{what}")(told)

    def _append(self, sent: Sequence[tuple[str, str, int, str, int]]) -> None:
        self.stores.events.append([self._event(*each) for each in sent], jobs_fold)

    def _event(self, type_: str, job: str, late_ms: int, word: str, level: int) -> Event:
        bodies: dict[str, Any] = {
            "system_alert": {"severity": ["critical", "warning"][level % 2], "message": word},
            "job_started": {"source": _JOBS[job]},
            "job_progress": {"done": level},
            "metric": {"name": "x", "value": 1},
        }
        more = {"level": level} if type_ == "log" else {}
        body = bodies.get(type_, {"message": word})
        return event(type_, job, data=body, at_ms=self.clock.now_ms() - late_ms, id=new_id(), **more)

    def _advance(self, ms: int) -> None:
        self.clock.advance(ms)

    def _index(self, _: None) -> None:
        index(self.stores)

    def _pack(self, _: None) -> None:
        pack_all(self.database, self.clock)

    def _prune(self, hours: tuple[int, int]) -> None:
        every, logs = (self.clock.now_ms() + each * HOUR_MS for each in hours)
        while self.stores.events.prune(Ages(every, logs), 100):
            pass

    def _delete(self, job: str) -> None:
        self.stores.events.delete_job(job, later=True)

    def _skip(self, cursors: int) -> None:
        """As of batches that were given cursors and not stored."""
        statement = f"UPDATE meta SET value = value + {int(cursors)} WHERE key = 'cursor'"
        self.database.write(lambda connection: connection.exec_driver_sql(statement))


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setattr("app.storage.sql.pace._FIRST", 1.0)
    monkeypatch.setattr("app.storage.sql.partitions.LEAST", 25)
    monkeypatch.setattr("app.storage.sql.placing._SKEW_MS", 0)
    with closing(Database(request.getfixturevalue(f"{request.param}_url"))) as database:
        SqlAccountStore(database).sender("one", at_ms=NOW_MS)
        yield database


def test_a_search_tells_what_a_filter_tells(database: Database, monkeypatch: pytest.MonkeyPatch):
    """Back, onward and counted, page by page: of late events and early ones, packed, pruned, of clocks set back."""
    url = database.url.render_as_string(hide_password=False)

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(_STEPS, st.lists(_ASKED, min_size=4, max_size=12), _SIZES)
    def told(steps: Sequence[tuple[str, Any]], asked: Sequence[dict[str, Any]], sizes: dict[str, Any]) -> None:
        database.write(empty_store)
        for name, size in sizes.items():
            monkeypatch.setattr(f"app.storage.sql.{name}", size)
        clock = StoppedClock()
        world = World(database, open_stores(url, database, clock), clock)
        world.live(steps)
        for each in asked:
            _compared(world.stores, each)

    told()


def _compared(stores: Stores, asked: dict[str, Any]) -> None:
    every = stores.events.events(EventFilter(), limit=100_000)[::-1]
    jobs = {job_id: stores.events.job(job_id) for job_id in {each.job_id for each in every}}
    span = {f"{name}_ms": _moment(every, asked[name]) for name in ("from", "to")}
    wanted = replace(asked["wanted"], **span)
    note(f"{wanted=}")
    plain, search = replace(wanted, q=None), read_search(wanted.q) if wanted.q else None
    after, before, limit = asked["after"], asked["before"], asked["limit"]
    met = [each for each in every if each.cursor > after and is_wanted_event(each, plain, jobs[each.job_id])]
    below = [each for each in met if before is None or each.cursor < before]
    said = [each.cursor for each in below if search is None or is_said_by(each, search)]

    assert list(_back(stores, wanted, before, after, limit)) == said[::-1]
    assert list(_onward(stores, wanted, after, limit)) == [each.cursor for each in met]
    assert sum(_counts(stores, wanted, before, after, limit)) == len(below)


def _moment(every: Sequence[Event], told: tuple[int, int] | None) -> int | None:
    if told is None:
        return None
    place, aside_ms = told
    return (every[place % len(every)].at_ms if every else NOW_MS) + aside_ms


def _back(stores: Stores, wanted: EventFilter, before: int | None, after: int, limit: int) -> Iterator[int]:
    while True:
        page = stores.search.search(wanted, before=before, after=after, limit=limit)
        assert len(page.events) <= limit
        yield from (each.cursor for each in page.events)
        if page.before is None:
            return
        assert before is None or page.before < before
        before = page.before


def _onward(stores: Stores, wanted: EventFilter, after: int | None, limit: int) -> Iterator[int]:
    while after is not None:
        page = stores.search.onward(wanted, after=after, limit=limit)
        yield from (each.cursor for each in page.events)
        assert page.after is None or page.after > after
        after = page.after


def _counts(stores: Stores, wanted: EventFilter, before: int | None, after: int, limit: int) -> Iterator[int]:
    at: int | None = 10**9 if before is None else before
    while at is not None:
        tally = stores.search.count(wanted, before=at, after=after, most=limit)
        yield sum(tally.kinds.values())
        assert tally.before is None or tally.before < at
        at = tally.before
