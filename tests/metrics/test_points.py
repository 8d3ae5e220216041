"""Events as points of the series."""

import pytest

from app.jobs.fold import fold
from app.metrics.points import baselines, points_of, points_of_values, progress_delta
from app.storage.base import Commit, Event, Job
from app.storage.base_series import Point
from tests.fakes import NOW_MS, event

SLOT_MS = NOW_MS - NOW_MS % 10_000
LABELS = (("job", "123"), ("source", "ebay.com"))


def job(**fields) -> Job:
    """The job of the events made here."""
    return Job(**{"id": "123", "sender_id": 1, "created_at": NOW_MS, "source": "ebay.com", **fields})


def points(*events: Event, known: Job | None = None) -> list[Point]:
    """What the two halves of the fold make of new events."""
    known = known or job()
    jobs = {known.id: known}
    before = baselines(jobs)
    commit = Commit([], list(events), list(jobs.values()), 0)
    fold(commit, jobs)
    return points_of(commit, jobs, before)


def sums(found: list[Point]) -> dict[str, float]:
    """Each point's sum, by name."""
    return {point.name: point.sum for point in found}


def test_items_of_a_job_become_one_point():
    """Three items, and a summary of seven: ten, each a sample of one."""
    found = points(*[event() for _ in range(3)], event("item_summary", data={"count": 7}))

    assert found == [Point("items", LABELS, SLOT_MS, 10.0, 10, 1.0, 1.0)]


def test_points_of_different_times_stay_apart():
    """Items ten seconds apart lie in two slots."""
    found = points(event(at_ms=SLOT_MS), event(at_ms=SLOT_MS + 10_000), event(at_ms=SLOT_MS + 19_999))

    assert [(point.at_ms, point.sum) for point in found] == [(SLOT_MS, 1.0), (SLOT_MS + 10_000, 2.0)]


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

    assert sums(found) == {"requests": 120, "requestsFailed": 2, "bytes": 100}


def test_progress_after_the_end_makes_no_points():
    """It is late; an item that comes as late still counts."""
    report = event("job_progress", data={"requests": {"total": 50}})

    assert sums(points(event("job_completed"), report, event(), event("error"))) == {"items": 1, "errors": 1}


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

    assert sums(found) == {"requests": 60}


def test_the_source_is_known_from_the_first_batch():
    """A job that starts and scrapes in one message has its source on its first point."""
    (found,) = points(event("job_started", data={"source": "ebay.com"}), event(), known=job(source=None))

    assert found.labels == LABELS


@pytest.mark.parametrize(
    ("previous", "current", "delta"),
    [
        ({}, {"requests": {"total": 5, "failed": 1, "retried": 2}},
         {"requests": 5, "requestsFailed": 1, "requestsRetried": 2}),
        ({"bytes": {"sent": 1, "received": 2}}, {"bytes": {"sent": 2, "received": 4}}, {"bytes": 3}),
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
    assert progress_delta(previous, current) == delta


def test_own_metrics_carry_their_labels_and_their_job():
    """Values keep their least and greatest; the job's labels are not the user's to set."""
    data = {"labels": {"proxy": "eu", "tries": 2, "fresh": True, "job": "another"}}
    found = points(
        event("metric", data={**data, "values": {"queue": 4}}), event("metric", data={**data, "values": {"queue": -1}})
    )

    labels = (("fresh", "true"), ("job", "123"), ("proxy", "eu"), ("source", "ebay.com"), ("tries", "2"))
    assert found == [Point("queue", labels, SLOT_MS, 3.0, 2, -1.0, 4.0)]


def test_own_metrics_are_bounded():
    """Twenty labels, names and values of 200 characters; no name of the catalogue, no infinite value."""
    labels = {f"label{number:02}": "x" * 300 for number in range(30)}
    values = {"n" * 201: 1, "jobs.active": 99, "items": 99, "endless": float("inf"), "mine": 1}
    (found,) = points_of(Commit([], [_metric(values, labels)], [], 0), {}, {})

    assert found.name == "mine"
    assert len(found.labels) == 20
    assert {len(text) for _, text in found.labels} == {200}


def test_gauges_become_points_of_one_sample():
    """A value read once is its own sum, least and greatest."""
    assert points_of_values({"jobs.active": 3.0}, 5) == [Point("jobs.active", (), 5, 3.0, 1, 3.0, 3.0)]


def _metric(values: dict[str, float], labels: dict[str, str]) -> Event:
    made = event("metric", job_id="")
    made.body = {"values": values, "labels": labels}
    return made
