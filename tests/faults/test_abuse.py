"""Somebody does all they can to the server: ingest goes on, and it is well afterwards."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.faults.rig import Rig, rss_bytes
from tests.server import BUSY_S, ROOT, path
from tests.sockets import connected, scraped

MIB = 1024**2
ACK_S = 1
GROWTH_MIB = {"eventlet": 128, "threading": 384}
"""A thousand connections are a thousand threads in one of them, whose stacks stay."""
SHORT = {"logins": 40, "connections": 300, "drips": 40, "heads": 10, "smuggled": 21}
LONG = {"logins": 1_000, "connections": 10_000, "drips": 1_000, "heads": 500, "smuggled": 420}
SERVED = {
    "logins": {"401", "429", "503"},
    "connections": {"unauthorized", "rate_limited", "429", "503"},
    "drips": {"400", "408", "closed"},
    "heads": {"400", "414", "431", "closed"},
    "smuggled": {"refused"},
}
"""What may come of each."""


@pytest.fixture
def variables(mode: str) -> dict[str, str]:
    """A proxy in front tells addresses."""
    return {"ASYNC_MODE": mode, "TRUSTED_PROXIES": "1"}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("mode", ["eventlet", pytest.param("threading", marks=pytest.mark.long)])
@pytest.mark.fault(
    "L-6",
    "all at once: 1,000 wrong passwords and 10,000 wrong tokens from many addresses, 1,000 heads that never end, heads"
    " that are too large, requests smuggled behind others",
    "each is refused as promised; lost 0, duplicates 0; memory grows ≤ 128 MiB (384 with a"
    " thread a connection); the server is well afterwards",
)
@pytest.mark.statement(6, 15, 21, 57, 58, 63)
def test_ingest_goes_on_under_abuse(rig: Rig, mode: str, long, measured):
    """Whoever belongs here is served meanwhile, by acknowledgements as prompt as a busy machine allows."""
    scraper = rig.scrape("s", events=1_000_000, rate=200, jobs=2)
    rig.until(lambda: rig.proxy.acks)
    serving = worker(rig.server.process.pid)
    before = rss_bytes(serving)
    attempts = LONG if long else SHORT
    waits: list[float] = []
    began = time.monotonic()
    abuse = attack(rig.server.port, attempts)
    with connected(rig.server, rig.environment["INGEST_TOKEN"]) as client:
        while abuse.poll() is None:
            sent = time.monotonic()
            assert client.call("item_scraped", scraped("w"), timeout=60)["ok"]
            waits.append(time.monotonic() - sent)
            rig.pass_time(0.02)
    took = time.monotonic() - began
    grown = (rss_bytes(serving) - before) / MIB
    found: dict[str, dict[str, int]] = json.loads(abuse.communicate()[0])
    scraper.kill()
    rig.again(scraper, events=200)
    verdict = rig.settled(rig.scrapers[-1:])
    p99 = sorted(waits)[len(waits) * 99 // 100]

    measured(f"{told(found)}, in {took:.0f} s; acknowledged in {p99 * 1_000:.0f} ms (p99); {grown:+.0f} MiB; {verdict}")
    assert {way: sum(each.values()) for way, each in found.items()} == attempts
    assert [(way, outcome) for way, each in found.items() for outcome in each if outcome not in SERVED[way]] == []
    assert verdict.right, verdict
    assert p99 < ACK_S + BUSY_S
    assert grown < GROWTH_MIB[mode]
    assert rig.server.request("/healthz")[0] == 200
    assert "Traceback" not in rig.server.log.read_text()


def attack(port: int, attempts: dict[str, int]) -> "subprocess.Popen[bytes]":
    """A process of its own that does all of it."""
    arguments = [f"--{name}={value}" for name, value in {"port": port, **attempts}.items()]
    command = [sys.executable, "-m", "tests.faults.abuse", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env={"PATH": path()}, stdout=subprocess.PIPE)


def worker(pid: int) -> int:
    """The process that serves: gunicorn's is a child."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else pid


def told(found: dict[str, Any]) -> str:
    """What came of each way, for the table."""
    return "; ".join(
        f"{way}: " + ", ".join(f"{number:,} {outcome}" for outcome, number in sorted(each.items()))
        for way, each in found.items()
    )
