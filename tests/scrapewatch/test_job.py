"""A job's life, as events."""

import asyncio

import pytest

from scrapewatch import job as module
from scrapewatch.client import Emitter
from scrapewatch.job import Job


class Tape:
    """An outlet that keeps what it is given."""

    def __init__(self):
        self.events = []
        self.attached = set()
        self.lost = {}

    def emit(self, event_type, job_id, data):
        self.events.append((event_type, data))

    def attach(self, job):
        self.attached.add(job)

    def detach(self, job):
        self.attached.discard(job)

    def losses(self):
        return self.lost

    def types(self):
        return [event_type for event_type, _ in self.events]


@pytest.fixture
def now(monkeypatch):
    """A clock that the test moves, in seconds."""
    time = [100.0]
    monkeypatch.setattr(module, "monotonic", lambda: time[0])
    return time


@pytest.fixture
def tape():
    """An outlet."""
    return Tape()


@pytest.fixture
def job(tape, now):
    """A job from ebay.com."""
    return Job(tape, "123", {"source": "ebay.com", "query": "vintage cards"})


def test_a_good_end(job, tape, now):
    """Two items in 60 s: started with what is known of it, completed with count and duration in ms."""
    with job:
        job.item({"title": "a"})
        job.item({"title": "b"})
        now[0] += 60

    assert tape.events == [
        ("job_started", {"source": "ebay.com", "query": "vintage cards"}),
        ("item_scraped", {"title": "a"}),
        ("item_scraped", {"title": "b"}),
        ("job_completed", {"itemsScraped": 2, "duration": 60_000, "success": True}),
    ]
    assert tape.attached == set()


def test_an_exception_fails_the_job_and_goes_on(job, tape):
    """It is reported with its stack, and not swallowed."""
    with pytest.raises(ZeroDivisionError), job:
        1 / 0  # noqa: B018 - raises

    event_type, data = tape.events[-1]
    assert event_type == "job_failed"
    assert data["success"] is False
    assert data["error"] == "division by zero"
    assert data["kind"] == "ZeroDivisionError"
    assert "test_an_exception_fails_the_job" in data["stack"]


@pytest.mark.parametrize(
    ("error", "event_type", "told"),
    [
        (KeyboardInterrupt(), "job_cancelled", {"success": False, "reason": "interrupted"}),
        (asyncio.CancelledError(), "job_cancelled", {"success": False, "reason": "interrupted"}),
        (SystemExit(), "job_completed", {"success": True}),
        (SystemExit(0), "job_completed", {"success": True}),
        (SystemExit(3), "job_failed", {"success": False, "error": "exit: 3", "kind": "error"}),
        (SystemExit("no pages"), "job_failed", {"success": False, "error": "exit: no pages", "kind": "error"}),
    ],
    ids=["ctrl-c", "task-cancelled", "exit", "exit-0", "exit-3", "exit-message"],
)
def test_ways_to_leave(job, tape, error, event_type, told):
    """Stopping a scraper is no failure of it; an exit code is."""
    with pytest.raises(type(error)), job:
        raise error

    assert tape.events[-1] == (event_type, {"itemsScraped": 0, "duration": 0, **told})


def test_only_the_first_end_counts(job, tape):
    """A job that the scraper ended by hand is not ended again by the block."""
    with job:
        job.cancel("enough")

    assert tape.types() == ["job_started", "job_cancelled"]


def test_a_job_may_start_again(job, tape):
    """After its end, `start` begins a new attempt."""
    job.start()
    job.fail("no luck")
    job.start()
    job.complete()

    assert tape.types() == ["job_started", "job_failed", "job_started", "job_completed"]


def test_a_further_attempt_counts_from_nothing(job, tape, now):
    """Items, figures and the time of the first attempt are the first's; what was said of the job at its start stays."""
    job = Job(tape, "123", {"total": 9})
    for attempt in range(2):
        job.start()
        assert job.items == 0
        job.item({})
        now[0] += 60
        if not attempt:
            job.progress(5, unit="pages")
        job.progress(retried=attempt)
        job.complete()

    first, second = (data for event_type, data in tape.events if event_type == "job_completed")
    assert (first["itemsScraped"], first["duration"]) == (second["itemsScraped"], second["duration"]) == (1, 60_000)
    last = [data for event_type, data in tape.events if event_type == "job_progress"][-1]
    assert last == {"itemsScraped": 1, "total": 9, "retried": 1}


def test_progress_is_sent_at_most_once_a_second(job, tape, now):
    """1,000 steps in 2.5 s: two on the way, and the last one before the end."""
    with job:
        for _ in job.track(range(1_000), unit="pages"):
            now[0] += 0.0025

    told = [data for event_type, data in tape.events if event_type == "job_progress"]
    assert len(told) == 3
    assert told[-1] == {"itemsScraped": 0, "done": 1_000, "total": 1_000, "unit": "pages"}
    assert tape.types()[-2:] == ["job_progress", "job_completed"]


def test_track_passes_everything_on_in_order(job):
    """It is a loop's iterable and changes nothing about it; a generator has no total."""
    with job:
        assert list(job.track(letter for letter in "abc")) == ["a", "b", "c"]

    assert "total" not in job._figures


def test_figures_stay_until_they_change(job, tape, now):
    """`total` was said once; the next progress repeats it beside the new figures."""
    now[0] += 1
    job.progress(1, 10, requests={"total": 4})
    now[0] += 1
    job.progress(2)

    assert tape.events[-1] == ("job_progress", {"itemsScraped": 0, "done": 2, "total": 10, "requests": {"total": 4}})


def test_progress_held_back_is_sent_by_the_next_beat(job, tape, now):
    """A loop that stalls right after a step still shows that step a second later."""
    job.progress(1)
    now[0] += 0.5
    job.beat()
    assert tape.events == []
    now[0] += 0.5
    job.beat()
    assert tape.types() == ["job_progress"]


def test_silence_makes_heartbeats(job, tape, now):
    """15 s without an event: one heartbeat; any event in between makes it unnecessary."""
    job.start()
    for _ in range(29):
        now[0] += 1
        job.beat()
    assert tape.types() == ["job_started", "heartbeat"]
    now[0] += 0.9
    job.item({})
    now[0] += 14
    job.beat()
    assert tape.types() == ["job_started", "heartbeat", "item_scraped"]


def test_an_error_is_told_with_kind_place_and_address(job, tape):
    """An exception caught by the scraper, with the page it happened on."""
    try:
        int("free")
    except ValueError as error:
        job.error(error, url="https://shop.example/p/1")

    ((event_type, data),) = tape.events
    assert event_type == "error"
    assert data["message"] == "invalid literal for int() with base 10: 'free'"
    assert (data["kind"], data["level"], data["url"]) == ("ValueError", "error", "https://shop.example/p/1")
    assert len(data["fingerprint"]) == 16


def test_a_message_is_an_error_too(job, tape):
    """Where there is no exception, words do."""
    job.error("blocked", kind="captcha", level="warning")

    data = tape.events[0][1]
    assert (data["message"], data["kind"], data["level"]) == ("blocked", "captcha", "warning")
    assert "stack" not in data


def test_a_log_line(job, tape):
    """Level, logger and message."""
    job.log("page 3", "debug", "pager")

    assert tape.events == [("log", {"level": "debug", "logger": "pager", "message": "page 3"})]


def test_losses_are_reported_with_the_end(job, tape):
    """What the buffer had to drop stands beside the scraper's own statistics."""
    tape.lost = {"buffer_full": 3}
    job.complete(stats={"pages": 9})

    assert tape.events[-1][1]["stats"] == {"pages": 9, "client": {"buffer_full": 3}}


def test_a_running_job_is_kept_alive_by_the_sender(stand_in, emitter, until, monkeypatch):
    """End to end: a job that says nothing sends heartbeats by itself, and none after its end."""
    monkeypatch.setattr(module, "HEARTBEAT_S", 0.01)
    with emitter.job("1"):
        until(lambda: [event["type"] for event in stand_in.events].count("heartbeat") >= 2)

    assert isinstance(emitter, Emitter)
    assert emitter.flush(10)
    assert stand_in.events[-1]["type"] == "job_completed"
    assert not emitter._outbox._jobs
