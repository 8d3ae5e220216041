"""What a restart finds in the store."""

from app.metrics.figures import Figures
from tests.fakes import event
from tests.metrics.house import House

HOUR_MS = 3_600_000


def test_a_restart_shows_what_was_shown_before(house: House):
    """An hour of jobs, attempts, requests, workers and own metrics is the same when read back from the store."""
    house.say("job_queued", "waits")
    house.say("job_started", "old")
    house.say("job_progress", "old", requests={"total": 40}, bytes={"received": 100})
    house.say("job_failed", "old", duration=4_000)
    house.clock.advance(30 * 60_000)
    house.say("job_started", "old")
    house.say("job_progress", "old", requests={"total": 50}, proxies={"a": {"requests": 18}})
    house.say("job_progress", "old", bytes={"received": 30})
    house.say("job_progress", "old", requests={"total": 60})
    house.say("job_completed", "done", duration=2_000)
    house.say("metric", "", values={"queue": 1})
    house.say("metric", "", values={"queue": 2})
    for _ in range(6):
        house.say("item_scraped", "old")
    house.say("item_summary", "old", count=6)
    for total in (1_000, 1_700):
        house.clock.advance(1_000)
        house.say("worker", "", host="a", network={"bytesTransferred": total}, workers={"active": 2})

    fresh = house.restarted()

    assert fresh.values() == house.figures.values()
    assert fresh.current() == house.figures.current()
    assert fresh.job_rate("old") == house.figures.job_rate("old") != 0
    assert house.figures.values()["resources.requests"] == 100
    assert house.figures.values()["resources.bandwidthUsed"] == 130


def test_a_restart_counts_no_worker_of_a_job_that_is_over(house: House):
    """However long ago it ended; those of one that has begun again are counted."""
    for job in ("ended", "again"):
        house.say("job_started", job)
        house.say("worker", job, host=job, workers={"active": 2})
        house.say("job_completed", job)
    house.clock.advance(50_000)
    house.say("worker", "ended", host="ended", workers={"active": 2})
    house.say("job_started", "again")
    house.say("worker", "again", host="again", workers={"active": 3})
    house.clock.advance(50_000)

    assert house.restarted().values() == house.figures.values()
    assert house.figures.values()["system.workers.active"] == 3


def test_a_restart_goes_on_where_it_was(house: House):
    """The next report after it counts from the last before it."""
    house.say("job_progress", requests={"total": 100})
    house.clock.advance(2 * HOUR_MS)
    house.say("heartbeat")
    house.figures = house.restarted()
    house.say("job_progress", requests={"total": 130})

    assert house.figures.values()["resources.requests"] == 30


def test_a_restart_remembers_only_the_state_of_quiet_jobs(house: House):
    """Of jobs silent for an hour nothing is loaded but that they run; what they report next counts from there."""
    house.say("job_progress", requests={"total": 100})
    house.say("job_queued", "waits")
    house.clock.advance(2 * HOUR_MS)
    house.figures = house.restarted()

    assert house.scraping["jobs"] == {"active": 1, "queued": 1, "completed": 0, "failed": 0}
    assert house.figures.job_rate("123") == 0.0
    house.say("job_progress", requests={"total": 130})
    house.say("job_progress", requests={"total": 150})
    assert house.figures.values()["resources.requests"] == 20


def test_a_lost_job_goes_on_where_it_was(house: House):
    """100 requests, silence, 130: 130 in all, before and after a restart."""
    house.say("job_started")
    house.say("job_progress", requests={"total": 100})
    house.say("job_lost")
    house.say("job_progress", requests={"total": 130})

    for figures in (house.figures, house.restarted()):
        assert figures.values()["resources.requests"] == 130
        assert figures.values()["jobs.active"] == 1


def test_a_job_that_began_before_the_hour_counts_from_its_first_report_within_it(house: House):
    """1,000 requests by its first report within the hour are not of this hour; the 50 after it are."""
    house.say("job_started")
    house.clock.advance(2 * HOUR_MS)
    house.say("job_progress", requests={"total": 1_000})
    house.say("job_progress", requests={"total": 1_050})

    assert house.restarted().values()["resources.requests"] == 50


def test_many_pages_of_items_are_read(house: House):
    """2,400 items within the minute are 40 a second after a restart as well."""
    house.send(*[event() for _ in range(2_400)])

    assert house.restarted().values()["performance.itemsPerSecond"] == 40


def test_a_start_reads_a_bounded_number_of_events(house: House, monkeypatch):
    """Where the last minute holds more, the newest are what is shown."""
    monkeypatch.setattr("app.metrics.rebuild.MAX_EVENTS", 1_000)
    house.send(*[event() for _ in range(2_400)])

    fresh: Figures = house.restarted()

    assert fresh.values()["performance.itemsPerSecond"] == 1_000 / 60


def test_a_start_that_opens_no_attempt_counts_nothing_twice(house: House):
    """A lost job is taken back by a word of it; a `job_started` then says again what goes on: 5 bytes, then 2."""
    house.say("job_progress", bytes={"received": 5})
    house.send(event("job_lost"))
    house.send(event("job_queued"), event("job_started"))
    house.say("job_progress", bytes={"received": 7})

    for figures in (house.figures, house.restarted()):
        assert figures.values()["resources.bandwidthUsed"] == 7


def test_a_job_that_began_without_a_word_counts_from_zero(house: House):
    """It waited, then reported 100 requests, was lost and went on as another attempt with 30: 130, as before."""
    house.say("job_queued")
    house.say("job_progress", requests={"total": 100})
    house.say("job_lost")
    house.say("job_started")
    house.say("job_progress", requests={"total": 30})

    assert house.restarted().values()["resources.requests"] == 130 == house.figures.values()["resources.requests"]


def test_items_of_the_attempt_before_are_none_of_this_one(house: House):
    """Ten items, a failure, a new start, two items: two within the second since, before and after a restart."""
    house.send(*[event() for _ in range(10)], event("job_failed"))
    house.send(event("job_started"), event(), event())

    assert house.restarted().job_rate("123") == house.figures.job_rate("123") == 2.0
    assert house.restarted().values()["performance.itemsPerSecond"] == 12 / 60
