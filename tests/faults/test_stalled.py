"""Viewers that stop reading are put out, and nobody else notices."""

import socket
import time

import psutil
import pytest
from websocket import WebSocket

from tests.faults.crowd import SMALLEST_BUFFER, viewer
from tests.faults.rig import Rig, rss_bytes
from tests.faults.watcher import Watcher
from tests.server import BUSY_S

MIB = 1024 * 1024
GROWTH_BYTES = 20 * MIB
STALLED_S = 30
WARM = 2_000  # events, until what is held for them is held


@pytest.mark.timeout(180)
@pytest.mark.fault(
    "L-1",
    "100 viewers that never read",
    "memory grows ≤ 20 MiB; they are dropped ≤ 30 s after they stalled; another viewer misses nothing",
)
def test_viewers_that_never_read_cost_nobody_else(rig: Rig, measured):
    """They are skipped and dropped, and the server's memory and everyone else's view are as if they were not there."""
    token = rig.environment["READ_TOKEN"]
    with Watcher(rig.server, token) as watcher:
        rig.scrape("warm", events=WARM).finish()
        lines = [
            viewer(rig.server, token, receive_bytes=SMALLEST_BUFFER, room="events", batched=True)[0] for _ in range(100)
        ]
        before = rss_bytes(rig.server.process.pid)
        scraper = rig.scrape("s", events=1_000_000, rate=200, bytes=400, jobs=2)
        began = time.monotonic()
        most = before
        while (stalled := _connected(rig, lines)) and time.monotonic() < began + STALLED_S + BUSY_S:
            most = max(most, rss_bytes(rig.server.process.pid))
            rig.pass_time(0.2)
        took = time.monotonic() - began
        scraper.kill()
        watcher.catch_up(rig.url)
        for line in lines:
            line.shutdown()

    measured(f"{(most - before) / MIB:.0f} MiB; all dropped after {took:.0f} s; the viewer saw {len(watcher.seen):,}")
    assert stalled == 0
    assert most - before < GROWTH_BYTES


def _connected(rig: Rig, lines: list[WebSocket]) -> int:
    """How many of the lines the server holds open."""
    ports = {_own_port(line) for line in lines}
    held = psutil.Process(rig.server.process.pid).net_connections("tcp4")
    return sum(each.status == psutil.CONN_ESTABLISHED and each.raddr.port in ports for each in held if each.raddr)


def _own_port(line: WebSocket) -> int:
    assert isinstance(line.sock, socket.socket)
    return int(line.sock.getsockname()[1])
