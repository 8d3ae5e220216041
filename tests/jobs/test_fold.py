"""What events make of their job, step by step."""

import pytest

from app.jobs.fold import fold
from app.storage.base import Commit, Job
from scrapewatch.events import FLAGS, MAX_SAFE_INTEGER
from tests.fakes import NOW_MS, event

LATE = 1 << FLAGS.index("late")


def run(*steps, job=None):
    """The job after events given as (type, data) or (type, data, ms after the first)."""
    job = job or Job("123", 1, created_at=NOW_MS)
    events = []
    for number, (type_, data, *after) in enumerate(steps, job.last_cursor + 1):
        at_ms = NOW_MS + (after[0] if after else 0)
        events.append(event(type_, data=data, at_ms=at_ms, received_ms=at_ms, cursor=number))
        job.last_cursor = number
    fold(Commit([], list(events), [job], 0), {"123": job})
    return job, events


@pytest.mark.parametrize(
    ("types", "status"),
    [
        (["job_queued"], "queued"),
        (["job_queued", "job_started"], "running"),
        (["job_queued", "log", "metric"], "queued"),
        (["job_queued", "item_scraped"], "running"),
        (["job_queued", "item_summary"], "running"),
        (["job_queued", "job_progress"], "running"),
        (["job_queued", "heartbeat"], "running"),
        (["job_queued", "error"], "running"),
        (["item_scraped", "job_queued"], "running"),
        (["job_started"], "running"),
        (["item_scraped"], "running"),
        (["job_started", "job_completed"], "completed"),
        (["job_started", "job_failed"], "failed"),
        (["job_queued", "job_cancelled"], "cancelled"),
        (["job_completed"], "completed"),
        (["job_started", "job_stalled"], "stalled"),
        (["job_started", "job_stalled", "item_scraped"], "running"),
        (["job_started", "job_lost"], "lost"),
        (["job_started", "job_lost", "heartbeat"], "running"),
        (["job_started", "job_lost", "job_completed"], "completed"),
        (["job_started", "job_completed", "job_started"], "running"),
        (["job_started", "job_completed", "item_scraped"], "completed"),
    ],
)
def test_the_state_follows_the_events(types, status):
    """Each path through the state machine ends where the contract says."""
    assert run(*((type_, {}) for type_ in types))[0].status == status


def test_the_first_end_wins():
    """A second end is flagged and changes nothing."""
    job, events = run(("job_failed", {"reason": "banned"}, 10), ("job_completed", {"itemsScraped": 5}, 20))

    assert (job.status, job.reason, job.finished_at, job.items_reported) == ("failed", "banned", NOW_MS + 10, None)
    assert [item.flags & LATE for item in events] == [0, LATE]


def test_progress_after_the_end_changes_nothing():
    """It is flagged; items and errors that come as late still count."""
    job, events = run(
        ("job_progress", {"done": 5, "itemsScraped": 5, "requests": {"total": 7}}),
        ("job_completed", {}),
        ("job_progress", {"done": 2, "total": 9, "itemsScraped": 2, "requests": {"total": 8}}),
        ("item_scraped", {}),
        ("error", {}),
    )

    assert (job.status, job.done, job.total, job.items_reported) == ("completed", 5, None, 5)
    assert (job.totals, job.items, job.errors) == ({"requests": {"total": 7}, "at": NOW_MS}, 1, 1)
    assert [item.flags & LATE for item in events] == [0, 0, LATE, 0, 0]


def test_counters_stop_at_what_every_reader_can_hold():
    """No sum of counts is refused by a store."""
    most = {"count": MAX_SAFE_INTEGER}
    job, _ = run(("item_summary", most), ("item_summary", most), ("item_scraped", {}), ("error", most), ("error", {}))

    assert (job.items, job.errors) == (MAX_SAFE_INTEGER, MAX_SAFE_INTEGER)


def test_a_start_after_the_end_opens_a_new_attempt():
    """Counters begin again; what the job is stays."""
    start = ("job_started", {"source": "ebay.com"})
    job, _ = run(start, ("item_scraped", {}), ("error", {}), ("job_failed", {}), ("job_started", {}, 500))

    assert (job.attempt, job.status, job.items, job.errors, job.source) == (2, "running", 0, 0, "ebay.com")
    assert (job.first_cursor, job.started_at, job.finished_at, job.reason) == (5, NOW_MS + 500, None, None)


def test_a_second_start_of_a_running_job_is_no_new_attempt():
    """A client that repeats itself does not lose the counters."""
    job, _ = run(("job_started", {}), ("item_scraped", {}), ("job_started", {"source": "x"}))

    assert (job.attempt, job.items, job.source) == (1, 1, "x")


def test_items_are_counted_one_by_one_and_by_summary():
    """Two items and a summary of forty are 42; the scraper's own figure stands apart."""
    job, _ = run(
        ("item_scraped", {}),
        ("item_scraped", {}),
        ("item_summary", {"count": 40}),
        ("job_progress", {"itemsScraped": 50}),
    )

    assert (job.items, job.items_reported) == (42, 50)


def test_an_error_may_stand_for_many():
    """`count` says how many; without it, one."""
    assert run(("error", {}), ("error", {"count": 9}), ("error", {"count": None}))[0].errors == 11


def test_progress_keeps_what_it_does_not_name():
    """Each report changes only its own fields, totals included."""
    job, _ = run(
        ("job_started", {"total": 100, "unit": "pages"}),
        ("job_progress", {"done": 10, "requests": {"total": 11}}),
        ("job_progress", {"done": 20, "bytes": {"received": 5}}),
    )

    assert (job.done, job.total, job.unit) == (20, 100, "pages")
    assert job.totals == {"requests": {"total": 11}, "bytes": {"received": 5}, "at": NOW_MS}


def test_the_duration_is_the_scraper_s_or_else_measured():
    """`duration` of the last event counts; without it, the time from start to end."""
    assert run(("job_started", {}), ("job_completed", {"duration": 60_000}, 5))[0].duration == 60_000
    assert run(("job_started", {}), ("job_completed", {}, 1_500))[0].duration == 1_500


def test_the_worker_is_the_host_that_last_spoke():
    """A `worker` event names it."""
    assert run(("worker", {"host": "paris-02"}))[0].worker == "paris-02"


def test_tags_come_together_whoever_gives_them():
    """Those of the scraper and of people; a job that somebody tags is not heard of thereby, and may have ended."""
    job, _ = run(
        ("job_started", {"tags": ["a", "b"]}),
        ("job_completed", {}, 5),
        ("job_tagged", {"added": ["c", "a"], "by": "zoe"}, 9),
        ("job_tagged", {"removed": ["b", "x"], "by": "zoe"}, 9),
    )
    assert (job.tags, job.status, job.last_event_at) == (["a", "c"], "completed", NOW_MS + 5)

    again, _ = run(("job_started", {"tags": ["b"]}), job=job)
    assert again.tags == ["a", "c", "b"]


@pytest.mark.parametrize("judgement", ["job_stalled", "job_lost"])
@pytest.mark.parametrize("sign", ["item_scraped", "job_started", "error", "job_completed"])
def test_a_reason_goes_with_what_it_was_given_for(judgement, sign):
    """The sentence stays no longer than the job is stalled or lost, whatever ends that."""
    judged, _ = run(("job_started", {}), (judgement, {"reason": "silent"}))
    assert judged.reason == "silent"

    back, _ = run((sign, {}), job=judged)

    assert back.status in {"running", "completed"}
    assert back.reason is None


def test_a_queued_job_begins_with_what_only_a_run_can_tell():
    """Not with a line of its log; and its duration is counted from there."""
    job, _ = run(("job_queued", {}), ("log", {}, 10), ("job_progress", {"done": 1}, 20), ("job_completed", {}, 50))

    assert (job.status, job.started_at, job.duration) == ("completed", NOW_MS + 20, 30)


def test_a_report_overtaken_by_a_later_one_changes_nothing():
    """It is older and shows less: flagged. Older and more is a clock set back, newer and less a counter begun again."""
    before = ("job_progress", {"done": 9, "requests": {"total": 90}}, 2_000)
    job, (_, late) = run(before, ("job_progress", {"done": 4, "requests": {"total": 40}}, 1_000))
    assert (late.flags, job.done, job.totals["requests"]) == (LATE, 9, {"total": 90})

    job, (_, behind) = run(before, ("job_progress", {"requests": {"total": 95}}, 1_000))
    assert (behind.flags, job.totals["requests"]) == (0, {"total": 95})

    job, (_, again) = run(before, ("job_progress", {"requests": {"total": 3}}, 3_000))
    assert (again.flags, job.totals["requests"]) == (0, {"total": 3})
