"""Events as points of the series."""

import weakref

import pytest

from app.jobs.fold import fold
from app.metrics.points import baselines, labels_of, points_of, points_of_values
from app.metrics.reported import totals_of
from app.metrics.window import growth
from app.storage import sketches
from app.storage.base import Commit, Event, Job
from app.storage.base_series import RAW_MS, Point
from tests.fakes import NOW_MS, event, fresh_limits

SLOT_MS = NOW_MS - NOW_MS % RAW_MS
LABELS = (("job", "123"), ("source", "ebay.com"), ("spider", "ebay.com: cards"))
SPIDER = LABELS[1:]


def job(**fields) -> Job:
    """The job of the events made here."""
    return Job(
        **{
            "id": "123",
            "sender_id": 1,
            "created_at": NOW_MS,
            "started_at": NOW_MS,
            "source": "ebay.com",
            "query": "cards",
            **fields,
        }
    )


def points(*events: Event, known: Job | None = None) -> list[Point]:
    """What the two halves of the fold make of new events."""
    known = known or job()
    jobs = {known.id: known}
    before = baselines(jobs)
    commit = Commit([], list(events), list(jobs.values()), 0)
    fold(commit, jobs)
    return points_of(commit, jobs, before, fresh_limits())


def sums(found: list[Point]) -> dict[str, float]:
    """Each point's sum, by name."""
    return {point.name: point.sum for point in found}


def test_items_of_a_job_become_one_point():
    """Three items, and a summary of seven: ten, each a sample of one."""
    found = points(*[event() for _ in range(3)], event("item_summary", data={"count": 7}))

    assert found == [Point("items", LABELS, SLOT_MS, 10.0, 10, 1.0, 1.0)]


def test_points_of_different_times_stay_apart():
    """Items a slot apart lie in two."""
    found = points(event(at_ms=SLOT_MS), event(at_ms=SLOT_MS + RAW_MS), event(at_ms=SLOT_MS + 2 * RAW_MS - 1))

    assert [(point.at_ms, point.sum) for point in found] == [(SLOT_MS, 1.0), (SLOT_MS + RAW_MS, 2.0)]


def test_an_event_counts_no_later_than_it_was_received():
    """A clock that runs ahead by a minute moves no item into the future."""
    (found,) = points(event(at_ms=NOW_MS + 60_000, received_ms=NOW_MS))

    assert found.at_ms == SLOT_MS


def test_errors_count_as_often_as_they_say():
    """One, and one that stands for four: five in two reports."""
    (found,) = points(event("error", data={"message": "no price"}), event("error", data={"count": 4}))

    assert found == Point("errors", LABELS, SLOT_MS, 5.0, 2, 1.0, 4.0)


def test_progress_counts_what_came_on_top():
    """Totals of 100, then 160 requests, where 40 were known before, are 120 more."""
    known = job(totals={"requests": {"total": 40, "failed": 1}, "bytes": {"sent": 10, "received": 90}})
    found = points(
        event("job_progress", data={"requests": {"total": 100, "failed": 3}}),
        event("job_progress", data={"requests": {"total": 160, "failed": 3}, "bytes": {"sent": 20, "received": 180}}),
        known=known,
    )

    assert sums(found) == {
        "requests": 120,
        "requestsFailed": 2,
        "bytes": 100,
        "bytesSent": 10,
        "bytesReceived": 90,
    }


def test_progress_after_the_end_makes_no_points():
    """It is late; an item that comes as late still counts."""
    report = event("job_progress", data={"requests": {"total": 50}})

    found = points(event("job_completed", data={"duration": 5}), report, event(), event("error"))

    assert sums(found) == {"items": 1, "errors": 1, "jobs.ended": 1, "jobs.duration": 5}


def test_a_new_attempt_counts_from_zero():
    """After 40 requests a new attempt that reports 50 has made 50, not 10; a second start changes nothing."""
    known = job(status="failed", totals={"requests": {"total": 40}})
    found = points(
        event("job_started"),
        event("job_progress", data={"requests": {"total": 50}}),
        event("job_started"),
        event("job_progress", data={"requests": {"total": 60}}),
        known=known,
    )

    assert sums(found) == {"requests": 60, "jobs.started": 1}


def test_the_source_is_known_from_the_first_batch():
    """A job that starts and scrapes in one message has its source on its first point."""
    told = event("job_started", data={"source": "ebay.com", "query": "cards"})
    (found,) = points(told, event(), known=job(source=None, query=None))

    assert found.labels == LABELS


@pytest.mark.parametrize(
    ("previous", "current", "delta"),
    [
        ({}, {"requests": {"total": 5, "failed": 1, "retried": 2}},
         {"requests": 5, "requestsFailed": 1, "requestsRetried": 2}),
        ({"bytes": {"sent": 1, "received": 2}}, {"bytes": {"sent": 2, "received": 4}},
         {"bytes": 3, "bytesSent": 1, "bytesReceived": 2}),
        ({"proxies": {"a": {"requests": 3}}},
         {"proxies": {"a": {"requests": 4}, "b": {"requests": 5}}}, {"requestsProxied": 6}),
        ({"requests": {"total": 9}}, {"requests": {"total": 2}}, {"requests": 2}),
        ({}, {"requests": {"total": "many"}, "bytes": 7, "proxies": {"a": 1}, "domains": []}, {}),
        ({}, {}, {}),
    ],
    ids=["requests", "bytes", "proxies", "restarted", "nonsense", "nothing"],
)  # fmt: skip
def test_the_delta_of_two_reports(previous: dict[str, object], current: dict[str, object], delta: object):
    """Counters by metric name; what is not told, or no number, is left out."""
    assert growth(totals_of(previous), totals_of(current)) == delta


def test_what_waits_and_how_long_answers_take_are_states():
    """Two reports of 8 and 2 waiting requests are two samples; a latency that is not told makes none."""
    found = points(
        event("job_progress", data={"requests": {"pending": 8}, "latency": {"p50": 120, "p95": 900.5}}),
        event("job_progress", data={"requests": {"pending": 2}}),
    )

    assert {(point.name, point.sum, point.count, point.min, point.max) for point in found} == {
        ("requestsPending", 10.0, 2, 2.0, 8.0),
        ("latency.p50", 120.0, 1, 120.0, 120.0),
        ("latency.p95", 900.5, 1, 900.5, 900.5),
    }


def test_attempts_and_their_ends_are_counted_by_spider():
    """One that failed after 40 s and one that was cancelled after 2: two began, no job's id is among the labels."""
    found = points(
        event("job_started"),
        event("job_failed", data={"duration": 40_000}),
        event("job_started"),
        event("job_cancelled", at_ms=NOW_MS + 2_000),
        event("job_cancelled", at_ms=NOW_MS + 3_000),
        known=job(started_at=None),
    )

    by_status = {(point.name, dict(point.labels).get("status", "")): point for point in found}
    assert {key: point.sum for key, point in by_status.items()} == {
        ("jobs.started", ""): 2,
        ("jobs.ended", "failed"): 1,
        ("jobs.duration", "failed"): 40_000,
        ("jobs.ended", "cancelled"): 1,
        ("jobs.duration", "cancelled"): 2_000,
    }
    assert {point.labels for point in found if not dict(point.labels).get("status")} == {SPIDER}


def test_two_attempts_in_one_batch_both_count_from_zero():
    """50 requests, a failure, 30 of the next attempt, a failure, 60 of the one after that: 140."""
    found = points(
        event("job_progress", data={"requests": {"total": 50}}),
        event("job_failed"),
        event("job_started"),
        event("job_progress", data={"requests": {"total": 30}}),
        event("job_failed"),
        event("job_started"),
        event("job_progress", data={"requests": {"total": 60}}),
    )

    assert sums(found)["requests"] == 140


def test_an_attempt_begins_with_whatever_comes_first():
    """An item of a job that never said that it starts; what tells only that it waits begins nothing."""
    assert sums(points(event(), known=job(started_at=None)))["jobs.started"] == 1
    assert points(event("job_queued"), known=job(started_at=None)) == []


@pytest.mark.parametrize(("type_", "name"), [("job_stalled", "jobs.stalled"), ("job_lost", "jobs.lost")])
def test_silence_is_counted(type_: str, name: str):
    """What the server found of a job, once; not where it was heard meanwhile."""
    assert points(event(type_)) == [Point(name, SPIDER, SLOT_MS, 1, 1, 1, 1)]
    assert points(event(type_, data={"lastEventAt": NOW_MS - 1}), known=job(last_event_at=NOW_MS)) == []


def test_a_report_that_was_overtaken_counts_for_nothing():
    """100, 160, and then the 130 made between them: 160. A clock set back still counts on: 170 are 10 more."""
    found = points(
        event("job_progress", data={"requests": {"total": 100}}, at_ms=NOW_MS),
        event("job_progress", data={"requests": {"total": 160}}, at_ms=NOW_MS + 2_000),
        event("job_progress", data={"requests": {"total": 130}}, at_ms=NOW_MS + 1_000),
        event("job_progress", data={"requests": {"total": 170}}, at_ms=NOW_MS - 3_600_000),
    )

    assert sum(point.sum for point in found) == 170


def test_own_metrics_carry_their_labels_and_their_job():
    """Values keep their least and greatest; the job's labels are not the user's to set."""
    data = {"labels": {"proxy": "eu", "tries": 2, "fresh": True, "job": "another"}}
    found = points(
        event("metric", data={**data, "values": {"queue": 4}}), event("metric", data={**data, "values": {"queue": -1}})
    )

    labels = (("fresh", "true"), ("proxy", "eu"), ("tries", "2"), *LABELS)
    assert found == [Point("queue", tuple(sorted(labels)), SLOT_MS, 3.0, 2, -1.0, 4.0, sketches.of([4, -1]))]


def test_labels_that_are_remembered_hold_on_to_no_long_text():
    """They are of 200 characters each, and whatever longer text they were made of can go."""

    class Text(str):
        """A text that can be watched."""

    long = Text("x" * 300)
    watched = weakref.ref(long)
    found = labels_of("123", job(source=long, query=long))
    del long

    assert found == (("job", "123"), ("source", "x" * 200), ("spider", "x" * 200))
    assert watched() is None


def test_own_metrics_are_bounded():
    """Twenty labels, names and values of 200 characters; no name of the catalogue, no infinite value."""
    labels = {f"label{number:02}": "x" * 300 for number in range(30)}
    values = {"n" * 201: 1, "jobs.active": 99, "items": 99, "endless": float("inf"), "mine": 1}
    (found,) = points_of(Commit([], [_metric(values, labels)], [], 0), {}, {}, fresh_limits())

    assert found.name == "mine"
    assert len(found.labels) == 20
    assert {len(text) for _, text in found.labels} == {200}


def test_one_event_makes_a_bounded_number_of_series():
    """A hundred, however many figures it brings."""
    values = {f"mine{number:04}": 1.0 for number in range(5_000)}
    found = points_of(Commit([], [_metric(values, {})], [], 0), {}, {}, fresh_limits())

    assert [point.name for point in found] == list(values)[:100]


def test_gauges_become_points_of_one_sample():
    """A value read once is its own sum, least and greatest."""
    assert points_of_values({"jobs.active": 3.0}, 5) == [Point("jobs.active", (), 5, 3.0, 1, 3.0, 3.0, b"")]


def _metric(values: dict[str, float], labels: dict[str, str]) -> Event:
    made = event("metric", job_id="")
    made.body = {"values": values, "labels": labels}
    return made
