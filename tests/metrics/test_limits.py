"""How users' own metrics are bounded: what is counted, what is said, and what is known after a restart."""

import logging
from itertools import product

import pytest

from app.core.errors import Unavailable
from app.metrics import limits as limits_module
from app.metrics import register
from app.metrics.limits import Limits
from app.storage.base_counts import Excess
from app.storage.base_series import DAY_MS, HOUR_MS, Labels, Point, SeriesStore
from app.storage.memory_series import MemorySeriesStore
from tests.fakes import NOW_MS, StoppedClock, event

JOB = (("job", "1"), ("source", "ebay.com"), ("spider", "ebay.com: cards"))


@pytest.fixture
def store(series_store: SeriesStore) -> SeriesStore:
    """Of each kind in turn."""
    return series_store


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that are met soon."""
    monkeypatch.setattr(register, "MAX_NAMES", 3)
    monkeypatch.setattr(register, "MAX_LABEL_VALUES", 2)


def told(values, sender_id: int = 1, **labels):
    """A `metric` event."""
    return event("metric", "1", sender_id, data={"values": values, "labels": labels})


def point(name: str, *own: tuple[str, str], at_ms: int = NOW_MS, job=JOB) -> Point:
    """A figure that is stored."""
    return Point(name, tuple(sorted((*own, *job))), at_ms, 1.0, 1, 1.0, 1.0, b"")


def restarted(store: SeriesStore) -> Limits:
    """As at the start of a server over that store."""
    limits = Limits(store, StoppedClock())
    limits.rebuild()
    return limits


def test_what_meets_a_limit_is_counted_by_its_sender():
    """By what became of it and by the limit; what meets none is not."""
    limits, excess = Limits(MemorySeriesStore(), StoppedClock()), Excess()
    for number in range(4):
        limits.place(told({"depth": 1}, url=number), JOB, excess)
    limits.place(told({"depth": 1, "a": 1, "b": 1, "c": 1, "d": 1}, 7, url=1), JOB, excess)
    limits.place(told({"items": 1, "n" * 201: 1, **{f"m{number}": 1 for number in range(108)}}, 8), (), excess)
    limits.place(told({"depth": 1, "items": 1}, 9, url=1), JOB, excess)
    limits.place(told({"depth": 1, **{f"z{number}": 1 for number in range(100)}}, 10, url=1), JOB, excess)

    assert dict(excess) == {
        (1, "merged", "label_values"): 2,
        (7, "dropped", "names"): 2,
        (8, "dropped", "names"): 98,
        (8, "dropped", "event"): 10,
        (8, "dropped", "unusable"): 2,
        (9, "dropped", "unusable"): 1,
        (10, "dropped", "names"): 99,
        (10, "dropped", "event"): 1,
    }


def test_a_limit_that_is_met_is_said_once(caplog: pytest.LogCaptureFixture):
    """With metric and label; the metrics that are too many are one place, and the places are bounded, too."""
    caplog.set_level(logging.WARNING)
    limits = Limits(MemorySeriesStore(), StoppedClock())
    for number in range(9):
        limits.place(told({"depth": 1}, url=number), JOB, Excess())
        limits.place(told({f"m{number}": 1}), JOB, Excess())

    assert [record.message for record in caplog.records] == [
        "The label 'url' of the metric 'depth' has 400 values: new ones are kept as 'other'",
        "The metric 'm2' is dropped, as is every other new one: there are 1000 of users' own",
    ]
    found = limits.read()
    assert [(place["limit"], place["metric"], place["label"]) for place in found["met"]] == [
        ("label_values", "depth", "url"),
        ("names", "m2", None),
    ]
    assert (found["names"]["held"], found["series"]["held"]) == (3, 5)

    for name, label, number in product(("depth", "m0", "m1"), range(19), range(3)):
        limits.place(told({name: 1}, **{f"l{label}": number}), JOB, Excess())
    assert len(caplog.records) == len(limits.read()["met"]) == 50


def test_what_is_stored_is_known_after_a_restart(store: SeriesStore):
    """Names, values and series of each store; metrics of the server are not among them, nor labels of jobs."""
    many = [(("job", f"j{number}"), ("source", f"s{number}")) for number in range(5)]
    store.record(
        [
            point("depth", ("url", "a")),
            point("depth", ("url", "b")),
            *[point("queue", job=job) for job in many],
            point("items"),
        ]
    )
    limits, excess = restarted(store), Excess()

    assert limits.read()["names"]["held"] == 2
    assert limits.read()["series"]["held"] == 7
    assert limits.knows("depth")
    assert not limits.knows("items")
    placed = limits.place(told({"depth": 1}, url="c"), JOB, excess)
    assert [dict(labels)["url"] for _, labels, _ in placed] == ["other"]
    assert excess == {(1, "merged", "label_values"): 1}
    assert limits.place(told({"queue": 1}), (("job", "new"), ("source", "new")), excess)
    assert excess.total() == 1


def test_more_than_there_may_be_goes_on_being_kept(store: SeriesStore):
    """As after an update, or when a limit was lowered."""
    store.record([point("depth", ("url", str(number))) for number in range(9)])
    limits, excess = restarted(store), Excess()

    for number in range(9):
        ((_, labels, _),) = limits.place(told({"depth": 1}, url=number), JOB, excess)
        assert dict(labels)["url"] == str(number)
    assert not excess


def test_series_of_the_last_day_count_and_the_newest_are_read(store: SeriesStore, monkeypatch: pytest.MonkeyPatch):
    """Of each metric, so that a start takes no longer the more there is."""
    times = [NOW_MS - DAY_MS - 2 * HOUR_MS, NOW_MS - 2 * HOUR_MS, NOW_MS]
    store.record([point("depth", ("n", str(number)), at_ms=at_ms) for number, at_ms in enumerate(times)])
    assert restarted(store).read()["series"]["held"] == 2

    monkeypatch.setattr(limits_module, "_READ_OF_NAME", 1)
    limits = restarted(store)
    assert limits.read()["series"]["held"] == 1
    assert limits.place(told({"depth": 1}, n=2), JOB, excess := Excess())
    assert limits.read()["series"]["held"] == 1
    assert not excess


def test_series_that_ended_long_ago_leave_room_for_those_of_today(store: SeriesStore, monkeypatch: pytest.MonkeyPatch):
    """Also where their metrics' names come first; and of the older ones each metric has its share."""
    monkeypatch.setattr(limits_module, "_READ_OF_NAME", 9)
    monkeypatch.setattr(limits_module, "_READ", 9)
    ended_ms = NOW_MS - 3 * DAY_MS
    store.record([point("a", ("n", str(number)), at_ms=ended_ms) for number in range(9)])
    store.record([point("b", ("n", str(number)), at_ms=ended_ms) for number in range(2)])
    store.record([point("depth", ("url", url)) for url in ("x", "y")])
    limits, excess = restarted(store), Excess()

    assert limits.read()["series"]["held"] == 2
    placed = [limits.place(told({"depth": 1}, url=url), JOB, excess) for url in ("new", "x", "y")]
    assert [dict(labels)["url"] for ((_, labels, _),) in placed] == ["other", "x", "y"]
    placed = [limits.place(told({"b": 1}, n=number), JOB, excess) for number in (2, 0, 1)]
    assert [dict(labels)["n"] for ((_, labels, _),) in placed] == ["other", "0", "1"]


@pytest.mark.parametrize("job_labels", [(("job", "1"),), ()], ids=["of a job", "of none"])
def test_a_label_counts_before_a_restart_as_after_it(store: SeriesStore, job_labels: Labels):
    """Whatever it is called: of a job without a source, `source` is not the user's; of no job it is bounded."""
    limits, excess = Limits(store, StoppedClock()), Excess()
    first = [limits.place(told({"depth": 1}, source=n, url=n), job_labels, excess) for n in range(3)]
    store.record([Point(name, labels, NOW_MS, value, 1, value, value) for ((name, labels, value),) in first])
    then = [limits.place(told({"depth": 1}, source=n, url=n), job_labels, excess) for n in (0, 3)]
    again = restarted(store)

    assert [again.place(told({"depth": 1}, source=n, url=n), job_labels, excess) for n in (0, 3)] == then
    sources = [dict(labels).get("source") for ((_, labels, _),) in (*first, *then)]
    assert sources == ([None] * 5 if job_labels else ["0", "1", "other", "0", "other"])


def test_a_job_that_only_a_label_names_counts_as_one(store: SeriesStore):
    """So it has no values that are too many, before a restart and after it."""
    limits, excess = Limits(store, StoppedClock()), Excess()
    placed = [limits.place(told({"depth": 1}, job=n, spider=n), (), excess) for n in range(4)]
    store.record([Point(name, labels, NOW_MS, value, 1, value, value) for ((name, labels, value),) in placed])
    again = restarted(store)

    assert [labels for ((_, labels, _),) in placed] == [(("job", str(n)),) for n in range(4)]
    assert [again.place(told({"depth": 1}, job=n, spider=n), (), excess) for n in range(4)] == placed
    assert not excess


def test_reading_anew_forgets_what_went_and_keeps_what_is_on_its_way():
    """A series that was admitted since the last reading may not have been committed when this one began."""
    store = MemorySeriesStore()
    store.record([point("old")])
    limits = restarted(store)
    limits.place(told({"new": 1}), JOB, Excess())
    store.prune(raw_before_ms=2 * NOW_MS, minutes_before_ms=2 * NOW_MS, hours_before_ms=2 * NOW_MS)

    limits.rebuild()
    assert not limits.knows("old")
    assert limits.knows("new")
    limits.rebuild()
    assert not limits.knows("new")


def test_a_store_that_is_away_leaves_all_known():
    """The next reading makes it good."""

    class Away(MemorySeriesStore):
        is_away = False

        def names(self) -> list[str]:
            if self.is_away:
                raise Unavailable("storage_down", 1)
            return super().names()

    store = Away()
    limits = restarted(store)
    limits.place(told({"depth": 1}), JOB, Excess())
    store.is_away = True
    with pytest.raises(Unavailable):
        limits.rebuild()
    store.is_away = False

    assert limits.knows("depth")
    limits.rebuild()
    assert limits.knows("depth")
