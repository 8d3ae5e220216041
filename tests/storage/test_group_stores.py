"""Every store of error groups keeps the same promises: one suite over SQLite, Postgres, memory, Redis, MongoDB."""

import pytest

from app.jobs.fingerprint import fingerprint_of
from app.jobs.grouping import Grouping
from app.storage.base import Event, EventStore
from app.storage.base_groups import MOST_CELLS, OTHERS, Course, GroupStore, Mute, Sighting
from app.storage.base_keeping import Ages
from app.storage.base_series import HOUR_MS, MINUTE_MS
from app.storage.stores import Stores
from tests.fakes import NOW_MS, event, jobs_fold, no_fold

MUTE = Mute("ada", NOW_MS)


@pytest.fixture
def events(stores: Stores) -> EventStore:
    return stores.events


@pytest.fixture
def groups(stores: Stores) -> GroupStore:
    return stores.groups


def error(message: str, job_id: str = "run", **fields) -> Event:
    at_ms = fields.pop("at_ms", NOW_MS)
    return event("error", job_id, at_ms=at_ms, data={"message": message, **fields})


def started(job_id: str, source: str | None = "ebay.com", query: str | None = None) -> Event:
    return event("job_started", job_id, data={"source": source, "query": query})


def brought_up(stores: Stores, *new: Event) -> GroupStore:
    stores.events.append(list(new), jobs_fold)
    Grouping(stores.events, stores.groups).look()
    return stores.groups


def test_errors_that_are_alike_are_counted_together(stores, groups):
    """With the first and the last time, the newest event as sample and how many there were over time."""
    brought_up(stores, error("page 1 is empty", at_ms=NOW_MS), error("no price", at_ms=NOW_MS))
    brought_up(stores, error("page 2 is empty", at_ms=NOW_MS + 2 * MINUTE_MS, count=3))

    first, second = groups.of_job("run")

    assert (first.title, first.count) == ("page {n} is empty", 4)
    assert (first.first_ms, first.last_ms, first.sample) == (NOW_MS, NOW_MS + 2 * MINUTE_MS, 3)
    assert first.course == Course(MINUTE_MS, NOW_MS // MINUTE_MS, (1, 0, 3))
    assert (second.title, second.count) == ("no price", 1)
    assert groups.one("run", second.fingerprint) == second
    assert groups.of_job("run", limit=1) == [first]


def test_all_that_is_known_of_an_error_is_kept(stores, groups):
    """Kind, place and address as they were seen first."""
    data = {"kind": "KeyError", "selector": ".price", "url": "https://a.example/p/1"}
    brought_up(stores, error("'price'", **data))

    (found,) = groups.of_job("run")

    expected = fingerprint_of({"message": "'price'", **data})
    assert (found.fingerprint, found.kind, found.place) == (expected.key, "KeyError", ".price")
    assert (found.url_template, found.title) == ("a.example/p/{id}", "'price'")


def test_nothing_is_counted_twice(stores, events, groups):
    """Looking again changes nothing, and who has been overtaken counts nothing."""
    brought_up(stores, error("a"), error("a"))
    Grouping(events, groups).look()
    seen = Sighting("run", 1, "x", "", "", "", "", NOW_MS, 1, 1)

    assert not groups.group([seen], after=0, upto=9)
    assert [group.count for group in groups.of_job("run")] == [2]
    assert groups.grouped() == 2


def test_events_of_other_types_and_without_a_job_have_no_group(stores, groups):
    """They are gone past."""
    brought_up(stores, event("log", "run", data={"message": "a"}), error("a", ""), event("log", "", data={}))

    assert groups.of_job("run") == []


def test_what_is_left_by_one_turn_is_done_by_the_next(stores, events, groups, monkeypatch):
    """A turn is bounded; none is lost between two."""
    monkeypatch.setattr("app.jobs.grouping._SLICE", 2)
    monkeypatch.setattr("app.jobs.grouping._SLICES", 2)
    events.append([error("a") for _ in range(7)], no_fold)
    grouping = Grouping(events, groups)

    assert [grouping.look() for _ in range(3)] == [4, 3, 0]
    assert [group.count for group in groups.of_job("run")] == [7]


def test_an_error_is_new_that_no_earlier_run_of_the_spider_had(stores, groups):
    """Another spider's runs, and later ones, play no part."""
    brought_up(stores, started("other", "shop.example"), error("b", "other"))
    brought_up(stores, started("one"), error("a", "one"), started("two"), error("a", "two"), error("b", "two"))
    brought_up(stores, started("three"), error("b", "three"))

    def news(job_id: str) -> dict[str, bool]:
        return {group.title: group.new for group in groups.of_job(job_id)}

    assert news("one") == {"a": False}
    assert news("two") == {"a": False, "b": True}
    assert news("three") == {"b": False}


@pytest.mark.parametrize("names", [("ebay.com", "cards"), (None, "cards"), (None, None)])
def test_a_mute_holds_for_all_runs_of_the_spider(stores, groups, names):
    """And for no other, until it is undone."""
    brought_up(stores, started("one", *names), error("a", "one"), started("other", "x"), error("a", "other"))
    key = groups.of_job("one")[0].fingerprint

    assert groups.mute("one", key, Mute("bob", 1))
    assert groups.mute("one", key, MUTE)
    brought_up(stores, started("two", *names), error("a", "two"))

    muted = {job: groups.of_job(job)[0].muted for job in ("one", "two", "other")}
    assert muted == {"one": MUTE, "two": MUTE, "other": None}
    assert groups.unmute("two", key)
    assert not groups.unmute("two", key)
    assert groups.of_job("one")[0].muted is None


def test_of_a_job_that_is_not_there_nothing_is_known_or_muted(groups):
    """Not an error, but nothing."""
    assert groups.of_job("none") == []
    assert groups.one("none", "x") is None
    assert not groups.mute("none", "x", MUTE)
    assert not groups.unmute("none", "x")


def test_groups_go_with_their_job(stores, events, groups):
    """Also what is seen of it too late, and a job made anew under the same id begins without."""
    brought_up(stores, error("a"))
    job = events.job("run")
    events.delete_job("run")
    late = Sighting("run", job.key, "late", "", "", "", "", NOW_MS, 1, 9)

    assert groups.group([late], groups.grouped(), 9)
    events.append([event("job_started", "run")], no_fold)
    assert groups.of_job("run") == []


def test_groups_that_were_not_seen_for_long_are_forgotten(stores, groups):
    """Some at a time; those seen since stay."""
    brought_up(stores, error("a"), error("b"), error("c", at_ms=NOW_MS + HOUR_MS))

    assert [groups.forget(Ages(NOW_MS + 1, 0), limit=1) for _ in range(3)] == [1, 1, 0]
    assert [group.title for group in groups.of_job("run")] == ["c"]


def test_a_job_has_no_more_groups_than_can_be_told_apart(stores, groups, monkeypatch):
    """Errors of yet another kind are counted as others, apart from what a scraper calls so; groups that are go on."""
    monkeypatch.setattr("app.storage.grouping.MOST_GROUPS", 3)
    brought_up(stores, error("own", fingerprint="others"), *(error(word) for word in ("a", "b", "c", "d", "a")))
    brought_up(stores, error("e"), error("b"))

    counts = {group.title or group.fingerprint: group.count for group in groups.of_job("run")}

    assert counts == {"own": 1, "a": 2, "b": 2, OTHERS: 3}
    assert groups.one("run", "others").title == "own"


@pytest.mark.parametrize("span_ms", [0, 59 * MINUTE_MS, HOUR_MS, 100 * HOUR_MS, 10**13])
def test_the_course_of_a_group_stays_short(span_ms: int):
    """Its cells grow with its span and lose nothing."""
    course = Course.of(NOW_MS, 1)
    for at_ms in (NOW_MS + span_ms, NOW_MS - span_ms, NOW_MS):
        course = course.joined(Course.of(at_ms, 2))

    assert sum(course.cells) == 7
    assert len(course.cells) <= MOST_CELLS
    assert course.first * course.step_ms <= NOW_MS - span_ms < (course.first + 1) * course.step_ms
    assert course.last * course.step_ms <= NOW_MS + span_ms < (course.last + 1) * course.step_ms
