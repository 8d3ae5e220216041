"""Questions through a pipe, over a real store: also those about another time."""

from typing import Any

import pytest

from app.core.errors import InvalidInput
from app.metrics.piped import PipedReader
from app.metrics.series import Answer, SeriesQuery, SeriesReader
from app.metrics.transforms import parse
from app.storage.base import JobFilter
from app.storage.base_series import HOUR_MS, MINUTE_MS, RAW_MS, Point
from app.storage.memory import MemoryEventStore
from app.storage.memory_series import MemorySeriesStore
from tests.fakes import StoppedClock, event, jobs_fold

T = 500_000 * HOUR_MS
DAY_MS = 24 * HOUR_MS
CLOCK = StoppedClock(T + 2 * MINUTE_MS)


def gain(at_ms: int, value: float, **labels: str) -> Point:
    """What the counter `items` gained."""
    return Point("items", tuple(sorted(labels.items())), at_ms, value, int(value), 1.0, 1.0)


class House:
    """Series, jobs and the reader of both."""

    def __init__(self) -> None:
        self.series = MemorySeriesStore()
        self.events = MemoryEventStore(CLOCK, list)
        self.reader = PipedReader(SeriesReader(self.series, CLOCK).query, self.events, CLOCK.now_ms())

    def run(self, job_id: str, at_ms: int, query: str = "cards") -> None:
        """A run of a spider that started then."""
        told = {"source": "ebay.com", "query": query}
        self.events.append([event("job_started", job_id, data=told, at_ms=at_ms)], jobs_fold)

    def answer(self, pipe: str, **asked: Any) -> Answer:
        """Two minutes, by the minute."""
        query = SeriesQuery(name="items", **{"from_ms": T, "to_ms": T + 2 * MINUTE_MS, "step_ms": MINUTE_MS, **asked})
        return self.reader.query(query, parse(pipe))

    def ask(self, pipe: str, **asked: Any) -> dict[str, list[float | None]]:
        """The lines of `answer`, by their labels."""
        found = self.answer(pipe, **asked)
        return {"/".join(line.labels.values()): [value for _, value in line.points] for line in found.series}


@pytest.fixture
def house() -> House:
    return House()


def test_lines_are_told_apart_by_what_the_pipe_groups_by(house: House):
    """60 items of one source in a minute are 1 a second, 120 of another 2; nobody has to say `by` as well."""
    house.series.record([gain(T, 60, source="a", job="1"), gain(T, 60, source="b"), gain(T, 60, source="b", job="2")])

    assert house.ask("groupBy(source) | rate | top(1)") == {"b": [2, 0]}
    assert house.ask("rate") == {"": [3, 0]}


def test_today_stands_beside_yesterday(house: House):
    """5 today, 7 at the same time a day ago."""
    house.series.record([gain(T, 5, source="a"), gain(T - DAY_MS, 7, source="a")])

    assert house.ask("compare(yesterday)", by=("source",)) == {"a": [5, 0], "a/yesterday": [7, 0]}


def test_a_job_stands_beside_the_last_run_of_its_spider(house: House):
    """From its start: what the run before gained in its second minute lies beside this one's second minute."""
    earlier, start = T - 5 * HOUR_MS, T
    house.run("before last", earlier - HOUR_MS)
    house.run("last", earlier)
    house.run("another", T - HOUR_MS, query="stamps")
    house.run("now", start)
    house.series.record([gain(earlier + MINUTE_MS, 30, job="last"), gain(earlier - HOUR_MS, 9, job="before last")])
    house.series.record([gain(start, 10, job="now"), gain(start + MINUTE_MS, 20, job="now")])

    assert house.ask("compare(lastRun)", where={"job": "now"}) == {"": [10, 20], "lastRun": [0, 30]}
    assert house.ask("compare(lastRun)", where={"job": "now"}, by=("job",)) == {
        "now": [10, 20],
        "now/lastRun": [0, 30],
    }


@pytest.mark.parametrize("agg", [None, "sum", "avg", "min", "max"])
def test_a_rate_is_of_all_that_was_counted(house: House, agg: str | None):
    """60 and 120 items within a minute are 3 a second, not the mean, the least or the greatest of both by seconds."""
    house.series.record([gain(T, 60), gain(T + RAW_MS, 120)])

    assert house.ask("rate", agg=agg) == {"": [3, 0]}


@pytest.mark.parametrize(("pipe", "by", "field"), [("groupBy(place)", (), "transform"), ("", ("place",), "by")])
def test_lines_are_told_apart_by_labels_that_the_metric_has(house: House, pipe: str, by: tuple[str, ...], field: str):
    """A label that the catalogue does not give it is named, with those that it has."""
    house.series.record([gain(T, 60, source="a")])
    with pytest.raises(InvalidInput) as caught:
        house.ask(pipe, by=by)

    assert caught.value.field == field
    assert "place: no label of items (job, source, spider)" in caught.value.detail


def test_both_times_are_told_by_the_same_step(house: House):
    """Of a run a week ago minutes are kept: 5 each 5 s are 60 a minute, then and now, and 1 a second."""
    earlier = T - 7 * DAY_MS
    house.run("last", earlier)
    house.run("now", T)
    for begin, job in ((earlier, "last"), (T, "now")):
        house.series.record([gain(begin + n * RAW_MS, 5, job=job) for n in range(2 * MINUTE_MS // RAW_MS)])
    asked = {"where": {"job": "now"}, "step_ms": RAW_MS}

    assert house.ask("compare(lastRun)", **asked) == {"": [60, 60], "lastRun": [60, 60]}
    assert house.ask("rate | compare(lastRun)", **asked) == {"": [1, 1], "lastRun": [1, 1]}
    assert house.answer("compare(lastRun)", **asked).step_ms == MINUTE_MS


@pytest.mark.parametrize("job_id", ["first", "unknown"])
def test_the_first_run_stands_alone(house: House, job_id: str):
    """As does one that nobody knows."""
    house.run("first", T)
    house.series.record([gain(T, 10, job=job_id)])

    assert house.ask("compare(lastRun)", where={"job": job_id}) == {"": [10, 0]}
    assert house.answer("compare(lastRun) | rate", where={"job": job_id}).is_first
    assert not house.answer("compare(yesterday)", where={"job": job_id}).is_first


def test_a_run_that_started_later_is_no_earlier_one(house: House):
    """A job that was tried again counts by its last start, however old its first is."""
    house.run("again", T - 2 * HOUR_MS)
    house.run("now", T)
    house.events.append([event("job_failed", "again", at_ms=T - HOUR_MS)], jobs_fold)
    house.run("again", T + MINUTE_MS)
    house.series.record([gain(T, 10, job="now")])

    assert house.answer("compare(lastRun)", where={"job": "now"}).is_first


def test_many_runs_of_a_source_are_looked_through(house: House):
    """The last run is found behind three hundred of other spiders."""
    house.run("last", T - DAY_MS)
    for number in range(300):
        house.run(f"other {number}", T - HOUR_MS, query="stamps")
    house.run("now", T)
    (now, *_) = house.events.jobs(JobFilter(source="ebay.com"), limit=1)

    found = house.reader.last_run(now)

    assert found
    assert found.id == "last"


def test_only_a_job_has_a_last_run(house: House):
    """The error says what the query lacks."""
    with pytest.raises(InvalidInput) as caught:
        house.ask("compare(lastRun)", by=("source",))

    assert caught.value.field == "transform"
    assert "job" in caught.value.detail
