"""The network fails between scrapers and server: nothing is lost, and nobody is hammered."""

import time

import pytest

from tests.faults.kept import reading, stored
from tests.faults.proxy import DOWN, UP
from tests.faults.rig import Rig
from tests.server import BUSY_S

PING_MS = {"WEBSOCKET_PING_INTERVAL": "1000", "WEBSOCKET_PING_TIMEOUT": "1000"}
NOTICED_S = 2  # interval and timeout
MOST_TRIES_PER_S = 3
PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s" % (len(PAGE), PAGE)
TOO_MANY = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"

ANSWERS = [b"", pytest.param(BAD_GATEWAY, marks=pytest.mark.long), pytest.param(TOO_MANY, marks=pytest.mark.long)]


@pytest.mark.timeout(300)
@pytest.mark.fault("N-1", "connections are cut in the midst of a batch", "lost 0, duplicates 0")
def test_a_cut_batch_is_sent_again(rig: Rig, long, measured):
    """A batch that arrived in part, or whole with its answer lost, counts once."""
    cuts = 60 if long else 6
    rig.cut_soon(cuts, 40_000)
    rig.scrape("s", events=cuts * 150, rate=0 if long else 600, jobs=3, bytes=300)
    verdict = rig.finish()

    measured(f"{cuts - len(rig.proxy.cuts)} cuts; {verdict}")
    assert verdict.right, verdict


@pytest.mark.parametrize("variables", [PING_MS])
@pytest.mark.fault(
    "N-2",
    "half-open: both ends are up and nothing arrives any more (ping interval and timeout 1 s each)",
    "the client notices within both together, and sends again: lost 0, duplicates 0",
)
def test_a_half_open_connection_is_noticed(rig: Rig, measured):
    """Silence is no connection: the client leaves it and comes back."""
    rig.scrape("s", events=900, rate=300, jobs=2)
    rig.until(lambda: rig.proxy.acks)
    with rig.proxy.silenced(UP, DOWN):
        began, tries = time.monotonic(), len(rig.proxy.tries)
        rig.until(lambda: len(rig.proxy.tries) > tries)
        noticed = time.monotonic() - began
    verdict = rig.finish()

    measured(f"noticed after {noticed:.1f} s; {verdict}")
    assert noticed < NOTICED_S + BUSY_S
    assert verdict.right, verdict


@pytest.mark.timeout(300)
@pytest.mark.fault(
    "N-4", "a bad line: 500 ms each way, 64 kbit/s, one piece in a hundred resets it", "lost 0, duplicates 0"
)
def test_a_bad_line_is_slow_and_whole(rig: Rig, long, measured):
    """Batches get through a line that is slower than they are made."""
    rig.proxy.delay_s, rig.proxy.bytes_per_s, rig.proxy.resets = (0.5, 8_000, 0.01) if long else (0.1, 64_000, 0.02)
    events, rate = (600, 8) if long else (700, 300)
    began = time.monotonic()
    rig.scrape("s", events=events, rate=rate, jobs=2)
    verdict = rig.finish(240)

    measured(f"{events / (time.monotonic() - began):.0f} events/s; {verdict}")
    assert verdict.right, verdict


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_backlog_gets_through_a_bad_line(rig: Rig):
    """What waited is sent in portions that the line can carry in time."""
    rig.proxy.delay_s, rig.proxy.bytes_per_s = 0.5, 8_000
    rig.scrape("s", events=400, rate=300)
    verdict = rig.finish(240)

    assert verdict.right, verdict


@pytest.mark.timeout(180)
@pytest.mark.fault(
    "N-5",
    "nobody listens, or a page of HTML answers 502, or 429 with Retry-After",
    "≤ 3 tries a second; lost 0 afterwards",
)
@pytest.mark.parametrize("answer", ANSWERS, ids=["refused", "502", "429"])
def test_a_server_that_is_away_is_not_hammered(rig: Rig, answer: bytes, long, measured):
    """Tries come ever more seldom, and the events are still there when it is back."""
    away_s = 30 if long else 3
    rig.proxy.answer = answer
    rig.scrape("s", events=500, rate=100, jobs=2)
    rig.pass_time(away_s)
    tries = len(rig.proxy.tries)
    rig.proxy.answer = None
    verdict = rig.finish()

    measured(f"{tries} tries in {away_s} s; {verdict}")
    assert 0 < tries <= MOST_TRIES_PER_S * (away_s + 1)
    assert verdict.right, verdict


@pytest.mark.timeout(300)
@pytest.mark.fault(
    "N-6",
    "the network is away while 200,000 events are emitted, then back, while another scraper sends live",
    "lost 0, out of order 0; live events come between; drained at ≥ 5,000 events/s",
)
def test_what_waited_drains_beside_live_events(rig: Rig, long, measured):
    """A backlog does not shut out what happens now."""
    events = 200_000 if long else 10_000
    rig.proxy.close()
    waiting = rig.scrape("away", events=events, jobs=4)
    rig.until(lambda: waiting.emitted >= events)
    live = rig.scrape("live", events=events // 20, rate=200, SCRAPEWATCH_URL=rig.server.address)
    rig.until(lambda: live.emitted)
    rig.proxy.open()
    rig.until(lambda: rig.proxy.acks, 40)  # a try may be due only after the longest wait
    began = time.monotonic()
    waiting.finish()
    took_s = time.monotonic() - began
    verdict = rig.finish()
    with reading(rig.url) as connection:
        jobs = [row.job_id.partition("-")[0] for row in stored(connection)]
    backlog = range(jobs.index("away"), len(jobs) - jobs[::-1].index("away"))
    between = sum(jobs[at] == "live" for at in backlog)

    measured(f"{events / took_s:,.0f} events/s, {between} live ones between; {verdict}")
    assert between > 0
    assert verdict.right, verdict
