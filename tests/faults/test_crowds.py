"""Too many, too silent or too slow: those who do harm are put out, and nobody else notices."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
from websocket import WebSocket

from tests.faults.crowd import Crowd, opened, viewer
from tests.faults.rig import Rig, rss_bytes
from tests.server import BUSY_S

SILENT_S = 10
ACK_S = 5
PAGE_S = 1
SLOW_S = 1  # what a busy machine may need for a page on top
BACK_S = 30
CAP = 200
LONG_CAP = 2_000


@pytest.fixture
def variables(long) -> dict[str, str]:
    """All sockets of a crowd come from one address."""
    return {
        "RATE_LIMIT_CONNECTIONS": "1000000",
        "WEBSOCKET_MAX_CONNECTIONS": str(LONG_CAP if long else CAP),
        "WEBSOCKET_PING_INTERVAL": "5000",
        "WEBSOCKET_PING_TIMEOUT": "60000",  # who is put out is put out for not reading, not for a lost ping
    }


@pytest.mark.timeout(300)
@pytest.mark.fault(
    "L-2",
    "more connections than WEBSOCKET_MAX_CONNECTIONS",
    "refused with `too_many_connections`; ingest goes on; a page answers < 1 s",
)
def test_beyond_the_cap_connections_are_refused(rig: Rig, long, measured):
    """Those who are in notice nothing; the next one is told why it is not let in."""
    token, cap = rig.environment["READ_TOKEN"], LONG_CAP if long else CAP
    scraper = rig.scrape("s", events=1_000_000, rate=100)
    rig.until(lambda: rig.proxy.acks)
    before = rss_bytes(rig.server.process.pid)
    lines = [viewer(rig.server, token, room="metrics")[0] for _ in range(cap - 1)]
    each = (rss_bytes(rig.server.process.pid) - before) / cap
    refused = [viewer(rig.server, token, room="metrics") for _ in range(20)]
    began, acks = time.monotonic(), len(rig.proxy.acks)
    status, _ = rig.server.request("/healthz")
    answered = time.monotonic() - began
    rig.until(lambda: len(rig.proxy.acks) > acks)
    scraper.kill()
    for line in (*lines, *(line for line, _ in refused)):
        line.shutdown()

    measured(f"cap {cap:,}; {each / 1024:.0f} KiB a viewer; `/healthz` in {answered * 1000:.0f} ms")
    assert {reason.get("data", {}).get("code") for _, reason in refused} == {"too_many_connections"}
    assert status == 200
    assert answered < PAGE_S + SLOW_S


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.fault(
    "L-3",
    "2,000 viewers come back at once after a restart, some with a wrong token",
    "all back ≤ 30 s, no wrong one; a batch waits < 5 s for its acknowledgement",
)
def test_a_reconnect_storm_is_weathered(rig: Rig, measured):
    """Everyone is let in soon, nobody by mistake, and scrapers go on meanwhile."""
    token, size = rig.environment["READ_TOKEN"], LONG_CAP - 100
    lines = [viewer(rig.server, token, room="events", batched=True)[0] for _ in range(size)]
    scraper = rig.scrape("s", events=1_000_000, rate=100)
    rig.until(lambda: rig.proxy.acks)
    rig.server.kill()
    for line in lines:
        line.shutdown()
    rig.restart()
    began = time.monotonic()
    with ThreadPoolExecutor(32) as pool:
        tokens = [token if number % 10 else f"{token} but wrong" for number in range(size)]
        came = list(pool.map(lambda given: viewer(rig.server, given, room="events", batched=True), tokens))
    took = time.monotonic() - began
    acks = [began, *(at for at in list(rig.proxy.acks) if at > began), time.monotonic()]
    waits = [after - before for before, after in pairwise(acks)]
    scraper.kill()
    for line, _ in came:
        line.shutdown()

    measured(f"{size:,} back in {took:.1f} s; an acknowledgement at least every {max(waits):.1f} s")
    assert [_let_in(answer) for _, answer in came] == [given == token for given in tokens]
    assert took < BACK_S + BUSY_S
    assert max(waits) < ACK_S + BUSY_S


@pytest.mark.statement(20)
@pytest.mark.fault("L-5", "1,000 sockets that never say who they are", "each is closed ≤ 10 s")
def test_silent_sockets_are_closed(rig: Rig, long, measured):
    """A place is not held by saying nothing."""
    began: dict[WebSocket, float] = {}
    for _ in range(1_000 if long else CAP):
        line = opened(rig.server)
        began[line] = time.monotonic()
    with Crowd(list(began)) as crowd:
        crowd.wait(lambda: len(crowd.ended) == len(began), SILENT_S + BUSY_S)
        waits = [crowd.ended[line] - at for line, at in began.items()]

    measured(f"{len(waits):,} closed after {min(waits):.1f} to {max(waits):.1f} s")
    assert max(waits) < SILENT_S + BUSY_S


def _let_in(answer: Any) -> bool:
    """Whether a viewer's answer is that to its subscription; a refusal must be for its token."""
    assert answer.get("ok") or answer["data"]["code"] == "unauthorized", answer
    return bool(answer.get("ok"))
