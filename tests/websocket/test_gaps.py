"""A reader that comes and goes, on the real server: by its cursor alone it has every event once, in order."""

import random
import threading

import pytest

from tests.sockets import PATIENCE_S, connected, scraped, watching

VISITS = 12
SIZE = 3
MOST_AHEAD = 400 // SIZE
"""Batches stored since the reader last subscribed: fewer events than are replayed, however busy the machine is."""


class Follower:
    """Reads a room as the contract tells: from its last cursor, dropping what it has, asking again at a gap."""

    def __init__(self, room, sent):
        self.room = room
        self.sent = sent
        self.reached = 0  # of what was sent, the batches that it can have read
        self.last = 0
        self.cursors = []

    def take(self, events):
        for event in events:
            if event["cursor"] > self.last:
                assert event["prev"] == self.last, "a gap that nothing announced"
                self.last = event["cursor"]
                self.cursors.append(self.last)

    def visit(self, viewer, seconds):
        """Subscribe, and read for so long; what came meanwhile is read behind the replay."""
        self.reached = len(self.sent)
        answer = viewer.subscribe(room=self.room, since=self.last, batched=True)
        assert not answer["reset"]
        self.take(answer["replay"])
        viewer.client.sleep(seconds)
        for batch in viewer.named("events"):
            self.take(batch["events"])
            assert self.last >= batch["cursor"]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("room", ["events", "job:s1"])
def test_a_reader_that_comes_and_goes_misses_nothing(server, environment, room):
    """While events of several jobs are being stored, whenever it leaves."""
    ended = threading.Event()
    sent: list[int] = []
    follower = Follower(room, sent)

    def scrape():
        with connected(server, environment["INGEST_TOKEN"]) as scraper:
            while not ended.wait(0.05):
                if len(sent) - follower.reached < MOST_AHEAD:
                    batch = [scraped(f"s{random.randrange(3)}") for _ in range(SIZE)]
                    sent.append(scraper.call("events", batch, timeout=PATIENCE_S)["accepted"])

    scrapers = [threading.Thread(target=scrape) for _ in range(2)]
    for thread in scrapers:
        thread.start()
    try:
        for _ in range(VISITS):
            with watching(server, environment["READ_TOKEN"]) as viewer:
                follower.visit(viewer, random.uniform(0, 0.4))
    finally:
        ended.set()
        for thread in scrapers:
            thread.join()
    with watching(server, environment["READ_TOKEN"]) as viewer:
        follower.visit(viewer, 0)
    target = "/api/v1/events" if room == "events" else "/api/v1/jobs/s1/events"
    stored = everything(server, target, environment["READ_TOKEN"])

    assert follower.cursors == stored
    assert len(stored) == sum(sent) or room != "events"


def everything(server, target, token):
    """The cursors of all events, oldest first."""
    found, more = [], ""
    while True:
        page = server.json(f"{target}?limit=1000{more}", token=token)
        found += [event["cursor"] for event in page["items"]]
        if page["next"] is None:
            return found[::-1]
        more = f"&next={page['next']}"
