"""How often an address may connect, by the rates alone and on the real server."""

import json
import time
import urllib.error
import urllib.request
from contextlib import ExitStack

import pytest

from app.core.clock import CLOCK
from app.websocket.connections import MOST_TOLD
from app.websocket.rates import MOST_KNOWN, SPREAD_MS, ConnectionRates
from tests.server import running
from tests.sockets import PATIENCE_S, Refused, connected, scraped


def test_so_many_may_enter_and_the_rest_is_told_when():
    """Each at a moment of its own within the spread; another address is not concerned."""
    rates = ConnectionRates(CLOCK, most=600, interval_ms=60_000)
    waits = [rates.enter("127.0.0.1") for _ in range(1_000)]

    assert waits[:600] == [0] * 600
    assert all(50_000 < wait <= 60_000 + SPREAD_MS for wait in waits[600:])
    assert max(waits[600:]) - min(waits[600:]) > SPREAD_MS / 2
    assert rates.enter("127.0.0.2") == 0


def test_a_tenth_of_them_may_fail():
    """Counted apart: who fails more often hears when to come back, and others of the address come in meanwhile."""
    rates = ConnectionRates(CLOCK, most=50, interval_ms=60_000)

    assert [rates.failed("10.0.0.1") for _ in range(5)] == [0] * 5
    assert 50_000 < rates.failed("10.0.0.1") <= 60_000 + SPREAD_MS
    assert [rates.failed("10.0.0.2"), rates.enter("10.0.0.1")] == [0, 0]


def test_a_network_of_ipv6_is_one_address():
    """Whoever has one address there has all of them."""
    rates = ConnectionRates(CLOCK, most=1, interval_ms=60_000)

    assert rates.enter("2001:db8:1:2::1") == 0
    assert rates.enter("2001:db8:1:2:ffff::9") > 0
    assert rates.enter("2001:db8:1:3::1") == 0
    assert rates.enter("not an address") == 0


@pytest.mark.statement(15)
def test_who_comes_by_ipv4_is_one_address_however_a_proxy_tells_it():
    """Written as IPv6 all of them share a network: one who guesses would shut out everybody."""
    rates = ConnectionRates(CLOCK, most=1, interval_ms=60_000)

    assert rates.enter("::ffff:192.0.2.1") == 0
    assert rates.enter("::ffff:192.0.2.2") == 0
    assert rates.enter("192.0.2.1") > 0


def test_it_is_remembered_who_came_from_where():
    """Every sender of an address, of no other one; the longest unseen addresses are forgotten."""
    rates = ConnectionRates(CLOCK, most=9, interval_ms=60_000)
    for sender_id in (1, 2):
        rates.entered("10.0.0.1", sender_id)
    assert [set(rates.senders(f"10.0.0.{n}")) for n in (1, 2)] == [{1, 2}, set()]

    for number in range(MOST_KNOWN):
        rates.entered(f"host {number}", 3)
    assert [set(rates.senders(who)) for who in ("10.0.0.1", "host 0")] == [set(), {3}]


def test_an_address_that_has_been_away_is_forgotten():
    """Its name costs memory no longer; one that is still within its window goes on being counted."""
    rates = ConnectionRates(CLOCK, most=1, interval_ms=1_000)
    crowd = [f"10.0.0.{n}" for n in range(100)]
    assert [rates.enter(address) for address in crowd] == [0] * 100
    assert kept(rates) == 100
    deadline = time.monotonic() + 30
    while kept(rates) > 1:
        assert time.monotonic() < deadline
        rates.enter("10.0.1.1")
        rates.forget()
        time.sleep(0.01)

    stays = ConnectionRates(CLOCK, most=1, interval_ms=60_000)
    assert stays.enter("10.0.0.1") == 0
    stays.forget()
    assert stays.enter("10.0.0.1") > 0
    assert rates.enter("10.0.0.1") == 0


def kept(rates):
    """How many addresses it holds."""
    return len(rates._counts.events)


@pytest.fixture
def strict(environment, sqlite_url, async_mode, tmp_path):
    """A server behind one proxy that lets ten connections in a minute, of which one may fail."""
    few = {"RATE_LIMIT_CONNECTIONS": "10", "TRUSTED_PROXIES": "1", "ASYNC_MODE": async_mode}
    with running({**environment, **few}, tmp_path / "server.log") as server:
        yield server


def come(server, token, namespace="/", address=None):
    """The refusal's data, None when let in; `address` is the one that the proxy tells."""
    headers = {"X-Forwarded-For": address} if address else {}
    try:
        with connected(server, token, namespace, headers=headers):
            return None
    except Refused as refusal:
        return refusal.data


@pytest.mark.statement(21)
def test_one_who_connects_too_often_is_told_when_to_come_back(strict, environment):
    """Both namespaces count, the loopback address like any other; the address is the one the nearest proxy tells."""
    ingest, read = environment["INGEST_TOKEN"], environment["READ_TOKEN"]
    for _ in range(5):
        assert come(strict, ingest) is None
        assert come(strict, read, "/live") is None

    refusal = come(strict, ingest)
    assert refusal["code"] == "rate_limited"
    assert 0 < refusal["retryAfter"] <= 60_000 + SPREAD_MS
    assert come(strict, read, "/live")["code"] == "rate_limited"
    assert come(strict, ingest, address="203.0.113.7") is None
    assert come(strict, ingest, address="203.0.113.7, 127.0.0.1")["code"] == "rate_limited"


@pytest.mark.statement(21)
def test_one_who_fails_too_often_bars_nobody_else(strict, environment):
    """Right tokens of the same address go on, those that nobody has sent before, too; wrong ones have to pause."""
    wrong, here = "wrong" * 8, "203.0.113.8"
    codes = [come(strict, wrong, address=here)["code"] for _ in range(3)]

    assert codes == ["unauthorized", "rate_limited", "rate_limited"]
    for token, namespace in (("READ_TOKEN", "/live"), ("INGEST_TOKEN", "/"), ("READ_TOKEN", "/live")):
        assert come(strict, environment[token], namespace, address=here) is None
    lacking = come(strict, environment["READ_TOKEN"], address=here)
    assert (lacking["code"], 0 < lacking["retryAfter"] <= 60_000 + SPREAD_MS) == ("rate_limited", True)
    assert come(strict, wrong, address="203.0.113.9")["code"] == "unauthorized"


def opened(server, address):
    """Open a session by polling and say nothing in it: status and, where it was refused, code and seconds to wait."""
    asked = urllib.request.Request(
        f"{server.address}/socket.io/?EIO=4&transport=polling", headers={"X-Forwarded-For": address}
    )
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:
            return answer.status, "", 0
    except urllib.error.HTTPError as error:
        return error.status, json.load(error)["code"], int(error.headers["Retry-After"])


@pytest.mark.statement(21)
def test_sessions_that_say_nothing_are_bounded_by_address(strict, environment):
    """Beyond its rate an address may have a hundred, to be told so; then HTTP says it, and nobody else is concerned."""
    answers = [opened(strict, "203.0.113.7") for _ in range(10 + MOST_TOLD + 3)]

    assert [status for status, *_ in answers] == [200] * (10 + MOST_TOLD) + [429] * 3
    assert {code for _, code, _ in answers[-3:]} == {"rate_limited"}
    assert all(0 < wait_s <= (60_000 + SPREAD_MS) / 1_000 for *_, wait_s in answers[-3:])
    assert come(strict, environment["INGEST_TOKEN"], address="203.0.113.8") is None


def test_sessions_that_say_nothing_are_bounded_for_all(environment, sqlite_url, async_mode, tmp_path):
    """They take up room like anyone; beyond it a hundred may hear so over their socket, the others by HTTP."""
    few = {"WEBSOCKET_MAX_CONNECTIONS": "5", "ASYNC_MODE": async_mode}
    with running({**environment, **few}, tmp_path / "server.log") as server:
        answers = [opened(server, "127.0.0.1") for _ in range(5 + MOST_TOLD + 3)]
        refused = server.json("/api/v1/status", token=environment["READ_TOKEN"])["sockets"]["refused"]

    assert [status for status, *_ in answers] == [200] * (5 + MOST_TOLD) + [503] * 3
    assert {code for _, code, _ in answers[-3:]} == {"too_many_connections"}
    assert refused == {"too_many_connections": 3}


LOST_MS = 1_500


@pytest.mark.parametrize(
    ("limit", "code"),
    [("WEBSOCKET_MAX_CONNECTIONS", "too_many_connections"), ("RATE_LIMIT_CONNECTIONS", "rate_limited")],
)
def test_no_job_is_lost_while_its_sender_is_turned_away(environment, sqlite_url, async_mode, tmp_path, limit, code):
    """It is when nobody asks to be let in any more."""
    few = {limit: "1", "JOB_LOST_AFTER": str(LOST_MS), "ASYNC_MODE": async_mode}
    token = environment["INGEST_TOKEN"]
    with running({**environment, **few}, tmp_path / "server.log") as server, ExitStack() as stack:

        def status():
            return server.json("/api/v1/jobs/s1", token=environment["READ_TOKEN"])["status"]

        with connected(server, token) as scraper:
            assert scraper.call("item_scraped", scraped(), timeout=PATIENCE_S)["ok"]
            assert come(server, token)["code"] == code
        if code == "too_many_connections":
            until(lambda: take_the_only_place(server, environment["READ_TOKEN"], stack))
        ends = time.monotonic() + 3 * LOST_MS / 1_000
        while time.monotonic() < ends:
            assert come(server, token)["code"] == code
            time.sleep(0.2)  # as a client that tries again
        assert status() == "running"

        until(lambda: status() == "lost")


def test_who_fails_keeps_no_job_of_others_from_being_lost(environment, sqlite_url, async_mode, tmp_path):
    """Though it comes from where the job's sender came from, and is told to pause."""
    few = {"RATE_LIMIT_CONNECTIONS": "200", "JOB_LOST_AFTER": "1000", "ASYNC_MODE": async_mode}
    with running({**environment, **few}, tmp_path / "server.log") as server:
        for _ in range(20):
            assert come(server, "wrong" * 8)["code"] == "unauthorized"
        with connected(server, environment["INGEST_TOKEN"]) as scraper:
            assert scraper.call("item_scraped", scraped(), timeout=PATIENCE_S)["ok"]

        def lost():
            assert come(server, "wrong" * 8)["code"] == "rate_limited"
            return server.json("/api/v1/jobs/s1", token=environment["READ_TOKEN"])["status"] == "lost"

        until(lost)


def take_the_only_place(server, token, stack):
    """Whether it was free."""
    try:
        stack.enter_context(connected(server, token, "/live"))
    except Refused:
        return False
    return True


def until(true):
    """Wait for a condition."""
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)
