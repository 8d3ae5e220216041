"""Any history of an hour: told as it happens, read back from the store or added up from the series, it is the same."""

from collections.abc import Mapping
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.jobs.fold import fold
from app.metrics.points import baselines, points_of
from app.storage.base import Commit, Event, Job
from app.storage.base_series import Point
from tests.fakes import event, fresh_limits
from tests.metrics.house import House

MINUTE_MS = 60_000
ENDS = ("job_completed", "job_failed", "job_cancelled")


ONE: Mapping[str, Any] = {"job_id": "a", "late_ms": 0}
REPORT: Mapping[str, Any] = {**ONE, "type_": "job_progress", "data": {"requests": {"total": 1}}}
AGAIN = [
    (0, [REPORT, {**ONE, "type_": "job_lost", "data": {}}, {**ONE, "type_": "job_started", "data": {}}]),
    (0, [REPORT]),
]
"""One commit tells of two attempts, and each of them reports the same."""

LOST = [(0, [REPORT]), (0, [*AGAIN[0][1][1:], REPORT])]
"""The same, of a job that reported in the commit before."""


@st.composite
def told(draw: st.DrawFn) -> tuple[int, list[dict[str, Any]]]:
    """After how many ms a batch comes, and its events: type, job, data, and by how much they are late."""
    count = draw(st.integers(1, 3))
    return draw(st.sampled_from([0, 300, 7_000, 65_000])), [draw(one()) for _ in range(count)]


@st.composite
def one(draw: st.DrawFn) -> dict[str, Any]:
    """An event of one of two jobs."""
    type_ = draw(
        st.sampled_from(
            ["job_queued", "job_started", "item_scraped", "item_summary", "error", "job_lost", "heartbeat"]
            + ["job_progress"] * 4
            + list(ENDS)
        )
    )
    data: dict[str, Any] = {}
    if type_ == "job_progress":
        data = {"requests": {"total": draw(st.integers(0, 50))}}
        if draw(st.booleans()):
            data["bytes"] = {"received": draw(st.integers(0, 900))}
    elif type_ == "item_summary":
        data = {"count": draw(st.integers(0, 9))}
    elif type_ in ENDS and draw(st.booleans()):
        data = {"duration": draw(st.integers(0, 9_000))}
    return {"type_": type_, "job_id": draw(st.sampled_from("ab")), "data": data, "late_ms": draw(st.integers(0, 2_000))}


def made(now_ms: int, type_: str, job_id: str, data: dict[str, Any], late_ms: int) -> Event:
    """The event, told some time after it happened."""
    return event(type_, job_id, data=data, at_ms=now_ms - late_ms, received_ms=now_ms)


def lived(history) -> tuple[House, list[Point]]:
    """A house through which a history went, and the points that it made."""
    house, points = House(), list[Point]()

    def fold_all(commit: Commit, jobs: Mapping[str, Job]) -> list[Point]:
        before = baselines(jobs)
        fold(commit, jobs)
        points.extend(points_of(commit, jobs, before, fresh_limits()))
        return []

    for after_ms, events in history:
        house.clock.advance(after_ms)
        told_now = [made(house.clock.now_ms(), **fields) for fields in events]
        house.figures.on_commit(house.store.append(told_now, fold_all))
    return house, points


@settings(max_examples=60, deadline=None)
@given(st.lists(told(), max_size=15))
def test_a_restart_shows_the_same_after_any_history(history):
    """Whatever came, in whatever order, late or twice over, through attempts that ended and began again."""
    house, _ = lived(history)

    fresh = house.restarted()

    assert fresh.values() == house.figures.values()
    assert [fresh.job_rate(name) for name in "ab"] == [house.figures.job_rate(name) for name in "ab"]


@settings(max_examples=60, deadline=None)
@given(st.lists(told(), max_size=15))
@example(AGAIN)
@example(LOST)
def test_the_series_add_up_to_the_live_figures(history):
    """Requests, bytes, and jobs by how they ended, since the start."""
    house, points = lived(history)
    by_spider = house.figures.by_spider().get("", {})

    for name in ("items", "errors", "requests", "bytes", "jobs.ended"):
        in_series = sum(point.sum for point in points if point.name == name)
        assert in_series == sum(count for (counted, _), count in by_spider.items() if counted == name), name
