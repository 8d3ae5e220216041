"""Conditions on events and on jobs, from commit to incident."""

import pytest

from app.jobs.fold import fold
from app.metrics.points import baselines, points_of
from app.storage.base_series import DAY_MS, RAW_MS
from tests.fakes import event, fresh_limits

MINUTE_MS = 60_000


@pytest.fixture
def house(watch):
    """Stores events as the server does and tells the alerts of them."""

    class House:
        def send(self, *events):
            commit = watch.events.append(events, folded)
            watch.alerts.on_commit(commit)

        def begin(self, job_id, **data):
            self.send(event("job_started", job_id, at_ms=watch.clock.now_ms(), data={"source": "ebay.com", **data}))

        def end(self, job_id, how="job_completed"):
            self.send(event(how, job_id, at_ms=watch.clock.now_ms()))

        def items(self, job_id, count=1):
            self.send(*[event("item_scraped", job_id, at_ms=watch.clock.now_ms(), data={"n": n}) for n in range(count)])

    return House()


def folded(commit, jobs):
    before = baselines(jobs)
    fold(commit, jobs)
    return points_of(commit, jobs, before, fresh_limits())


def on_event(name: str, **more):
    return {"condition": {"event": name, **more}, "cooldown": 0, "groupWait": 0}


def test_a_failed_job_is_told_once_and_has_no_end(watch, house):
    """With the job and its spider; what happens at one moment is over by itself and nobody is told of that."""
    watch.add(**on_event("job_failed"))
    watch.see()
    house.begin("1", query="cards")
    house.end("1", "job_failed")

    assert watch.see(1_000) == ["backlog firing"]
    assert watch.bodies()[0]["members"][0]["labels"] == {"job": "1", "source": "ebay.com", "spider": "ebay.com: cards"}
    assert watch.bodies()[0]["summary"] == "A job fails."
    assert watch.see(5_000) == []
    assert watch.alerts.standing().firing == 0


def test_an_event_is_told_once_also_by_the_next_process(watch, house):
    """What came while nobody evaluated is told by whoever does; what was told is not told again."""
    watch.add(**on_event("job_failed"))
    watch.see()
    house.begin("1")
    house.end("1", "job_failed")
    watch.restart()

    assert watch.see(1_000) == ["backlog firing"]
    watch.restart()
    assert watch.see(1_000) == []


def test_a_second_end_is_none(watch, house):
    """The first one wins; one that comes after it tells nothing."""
    watch.add(**on_event("job_failed"))
    watch.see()
    house.begin("1")
    house.end("1", "job_completed")
    house.end("1", "job_failed")

    assert watch.see(1_000) == []


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ({}, True),
        ({"source": "ebay.com"}, True),
        ({"source": "other.com"}, False),
        ({"spider": "ebay.com: cards"}, True),
        ({"query": "cards"}, True),
        ({"query": "stamps"}, False),
    ],
)
def test_a_condition_may_be_about_some_jobs(watch, house, filters, told):
    """By source, spider or query."""
    watch.add(**on_event("job_completed", **filters))
    watch.see()
    house.begin("1", query="cards")
    house.end("1")

    assert bool(watch.see(1_000)) is told


def test_a_stalled_job_is_over_when_it_goes_on(watch, house):
    """The same incident says so, to those who heard."""
    watch.add(**on_event("job_stalled"))
    house.begin("1")
    house.end("1", "job_stalled")
    assert watch.see(1_000) == ["backlog firing"]

    house.items("1")
    assert watch.see(1_000) == ["backlog resolved"]
    assert watch.store.incidents()[0].reason == "recovered"


def test_a_lost_job_that_ends_after_all_says_so(watch, house):
    """The end is the job's own."""
    watch.add(**on_event("job_lost"))
    house.begin("1")
    house.end("1", "job_lost")
    assert watch.see(1_000) == ["backlog firing"]

    house.end("1")
    assert watch.see(1_000) == ["backlog resolved"]
    assert watch.store.incidents()[0].reason == "job_ended"


def test_a_lost_job_is_past_when_its_spider_runs_again(watch, house):
    """It may never be heard of again."""
    watch.add(**on_event("job_lost"))
    house.begin("1")
    house.end("1", "job_lost")
    watch.see(1_000)
    watch.clock.advance(1_000)
    house.begin("2")

    assert watch.see(1_000) == ["backlog resolved"]


def test_a_job_without_items_is_told(watch, house):
    """Five minutes after its last one; a job that ends meanwhile says that the alert was still firing."""
    watch.add(**on_event("no_item", after=5 * MINUTE_MS))
    house.begin("1")
    watch.see()
    house.items("1")

    assert watch.see(5 * MINUTE_MS - 1) == []
    assert watch.see(1) == ["backlog firing"]
    assert watch.bodies()[0]["summary"] == "A job brings no item for 5 min."
    house.end("1")
    assert watch.see(1_000) == ["backlog resolved"]
    assert watch.bodies()[-1]["reason"] == "job_ended"
    assert "the job ended while the alert was firing" in watch.bodies()[-1]["summary"]


@pytest.mark.parametrize("when", [{"every": 60 * MINUTE_MS}, {"cron": "32 * * * *"}], ids=["every", "cron"])
def test_a_job_that_did_not_start_is_told(watch, house, when):
    """An hour and a grace of five minutes after it last did; over when it does."""
    watch.add(**on_event("job_missing", spider="ebay.com", grace=5 * MINUTE_MS, **when))
    house.begin("1")

    assert watch.see(65 * MINUTE_MS - 9_000) == []
    assert watch.see(10_000) == ["backlog firing"]
    house.begin("2")
    assert watch.see(1_000) == ["backlog resolved"]


def test_each_job_is_an_instance_and_all_are_one_incident(watch, house):
    """Errors of two jobs: one notice; one more a minute later joins; the last that recovers ends it."""
    watch.add(
        condition={"metric": "errors", "operator": ">", "threshold": 2}, window=MINUTE_MS, groupWait=0, cooldown=0
    )
    for job in ("1", "2", "3"):
        house.begin(job)
    for job in ("1", "2"):
        house.send(*[event("error", job, at_ms=watch.clock.now_ms(), data={"message": str(n)}) for n in range(3)])

    assert watch.see(RAW_MS) == ["backlog firing"]
    assert watch.store.incidents()[0].members == 2
    house.send(*[event("error", "3", at_ms=watch.clock.now_ms(), data={"message": str(n)}) for n in range(3)])
    assert watch.see(RAW_MS) == ["backlog update"]
    assert watch.see(2 * MINUTE_MS) == ["backlog resolved"]
    assert watch.store.incidents()[0].reason == "recovered"


def test_instances_may_be_told_apart(watch, house):
    """Grouped by job, each is an incident of its own."""
    watch.add(
        condition={"metric": "errors", "operator": ">", "threshold": 0},
        window=MINUTE_MS, groupBy=["jobId"], groupWait=0,
    )  # fmt: skip
    for job in ("1", "2"):
        house.begin(job)
        house.send(event("error", job, at_ms=watch.clock.now_ms(), data={"message": "no"}))

    assert watch.see(RAW_MS) == ["backlog firing", "backlog firing"]
    assert [dict(one.group) for one in watch.store.incidents()] == [{"job": "2"}, {"job": "1"}]


def test_a_job_that_brings_nothing_has_none(watch, house):
    """Items below one in a minute: not of a job that is younger, then of the one that brings none."""
    watch.add(condition={"metric": "items", "operator": "<", "threshold": 1}, window=MINUTE_MS, groupWait=0)
    house.begin("idle")
    house.begin("busy")

    assert watch.see(MINUTE_MS - 1) == []
    house.items("busy", 3)
    assert watch.see(2) == ["backlog firing"]
    assert [dict(one.labels)["job"] for one in watch.alerts.instances()] == ["idle"]


def test_a_rule_may_look_at_some_series(watch, house):
    """A selector with labels: the errors of one source, of all its jobs together."""
    watch.add(
        condition={"metric": 'errors{source="ebay.com"}', "operator": ">", "threshold": 1},
        scope="global", window=MINUTE_MS,
    )  # fmt: skip
    house.begin("1")
    house.begin("2")
    house.begin("3", source="other.com")
    for job in ("1", "3", "3"):
        house.send(event("error", job, at_ms=watch.clock.now_ms(), data={"message": job}))
    assert watch.see(RAW_MS) == []

    house.send(event("error", "2", at_ms=watch.clock.now_ms(), data={"message": "2"}))
    assert watch.see(RAW_MS) == ["backlog firing"]


def test_a_new_kind_of_error_is_told_once(watch, house):
    """One from before the rule is none; numbers, addresses and quotes make no other kind, another source does."""

    def fail(job, message, **data):
        house.send(event("error", job, at_ms=watch.clock.now_ms(), data={"message": message, **data}))

    house.begin("1")
    house.begin("2", source="other.com")
    fail("1", "no answer from https://ebay.com/1 after 30 s")
    watch.see()
    watch.add(**on_event("error_group_new"))
    assert watch.see(1_000) == []

    fail("1", "no answer from https://ebay.com/2 after 31 s")
    assert watch.see(1_000) == []
    fail("1", "item 17 has no 'price'")
    fail("1", "item 18 has no 'title'")
    assert watch.see(1_000) == ["backlog firing"]
    assert watch.bodies()[-1]["members"][0]["labels"] == {"error": "item … has no …", "source": "ebay.com"}
    watch.see(1_000)
    fail("1", "item 19 has no 'price'")
    assert watch.see(1_000) == []
    fail("2", "item 20 has no 'price'")
    assert watch.see(1_000) == ["backlog firing"]
    watch.see(1_000)
    fail("1", "anything", fingerprint="parser")
    fail("1", "anything else", fingerprint="parser")
    assert watch.see(1_000) == ["backlog firing"]
    assert watch.bodies()[-1]["members"][0]["labels"]["error"] == "parser"


def test_a_kind_of_error_is_remembered_while_it_is_seen(watch, house):
    """It is noted again each day; forgotten, it is new."""
    watch.add(**on_event("error_group_new"))
    watch.see()
    told = []
    house.begin("1")
    for _ in range(4):
        house.send(event("error", "1", at_ms=watch.clock.now_ms(), data={"message": "no price"}))
        told += watch.see(DAY_MS)
        watch.alerts.clean_up(3 * DAY_MS)
    assert told == ["backlog firing"]

    watch.clock.advance(4 * DAY_MS)
    house.send(event("error", "1", at_ms=watch.clock.now_ms(), data={"message": "no title"}))
    watch.see(1_000)
    watch.alerts.clean_up(3 * DAY_MS)
    watch.see(1_000)
    house.send(event("error", "1", at_ms=watch.clock.now_ms(), data={"message": "no price"}))
    assert watch.see(1_000) == ["backlog firing"]
