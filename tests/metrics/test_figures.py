"""The live figures, as commits of a real store make them."""

import threading

from app.metrics.scraping import Scraping
from app.metrics.system import Reading
from app.storage.memory import MemoryEventStore
from tests.fakes import NOW_MS, StoppedClock, event, jobs_fold, no_fold
from tests.metrics.house import House

HOUR_MS = 3_600_000


def test_an_empty_house_shows_zeros_under_the_right_names(house: House):
    """SystemMetrics and ScrapingMetrics, whole."""
    assert house.figures.current() == {
        "system": {
            "cpu": {"usage": 0.0, "load": [0.0, 0.0, 0.0]},
            "memory": {"used": 0, "total": 0, "free": 0},
            "network": {"requestsPerSecond": 0.0, "bytesTransferred": 0},
            "workers": {"active": 0, "idle": 0, "maxConcurrency": 0},
        },
        "scraping": {
            "jobs": {"active": 0, "queued": 0, "completed": 0, "failed": 0},
            "performance": {"averageJobDuration": 0.0, "itemsPerSecond": 0.0, "successRate": 0.0},
            "resources": {"proxyUsage": 0.0, "bandwidthUsed": 0},
        },
    }


def test_counts_are_whole_numbers(house: House):
    """A reader in a typed language gets 1, not 1.0."""
    house.figures.read(Reading(0.5, (1, 2, 3), 1, 2, 1, 0))
    house.say("job_started")
    current = house.figures.current()

    assert isinstance(current["scraping"]["jobs"]["active"], int)
    assert isinstance(current["system"]["memory"]["total"], int)


def test_jobs_are_counted_by_their_present_state(house: House):
    """Two run, one waits, two completed, one failed, one was cancelled, one is silent but not given up."""
    house.say("job_queued", "waits")
    for name in ("a", "b", "c", "d", "e", "f", "g"):
        house.say("job_started", name)
    for name, end in (("c", "completed"), ("d", "completed"), ("e", "failed"), ("f", "cancelled")):
        house.say(f"job_{end}", name)
    house.say("job_stalled", "g")

    assert house.scraping["jobs"] == {"active": 3, "queued": 1, "completed": 2, "failed": 1}
    assert house.scraping["performance"]["successRate"] == 2 / 3


def test_finished_jobs_count_for_an_hour(house: House):
    """A job that failed 50 minutes ago counts, one that failed 61 minutes ago does not."""
    house.say("job_failed", "a")
    house.clock.advance(11 * 60_000)
    house.say("job_failed", "b")
    house.clock.advance(50 * 60_000)

    assert house.scraping["jobs"]["failed"] == 1
    assert house.figures.values()["jobs.failureRate"] == 1.0


def test_a_restarted_job_is_no_failure_any_more(house: House):
    """It failed, runs again, completes: at each time it is in one state only."""
    house.say("job_failed")
    assert house.scraping["jobs"]["failed"] == 1

    house.say("job_started")
    assert house.scraping["jobs"] == {"active": 1, "queued": 0, "completed": 0, "failed": 0}

    house.say("job_completed")
    assert house.scraping["jobs"] == {"active": 0, "queued": 0, "completed": 1, "failed": 0}


def test_a_second_end_changes_nothing(house: House):
    """The first wins; neither the count nor the mean duration hear of the second."""
    house.say("job_completed", duration=1_000)
    house.say("job_failed", duration=9_000)

    assert house.scraping["jobs"]["failed"] == 0
    assert house.scraping["performance"]["averageJobDuration"] == 1_000


def test_the_mean_duration_is_of_those_reported(house: House):
    """60 s and 20 s, and one that does not say: 40 s."""
    house.say("job_completed", "a", duration=60_000)
    house.say("job_failed", "b", duration=20_000)
    house.say("job_completed", "c")

    assert house.scraping["performance"]["averageJobDuration"] == 40_000


def test_items_per_second_are_of_the_last_minute(house: House):
    """60 items and a summary of 30 are 1.5 a second for a minute, and then none."""
    house.send(*[event() for _ in range(60)])
    house.say("item_summary", count=30)

    assert house.scraping["performance"]["itemsPerSecond"] == 1.5
    house.clock.advance(60_000)
    assert house.scraping["performance"]["itemsPerSecond"] == 0


def test_items_count_when_they_were_scraped(house: House):
    """Those replayed after an outage are not scraped now."""
    house.send(*[event(at_ms=NOW_MS - 120_000) for _ in range(60)])

    assert house.scraping["performance"]["itemsPerSecond"] == 0


def test_requests_are_growth_between_reports(house: House):
    """100, then 160 of one job and 20 of another: 180 within the minute are 3 a second."""
    house.say("job_progress", requests={"total": 100})
    house.say("job_progress", requests={"total": 160})
    house.say("job_progress", "other", requests={"total": 20})

    assert house.figures.current()["system"]["network"]["requestsPerSecond"] == 3.0
    assert house.figures.values()["resources.requests"] == 180


def test_items_of_one_message_belong_to_the_attempt_in_which_they_came(house: House):
    """Four came before the job began again, two after: all count for the house, two for the job."""
    house.send(event("job_started"))
    house.send(
        event(), event("item_summary", data={"count": 3}), event("job_failed"), event("job_started"), event(), event()
    )

    assert house.figures.job_rate("123") == 2
    assert house.restarted().job_rate("123") == 2
    assert house.scraping["performance"]["itemsPerSecond"] == 6 / 60


def test_a_new_attempt_reports_from_zero(house: House):
    """100 requests, a failure, then 150 of the next attempt: 250."""
    house.say("job_progress", requests={"total": 100})
    house.say("job_failed")
    house.say("job_started")
    house.say("job_progress", requests={"total": 150})

    assert house.figures.values()["resources.requests"] == 250


def test_a_straggler_after_the_end_is_not_a_job_from_the_start(house: House):
    """A report that comes after the end does not count the whole job a second time, nor make it live."""
    house.say("job_progress", requests={"total": 100})
    house.say("job_completed")
    house.say("job_progress", requests={"total": 101})

    assert house.figures.values()["resources.requests"] == 100
    assert house.scraping["jobs"]["active"] == 0


def test_proxies_and_bandwidth_are_of_the_last_hour(house: House):
    """30 of 120 requests through two proxies, 5,000 bytes: a quarter, for an hour."""
    house.say(
        "job_progress",
        requests={"total": 120},
        bytes={"sent": 1_000, "received": 4_000},
        proxies={"a": {"requests": 10}, "b": {"requests": 20}},
    )

    assert house.scraping["resources"] == {"proxyUsage": 0.25, "bandwidthUsed": 5_000}
    house.clock.advance(HOUR_MS + 10_000)
    assert house.scraping["resources"] == {"proxyUsage": 0.0, "bandwidthUsed": 0}


def test_a_jobs_rate_is_over_the_last_minute_or_its_life(house: House):
    """20 items within 10 s of the start are 2 a second; a minute later they are none; after the end it has none."""
    house.say("job_started")
    house.clock.advance(10_000)
    house.send(*[event(at_ms=house.clock.now_ms()) for _ in range(20)])

    assert house.figures.job_rate("123") == 2.0
    assert house.figures.job_rate("unknown") is None
    house.clock.advance(60_000)
    assert house.figures.job_rate("123") == 0.0
    house.say("job_completed")
    assert house.figures.job_rate("123") is None


def test_a_deleted_job_is_in_no_state(house: House):
    """Neither a running nor a failed one is counted once it was deleted."""
    house.say("job_started", "a")
    house.say("job_failed", "b")
    for name in ("a", "b"):
        house.figures.forget(name)

    assert house.scraping["jobs"] == {"active": 0, "queued": 0, "completed": 0, "failed": 0}


def test_jobs_that_never_end_cost_little_and_stay_counted():
    """After an hour of silence a job's rates are forgotten but not its state, which still changes with it."""
    scraping, store = Scraping(lambda _: True), MemoryEventStore(clock := StoppedClock(), list)

    def send(*events) -> None:
        scraping.take(store.append(events, jobs_fold), clock.now_ms())

    send(*[event("job_started", name) for name in "abc"], event("job_queued", "d"))
    clock.advance(HOUR_MS)
    send(event("job_started", "e", at_ms=clock.now_ms()))

    assert (list(scraping.live), scraping.quiet) == (["e"], dict.fromkeys("abc", "running") | {"d": "queued"})
    assert scraping.values(clock.now_ms())["jobs.active"] == 4
    send(event("job_completed", "a"), event(job_id="b"), event("job_started", "d"))
    scraping.forget("c")
    assert (list(scraping.live), scraping.quiet) == (["e", "b", "d"], {})
    assert scraping.values(clock.now_ms())["jobs.active"] == 3


def test_what_a_quiet_job_did_is_not_of_this_hour(house: House):
    """1,000 requests before its silence and at its first report after it count no more; the 50 after that do."""
    house.say("job_progress", requests={"total": 900})
    house.clock.advance(2 * HOUR_MS)
    house.say("heartbeat", "another")
    report = event("job_progress", data={"requests": {"total": 1_000}}, at_ms=house.clock.now_ms())
    house.send(event("job_started"), report, event())
    house.say("job_progress", requests={"total": 1_050})

    assert house.figures.values()["resources.requests"] == 50


def test_own_metrics_have_their_latest_value(house: House):
    """For an hour; they can't pose as one of the house's."""
    house.send(event("metric", "", data={"values": {"queue": 4, "jobs.active": 99}}))
    house.send(event("metric", "", data={"values": {"queue": 7}}))

    assert house.figures.values()["queue"] == 7
    assert house.figures.values()["jobs.active"] == 0
    house.clock.advance(HOUR_MS)
    assert "queue" not in house.figures.values()


def test_a_ratio_of_nothing_is_no_value(house: House):
    """Rules see no failure rate before a job has finished."""
    assert "jobs.failureRate" not in house.figures.values()
    assert house.figures.values()["jobs.finished"] == 0


def test_commits_and_questions_may_meet(house: House):
    """While the writer hands in commits, others ask: every item is counted and nobody fails."""
    commits = [house.store.append([event(job_id=f"job {number}")], no_fold) for number in range(300)]
    failures: list[Exception] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            try:
                house.figures.current()
                house.figures.job_rate("job 1")
            except RuntimeError as error:  # a dictionary that changes while it is walked
                failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for commit in commits:
        house.figures.on_commit(commit)
    done.set()
    for thread in threads:
        thread.join()

    assert failures == []
    assert house.scraping["performance"]["itemsPerSecond"] == 5.0
    assert house.scraping["jobs"]["active"] == 300


def test_a_clock_that_is_set_back_does_not_freeze_the_figures(house: House):
    """An hour ahead by mistake: what it saw then is gone once it is right, what comes after counts, nothing twice."""
    house.clock.advance(HOUR_MS)
    house.send(*[event(at_ms=house.clock.now_ms(), received_ms=house.clock.now_ms()) for _ in range(60)])
    house.say("job_progress", requests={"total": 60})
    house.say("job_failed", "other")
    assert house.scraping["performance"]["itemsPerSecond"] == 1.0

    house.clock.advance(-HOUR_MS)
    assert house.scraping["performance"]["itemsPerSecond"] == 0
    assert house.scraping["jobs"] == {"active": 1, "queued": 0, "completed": 0, "failed": 0}
    house.say("job_progress", requests={"total": 90})
    house.say("job_completed")
    assert house.figures.values()["system.network.requestsPerSecond"] == 0.5
    assert house.scraping["jobs"]["completed"] == 1

    house.clock.advance(HOUR_MS)
    assert house.figures.values()["resources.requests"] == 0
    assert house.scraping["jobs"]["failed"] == 0


def test_a_report_that_was_overtaken_is_no_restart(house: House):
    """100, 160, then the 130 made between them, then 170: 170 in all, live and after a restart."""
    for after_ms, total in ((0, 100), (2_000, 160), (1_000, 130), (3_000, 170)):
        house.send(event("job_progress", data={"requests": {"total": total}}, at_ms=NOW_MS + after_ms))
    house.clock.advance(3_000)

    for figures in (house.figures, house.restarted()):
        assert figures.values()["resources.requests"] == 170
