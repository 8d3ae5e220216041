"""The measurements of what viewers see, in small: that they run and count, not how fast anything is."""

import sys
from pathlib import Path

import pytest

from bench import node
from bench.ingest import OURS
from bench.target import READ_TOKEN, started, target
from bench.viewers import Crowd, Lost, Task
from bench.viewing import Scene, measure
from bench.watch import Load
from tests import parts
from tests.sockets import connected, scraped


def test_every_viewer_of_every_server_is_counted(tmp_path: Path, one_mode: str):
    """Ours and the reference stand side by side, and a run in which a viewer missed an event would have raised."""
    servers = {OURS: target(tmp_path / "ours", one_mode, sys.executable)}
    if parts.node_peers():
        servers["node coalesce"] = node.peer(tmp_path / "coalesce", "coalesce")

    figures = measure(servers, Scene("few", Load(40, 200, 6, 2)), rounds=1)

    rows = [f"few: {what}, {name}" for name in servers for what in ("p50", "p99", "CPU")]
    compared = [f"few: CPU, {OURS} ÷ {name}" for name in servers if name != OURS]
    assert [figure.name for figure in figures] == [*rows, *compared]
    assert all(figure.median > 0 for figure in figures)


def test_a_missing_event_is_no_measurement(tmp_path: Path, one_mode: str):
    """A viewer who is told event 2 but never was told event 1 ends the run."""
    server = target(tmp_path / "ours", one_mode, sys.executable)
    with started(server):
        crowd = Crowd(Task(server.address, READ_TOKEN, "s1", viewers=2, events=2))
        with connected(server, server.environment["INGEST_TOKEN"]) as scraper:
            scraper.call("events", [scraped(data={"n": 2, "sent": 0})], timeout=10)

        with pytest.raises(Lost, match="was told"):
            crowd.listen()
        crowd.close()
