"""Namespace ``/live`` of the real server: rooms, catching up, and leaving."""

import uuid

import pytest

from tests.sockets import connected, scraped, watching


@pytest.fixture
def scraper(server, environment):
    with connected(server, environment["INGEST_TOKEN"]) as client:
        yield client


@pytest.fixture
def viewer(server, environment):
    with watching(server, environment["READ_TOKEN"]) as watcher:
        yield watcher


def send(scraper, *events):
    answer = scraper.call("events", list(events), timeout=10)
    assert answer["accepted"] == len(events), answer


def test_an_event_reaches_its_job_s_room_under_its_own_name(viewer, scraper):
    """With what the server adds; an unknown job may be subscribed to before it exists."""
    first = viewer.subscribe(jobId="s1")
    send(scraper, scraped(data={"title": "Tea"}, id="0190f3c9-51f0-7b42-8e1c-6d2a90f4b123"), scraped("other"))
    viewer.wait(lambda: bool(viewer.named("item_scraped")))

    (event,) = viewer.named("item_scraped")
    assert (first["ok"], first["room"], first["cursor"], first["replay"]) == (True, "job:s1", 0, [])
    assert (event["type"], event["jobId"], event["data"]) == ("item_scraped", "s1", {"title": "Tea"})
    assert (event["id"], event["prev"], event["flags"]) == ("0190f3c9-51f0-7b42-8e1c-6d2a90f4b123", 0, [])
    assert event["cursor"] == 1
    assert event["receivedAt"].endswith("Z")


def test_batches_come_in_place_of_single_events(viewer, scraper):
    """Linked by cursors without a gap, across messages."""
    viewer.subscribe(room="events", batched=True)
    for number in range(20):
        send(scraper, *(scraped(data={"n": number * 5 + each}) for each in range(5)))
    viewer.wait(lambda: sum(len(batch["events"]) for batch in viewer.named("events")) == 100)

    batches = viewer.named("events")
    events = [event for batch in batches for event in batch["events"]]
    assert [event["data"]["n"] for event in events] == list(range(100))
    assert [event["prev"] for event in events] == [0, *(event["cursor"] for event in events[:-1])]
    assert [batch["prev"] for batch in batches] == [0, *(batch["cursor"] for batch in batches[:-1])]
    assert viewer.named("item_scraped") == []


def test_a_reader_catches_up_by_cursor(viewer, scraper):
    """What came after `since` is replayed in order, linked to it; too far behind says so."""
    send(scraper, *(scraped(data={"n": n}) for n in range(300)))
    send(scraper, *(scraped(data={"n": n}) for n in range(300, 600)))

    replayed = viewer.subscribe(jobId="s1", since=590)
    behind = viewer.subscribe(room="events", since=0)

    assert [event["data"]["n"] for event in replayed["replay"]] == list(range(590, 600))
    assert [event["prev"] for event in replayed["replay"]] == list(range(590, 600))
    assert (replayed["cursor"], replayed["reset"]) == (600, False)
    assert (behind["reset"], behind["replay"], behind["cursor"]) == (True, [], 600)


def test_a_late_reader_is_handed_the_important_events(viewer, scraper):
    """The cache holds the job's start and end, not its items."""
    send(scraper, scraped(type="job_started"), scraped(), scraped(type="job_completed"), scraped("other", type="error"))

    recent = viewer.subscribe(jobId="s1")["recent"]

    assert [event["type"] for event in recent] == ["job_started", "job_completed"]


def test_the_jobs_room_hears_of_changed_jobs_and_counts(viewer, scraper):
    """Whole job objects, at most twice a second."""
    viewer.subscribe(room="jobs")
    send(scraper, scraped(type="job_started", data={"source": "ebay.com"}), scraped())
    viewer.wait(lambda: any(job["items"] for change in viewer.named("jobs") for job in change["changed"]))

    change = viewer.named("jobs")[-1]
    assert (change["changed"][0]["id"], change["changed"][0]["source"]) == ("s1", "ebay.com")
    assert change["counts"] == {"running": 1}


def test_a_page_hears_of_the_jobs_that_it_shows(viewer, scraper):
    """Of others only how many there are; without names it hears of all again."""
    viewer.subscribe(room="jobs", jobs=["shown"])
    send(scraper, scraped("other"))
    viewer.wait(lambda: bool(viewer.named("jobs")))
    send(scraper, scraped("shown"), scraped("other"))
    viewer.wait(lambda: any(change["changed"] for change in viewer.named("jobs")))

    assert {job["id"] for change in viewer.named("jobs") for job in change["changed"]} == {"shown"}
    assert viewer.named("jobs")[-1]["counts"] == {"running": 2}

    viewer.subscribe(room="jobs")
    send(scraper, scraped("other"))
    viewer.wait(lambda: any(job["id"] == "other" for change in viewer.named("jobs") for job in change["changed"]))


def test_the_metrics_room_hears_the_figures(viewer):
    """In the seed's two shapes."""
    viewer.subscribe(room="metrics")
    viewer.wait(lambda: bool(viewer.named("metrics")))

    assert set(viewer.named("metrics")[0]) == {"system", "scraping"}


def test_who_unsubscribes_hears_no_more(viewer, scraper):
    """Of the room that was left; others go on."""
    viewer.subscribe(jobId="s1")
    viewer.subscribe(jobId="s2")
    assert viewer.client.call("unsubscribe", {"jobId": "s1"}, namespace="/live") == {"ok": True}
    send(scraper, scraped("s1"), scraped("s2"))
    viewer.wait(lambda: bool(viewer.named("item_scraped")))

    assert [event["jobId"] for event in viewer.named("item_scraped")] == ["s2"]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"room": "jobs", "jobs": "s1"}, "jobs"),
        ({"room": "jobs", "jobs": [1]}, "jobs"),
        ({}, "room"),
        ({"room": "kitchen"}, "room"),
        ({"room": 5}, "room"),
        ({"jobId": 5}, "jobId"),
        ({"jobId": ""}, "jobId"),
        ({"jobId": "a\x00b"}, "jobId"),
        ({"room": "jobs", "since": -1}, "since"),
        ({"room": "jobs", "since": "5"}, "since"),
        ({"room": "jobs", "batched": 1}, "batched"),
    ],
)
@pytest.mark.statement(24)
def test_a_bad_subscription_is_answered(lasting, environment, wanted, field):
    """With the field at fault; the socket stays open."""
    with watching(lasting, environment["READ_TOKEN"]) as viewer:
        answer = viewer.subscribe(**wanted)

        assert (answer["ok"], answer["code"], answer["field"]) == (False, "invalid", field)
        assert viewer.subscribe(room="jobs")["ok"]


def test_a_duplicate_is_not_heard_twice(viewer, scraper):
    """Only what was really stored is broadcast."""
    viewer.subscribe(jobId="s1")
    twice = scraped(id=str(uuid.uuid4()))
    send(scraper, twice)
    assert scraper.call("events", [twice])["duplicates"] == 1
    send(scraper, scraped(type="heartbeat"))
    viewer.wait(lambda: bool(viewer.named("heartbeat")))

    assert len(viewer.named("item_scraped")) == 1


def test_sigterm_says_goodbye_and_ends_within_five_seconds(server, viewer):
    """Readers hear when to come back; the exit code is 0."""
    viewer.subscribe(room="jobs")

    assert server.stop() == 0
    viewer.wait(lambda: bool(viewer.named("disconnect")))
    assert viewer.named("server_closing")[0]["reconnectAfter"] > 0


def test_a_message_in_flight_at_sigterm_is_stored_or_unanswered(server, environment, scraper):
    """After a restart the history holds exactly what was acknowledged."""
    accepted: list[int] = []
    for _ in range(50):
        scraper.emit("events", [scraped() for _ in range(20)], callback=lambda a: accepted.append(a.get("accepted", 0)))
    server.stop()
    server.start()

    items = server.json("/api/v1/jobs?q=s1", token=environment["READ_TOKEN"])["items"]
    stored = items[0]["items"] if items else 0
    assert stored >= sum(accepted)
    assert stored % 20 == 0


@pytest.mark.statement(24)
def test_nobody_enters_the_room_of_another_s_socket(lasting, environment):
    """Every socket is a room of its own to the library; its name opens nothing to others."""
    with watching(lasting, environment["READ_TOKEN"]) as one, watching(lasting, environment["READ_TOKEN"]) as other:
        for name in (one.client.get_sid("/live"), one.client.eio.sid, "job:", "/live", None):
            answer = other.subscribe(room=name)
            assert (answer["ok"], answer["field"]) == (False, "room"), name
