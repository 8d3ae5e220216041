"""Readers that do not read, on the real server: they cost neither memory nor the others' time."""

import json
import socket
import time

import psutil
import pytest

from tests.sockets import PATIENCE_S, connected, scraped, watching

DEAF = 30
CLOSED_S = 30 + 10
"""What is promised, and what a busy machine may need on top."""


@pytest.fixture
def deaf(server, raw, environment):
    """Opens a viewer of everything that never reads again, behind a small buffer."""

    def connect():
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        line.connect(("127.0.0.1", server.port))
        viewer = raw(server, socket=line)
        viewer.log_in(environment["READ_TOKEN"], "/live,")
        viewer.line.send("42/live,1" + json.dumps(["subscribe", {"room": "events", "batched": True}]))
        viewer.until("43/live,1")

    return connect


@pytest.mark.statement(63)
def test_viewers_that_never_read_cost_no_memory_and_are_closed(server, environment, deaf):
    """Megabytes for each of them are skipped, whoever reads misses nothing, and within 30 s they are gone."""
    large = [scraped(data={"title": "x" * 10_000}) for _ in range(40)]
    with connected(server, environment["INGEST_TOKEN"]) as scraper, watching(server, environment["READ_TOKEN"]) as good:
        good.subscribe(jobId="small", batched=True)
        for _ in range(30):
            scraper.call("events", large, timeout=PATIENCE_S)
        for _ in range(DEAF):
            deaf()
        before = psutil.Process(server.process.pid).memory_info().rss
        began = time.monotonic()
        for _ in range(40):
            assert scraper.call("events", [*large, scraped("small")], timeout=PATIENCE_S)["accepted"] == 41
        good.wait(lambda: sum(len(batch["events"]) for batch in good.named("events")) == 40)
        grown = psutil.Process(server.process.pid).memory_info().rss - before
        until(lambda: connections(server) == 2, began + CLOSED_S)

        events = [event for batch in good.named("events") for event in batch["events"]]
        assert [event["prev"] for event in events] == [0, *(event["cursor"] for event in events[:-1])]
        assert grown < 64 * 1024 * 1024, f"{grown} bytes"  # they were sent 480 MB; storing alone takes 20
        assert good.subscribe(room="jobs")["ok"]


def until(condition, deadline):
    """Wait for the condition, until that moment of the monotonic clock."""
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def connections(server):
    """How many the server's process has."""
    found = [psutil.Process(server.process.pid), *psutil.Process(server.process.pid).children()]
    return max(
        sum(each.status == psutil.CONN_ESTABLISHED and each.laddr.port == server.port for each in one.net_connections())
        for one in found
    )
