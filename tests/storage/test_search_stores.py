"""Every store finds the same events by their text: one suite over SQLite, Postgres, memory, Redis, MongoDB."""

from dataclasses import replace

import pytest

from app.storage.base import Event, EventFilter, EventStore
from app.storage.base_keeping import Ages
from app.storage.base_runs import Runs
from app.storage.base_search import SearchStore, Text
from app.storage.base_series import DAY_MS, HOUR_MS
from app.storage.indexing import Indexing
from app.storage.stores import Stores
from scrapewatch.events import LEVELS
from tests.fakes import NOW_MS, event, jobs_fold, no_fold, said

pytestmark = pytest.mark.usefixtures("at_full_pace")

PACKED_TOO = True


@pytest.fixture
def events(stores: Stores) -> EventStore:
    return stores.events


@pytest.fixture
def search(stores: Stores) -> SearchStore:
    return stores.search


def log(message: str, job_id: str = "run", level: str = "info", **fields) -> Event:
    return event("log", job_id, data={"message": message}, level=LEVELS.index(level), **fields)


def brought_up(stores: Stores, *new: Event) -> None:
    stores.events.append(list(new), jobs_fold)
    index(stores)


def index(stores: Stores) -> None:
    """Bring the index of words up to date, where there is one."""
    if stores.words:
        Indexing(stores.events, stores.words).look()


INDEXING = ("sqlite", "postgres", "mongodb")
"""Stores that have an index of words."""


def messages(search: SearchStore, q: str, **wanted) -> list[str]:
    found = search.search(EventFilter(q=q, **wanted))
    assert found.before is None
    return [said(each)["message"] for each in found.events]


SAID = (
    "TimeoutError after 30 s",
    "403 Forbidden at https://a.example/p/405911",
    "no price in parse_listing",
    "夏のセール",
)


@pytest.mark.parametrize("is_indexed", [True, False])
@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("timeout", [0]),
        ("TIMEOUTERROR", [0]),
        ("timeo", []),
        ("timeo*", [0]),
        ('"after 30"', [0]),
        ('"30 after"', []),
        ("4059*", [1]),
        ("a.example/p", [1]),
        ("forbidden -403", []),
        ("-timeout -price", [1, 3]),
        ("parse_listing", [2]),
        ("listing price", [2]),
        ("夏", [3]),
        ("セール", [3]),
        ("price forbidden", []),
        ("forbidden -> 403 %", [1]),
        ("it's", []),
        ("a'b\\c", []),
        ("AND", []),
        ('near("x")', []),
    ],
)
def test_words_are_found_whether_they_are_indexed_or_not(stores, events, search, q, found, is_indexed):
    """What has been stored is found at once, and the same afterwards; no sign in a search means more than it says."""
    events.append([log(message) for message in SAID], no_fold)
    if is_indexed:
        index(stores)

    assert messages(search, q) == [SAID[number] for number in reversed(found)]


def test_other_events_are_found_letter_by_letter(stores, search):
    """Parts of their words, too, and between errors and logs in their order."""
    brought_up(stores, event(data={"message": "vintage card"}), log("card"), event(data={"message": "Cardigan"}))

    assert messages(search, "card") == ["Cardigan", "card", "vintage card"]
    assert messages(search, "ntag") == ["vintage card"]
    assert messages(search, "card -vintage", types=("item_scraped",)) == ["Cardigan"]


def test_what_has_no_word_is_looked_for_as_it_stands(stores, search):
    """A sign alone, in all events."""
    brought_up(stores, log("50 %"), event(data={"message": "10 %"}), log("none"))

    assert messages(search, "%") == ["10 %", "50 %"]


def test_filters_narrow_the_search(stores, search):
    """Each by itself, and in errors and logs as in all other events."""
    brought_up(
        stores,
        event("job_started", "run", data={"source": "ebay.com"}),
        log("price", "run", "debug"),
        log("price", "run", "error", at_ms=NOW_MS - DAY_MS),
        log("price", "other", "warning"),
        event("error", "other", data={"message": "price"}, level=3),
        event("item_scraped", "other", data={"message": "price"}),
        log("price", ""),
    )

    def cursors(q="price", **wanted) -> list[int]:
        return [found.cursor for found in search.search(EventFilter(q=q, **wanted)).events]

    assert cursors() == [7, 6, 5, 4, 3, 2]
    assert cursors(job_id="run") == [3, 2]
    assert cursors(job_id="none") == []
    assert cursors(types=("error", "item_scraped")) == [6, 5]
    assert cursors(types=("item_scraped",)) == [6]
    assert cursors(min_level=2) == [5, 4, 3]
    assert cursors(min_level=2, types=("log",)) == [4, 3]
    assert cursors(of=Runs(source="ebay.com")) == [3, 2]
    assert cursors(to_ms=NOW_MS - HOUR_MS) == [3]
    assert cursors("-other", job_id="run", types=("log",)) == [3, 2]
    assert cursors("-price", types=("log", "error")) == []
    assert cursors("-other", types=("error",)) == [5]
    assert cursors("-other", min_level=3) == [5, 3]
    assert cursors(from_ms=NOW_MS - HOUR_MS) == [7, 6, 5, 4, 2]


def test_a_list_goes_on_where_it_ended(stores, events, search):
    """Page by page, over what is indexed and what is not, nothing is missed or told twice."""
    brought_up(stores, *(log(f"word {n}") for n in range(7)), *(event(data={"message": "word"}) for _ in range(3)))
    events.append([log("word"), event(data={"message": "word"}), log("word")], no_fold)

    found, before = [], None
    while True:
        page = search.search(EventFilter(q="word"), before=before, limit=4)
        found += [each.cursor for each in page.events]
        before = page.before
        if before is None:
            break

    assert found == list(range(13, 0, -1))


def test_a_search_that_looks_at_much_goes_on_later(stores, events, search, monkeypatch):
    """Of what is not indexed, some is looked at, and the rest when asked to go on; no event is passed over."""
    monkeypatch.setattr("app.storage.sql.looking.LOOKS", (2, 3))
    monkeypatch.setattr("app.storage.mongo.searching.LOOKS", (2, 3))
    monkeypatch.setattr("app.storage.sql.searching._TAIL", 3)
    monkeypatch.setattr("app.storage.mongo.searching._TAIL", 3)
    new = [event(data={"message": "rare" if number in {2, 30} else "x"}) for number in range(60)]
    events.append([each for one in new for each in (one, log("x"))], no_fold)
    events.append([log("rare")], no_fold)

    found, before, looks = [], None, 0
    while looks == 0 or before is not None:
        page = search.search(EventFilter(q="rare"), before=before)
        found += [each.cursor for each in page.events]
        assert before is None or page.before is None or page.before < before
        before, looks = page.before, looks + 1

    assert found == [121, 61, 5]


def test_events_are_gone_through_onwards_in_parts(stores, events, search, monkeypatch):
    """Of a job between others and of all, some at a time; no event is passed over, told twice or out of its order."""
    monkeypatch.setattr("app.storage.sql.looking.LOOKS", (2, 3))
    monkeypatch.setattr("app.storage.mongo.searching.LOOKS", (2, 3))
    monkeypatch.setattr("app.storage.sql.looking.SPAN", 7)
    events.append([log("x", "run" if n % 3 == 0 else "other") if n % 4 == 0 else event() for n in range(60)], no_fold)

    def onwards(wanted: EventFilter) -> list[int]:
        found: list[int] = []
        after: int | None = 0
        while after is not None:
            told = search.onward(wanted, after=after, limit=4)
            assert told.after is None or told.after > after
            found += [each.cursor for each in told.events]
            after = told.after
        return found

    every = list(range(1, 61, 4))
    assert onwards(EventFilter(types=("log",))) == every
    assert onwards(EventFilter(types=("log",), job_id="run")) == every[::3]
    assert onwards(EventFilter(to_ms=NOW_MS)) == list(range(1, 61))
    assert onwards(EventFilter(job_id="none")) == []


def test_rare_events_are_found_in_parts(events, search, monkeypatch):
    """Newest first, of a type that no index leads to; none is passed over where a part ends."""
    monkeypatch.setattr("app.storage.sql.looking.SPAN", 7)
    events.append([event() if n % 9 == 0 else log("x") for n in range(60)], no_fold)

    found: list[int] = []
    before: int | None = 61
    while before is not None:
        page = search.search(EventFilter(types=("item_scraped",)), before=before)
        found += [each.cursor for each in page.events]
        before = page.before
    assert found == list(range(55, 0, -9))


def test_events_between_two_cursors_are_counted_by_kind(events, search):
    """And searched; of more than may be gone through, the newest, and it is said how far down that was."""
    alert = event("system_alert", "run", data={"severity": "critical"})
    events.append([log("x"), alert, log("x", level="error"), log("x", "other"), event(job_id="run"), log("x")], no_fold)
    wanted = EventFilter(types=("log", "system_alert"), job_id="run")

    told = search.count(wanted, before=6, after=1, most=9)
    assert told == ({("log", 3, None): 1, ("system_alert", None, "critical"): 1}, None)
    told = search.count(wanted, before=4, most=2)
    assert sum(told.kinds.values()) == 2
    assert told.before == 2
    assert search.count(EventFilter(job_id="none"), before=7, most=2) == ({}, None)
    assert [each.cursor for each in search.search(replace(wanted, q="x"), before=6, after=1).events] == [3]


def test_without_a_text_all_events_are_found(stores, search):
    """As by the store of events, with the same way to go on."""
    brought_up(stores, *(log("x") for _ in range(5)))

    page = search.search(EventFilter(types=("log",)), limit=2)
    assert [each.cursor for each in page.events] == [5, 4]
    assert [each.cursor for each in search.search(EventFilter(), before=page.before).events] == [3, 2, 1]


def test_what_goes_is_found_no_more(stores, events, search, clock):
    """Neither after a job was deleted nor after its time, and what comes too late is passed over."""
    brought_up(stores, log("word", "gone"), log("word", "run"), log("word", "new"))
    late = Text(1, 1, "log", 1, ["word"])
    words = stores.words

    events.delete_job("gone")
    assert words is None or words.index([late], words.indexed(), 9)
    assert [each.job_id for each in search.search(EventFilter(q="word")).events] == ["new", "run"]
    clock.advance(DAY_MS)
    events.prune(Ages(0, NOW_MS + 1), limit=1)
    assert [each.job_id for each in search.search(EventFilter(q="word")).events] == ["new"]
    events.prune(Ages(NOW_MS + 1, 0), limit=9)
    assert search.search(EventFilter(q="word")) == ([], None)


def test_long_texts_go_a_few_at_a_time(request, stores, events, search):
    """As many as are quick to take out of the index, of old events and of a deleted job; in the end all are gone."""
    few = "mongodb" in request.node.name  # for which a slow stand-in speaks in the tests
    long = " ".join(f"word{number}" for number in range(20 if few else 1_000))
    brought_up(stores, *(log(long, job_id) for job_id in ("old", "gone") for _ in range(20)))

    went = events.prune(Ages(NOW_MS + 1, 0), limit=20)
    assert 0 < went < 20 if "sqlite" in request.node.name else went == 20
    while events.prune(Ages(NOW_MS + 1, 0), limit=20):
        pass
    assert search.search(EventFilter(q="word7")) == ([], None)
    brought_up(stores, *(log(long, "gone") for _ in range(20)))
    assert events.delete_job("gone")
    assert search.search(EventFilter(q="word7")) == ([], None)
    assert not events.delete_job("gone")


@pytest.mark.parametrize("stores", INDEXING, indirect=True)
def test_nothing_is_indexed_twice(stores, events, search):
    """Who has been overtaken adds nothing."""
    brought_up(stores, log("word"))

    assert not stores.words.index([Text(1, 1, "log", 1, ["other"])], after=0, upto=9)
    assert Indexing(events, stores.words).look() == 0
    assert messages(search, "word") == ["word"]


@pytest.mark.parametrize("stores", INDEXING, indirect=True)
def test_what_is_left_by_one_turn_is_done_by_the_next(stores, events, search, monkeypatch):
    """Transactions and turns are bounded; none is lost between two."""
    for name, value in {"_READ": 4, "_MOST_EVENTS": 2, "_MOST_LETTERS": 30, "_READS": 2}.items():
        monkeypatch.setattr(f"app.storage.indexing.{name}", value)
    events.append([log("word " * (number % 9)) for number in range(20)], no_fold)
    indexing = Indexing(events, stores.words)

    assert [indexing.look() for _ in range(4)] == [8, 8, 4, 0]
    assert len(messages(search, "word")) == 17
