"""Who reads and sends in these tests: viewers that check their chain at several processes, and scrapers."""

import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import socketio

from tests.server import Server
from tests.several.conftest import until
from tests.several.house import House
from tests.sockets import PATIENCE_S, Viewer, watching


class Reading:
    """A viewer of all events that has a chain of them."""

    def __init__(self, viewer: Viewer, since: int) -> None:
        self.viewer = viewer
        self.since = since
        told = viewer.subscribe(room="events", since=since, batched=True)
        assert told["ok"], told
        assert not told["reset"]
        self._replay: list[Any] = told["replay"]

    def events(self) -> list[Any]:
        """Each once, in the order in which they follow one another; fails where one is missing."""
        heard = [one for batch in self.viewer.named("events") for one in batch["events"]]
        last, found = self.since, []
        for one in [*self._replay, *heard]:
            if one["cursor"] > last:
                assert one["prev"] <= last, (one, last)
                found.append(one)
                last = one["cursor"]
        return found

    def of(self, job_id: str) -> list[Any]:
        """Those of a job."""
        return [one for one in self.events() if one["jobId"] == job_id]

    def wait(self, job_id: str, number: int, patience_s: float = PATIENCE_S) -> list[Any]:
        """Those of a job, once there are so many."""
        until(lambda: len(self.of(job_id)) >= number, patience_s)
        return self.of(job_id)


def newest(house: House) -> int:
    """The last cursor of an event, 0 for none."""
    found = house.servers[0].json("/api/v1/events?limit=1", token=house.read_token)["items"]
    return max((one["cursor"] for one in found), default=0)


@contextmanager
def readers(house: House, servers: Sequence[Server] | None = None) -> Iterator[list[Reading]]:
    """A viewer at each of the processes."""
    since = newest(house)
    with ExitStack() as stack:
        yield [
            Reading(stack.enter_context(watching(server, house.read_token)), since)
            for server in servers or house.servers
        ]


def batch(job_id: str, size: int) -> list[dict[str, Any]]:
    """Items of a job, each with an id."""
    now_ms = round(time.time() * 1000)
    one = {"type": "item_scraped", "jobId": job_id, "timestamp": now_ms}
    return [{**one, "id": str(uuid.uuid4()), "data": {"n": n}} for n in range(size)]


def send(scraper: socketio.Client, events: list[dict[str, Any]]) -> Any:
    return scraper.call("events", events, timeout=PATIENCE_S)
