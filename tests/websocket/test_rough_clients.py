"""Clients that break the rules, on the real server: each is dealt with, and nobody else notices."""

import contextlib
import json
import socket
import struct
import threading
import urllib.error
import urllib.parse
import urllib.request

import psutil
import pytest
import websocket

from tests.server import Server
from tests.sockets import PATIENCE_S, connected, scraped, watching


@pytest.fixture
def server(lasting):
    """One for all: that the next client is served is what they look at."""
    return lasting


def fragment(size: int, *, first: bool) -> bytes:
    """A masked frame that is not the last of its message."""
    return struct.pack("!BBQ", 0x01 if first else 0x00, 0x80 | 127, size) + b"\0\0\0\0" + b"x" * size


def still_serves(server, environment):
    """A well-behaved scraper is answered, a well-behaved viewer let in."""
    with connected(server, environment["INGEST_TOKEN"]) as good, watching(server, environment["READ_TOKEN"]) as viewer:
        return good.call("item_scraped", scraped(), timeout=PATIENCE_S)["ok"] and viewer.subscribe(room="jobs")["ok"]


@pytest.mark.statement(20)
def test_who_does_not_say_who_they_are_is_closed(server, raw):
    """After ten seconds, although they answer every ping."""
    assert raw(server).is_closed_within(16)


def test_who_leaves_the_namespace_is_closed_too(server, raw, environment):
    """A socket in no namespace is nobody's."""
    client = raw(server)
    client.log_in(environment["INGEST_TOKEN"])
    client.line.send("41")

    assert client.is_closed_within(16)


def test_a_message_is_bounded_over_all_its_fragments(server, raw, environment):
    """Two hundred fragments of 900 kB each don't fill the memory, before anyone has authenticated."""
    before = psutil.Process(server.process.pid).memory_info().rss
    client = raw(server)
    with pytest.raises(OSError, match=r"."):  # noqa: PT012  (the server may hang up at any of them)
        for number in range(200):
            client.line.sock.sendall(fragment(900_000, first=number == 0))

    assert psutil.Process(server.process.pid).memory_info().rss - before < 40_000_000
    assert still_serves(server, environment)


@pytest.mark.statement(63)
def test_one_who_breaks_the_protocol_and_does_not_read_stops_nobody(server, raw, environment):
    """Their socket is closed without waiting until they have read what waits for them."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    line.connect(("127.0.0.1", server.port))
    client = raw(server, socket=line)
    client.log_in(environment["INGEST_TOKEN"])
    batch = json.dumps([scraped() for _ in range(100)])
    for number in range(150):  # less than the sender may have waiting: the good one is of the same
        client.line.send(f'42{number}["events",{batch}]')
    client.line.send('459999999-["x",{"_placeholder":true,"num":0}]')

    assert still_serves(server, environment)
    assert client.is_closed_within(10)


@pytest.mark.parametrize("packet", ['42["', "42{}", "9", "45", '42["item_scraped"', "4", "42" + "[" * 50_000, "4\x00"])
def test_what_is_no_packet_harms_nobody(server, raw, environment, packet):
    """It is ignored or its socket closed; the next client is served."""
    client = raw(server)
    client.log_in(environment["INGEST_TOKEN"])
    client.line.send(packet)

    assert still_serves(server, environment)


def test_a_few_packets_that_mean_nothing_are_overlooked(server, raw, environment):
    """Twenty of an unknown kind; the next one ends it."""
    client = raw(server)
    client.log_in(environment["INGEST_TOKEN"])
    for _ in range(20):
        client.line.send("9")
    client.line.send("421" + json.dumps(["item_scraped", scraped()]))
    assert str(client.line.recv()).startswith('431[{"ok":true')
    client.line.send("9")

    assert client.is_closed_within(5)
    assert still_serves(server, environment)


@pytest.mark.parametrize("opcode", [websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_CONT])
def test_empty_frames_end_it(server, raw, environment, opcode):
    """A message without a byte is none, and fragments without a byte take room, too."""
    client = raw(server)
    if opcode == websocket.ABNF.OPCODE_CONT:
        client.line.sock.sendall(fragment(1, first=True))
    frame = websocket.ABNF.create_frame("", opcode, 1 if opcode == websocket.ABNF.OPCODE_TEXT else 0).format()
    with contextlib.suppress(OSError):  # it may hang up at any of them
        for _ in range(200):
            client.line.sock.sendall(frame * 10_000)

    assert client.is_closed_within(10)
    assert still_serves(server, environment)


@pytest.mark.statement(22)
def test_a_flood_from_one_socket_leaves_the_others_their_turn(server, raw, environment):
    """However fast it sends, others are answered meanwhile."""
    client, flooding = raw(server), threading.Event()
    client.log_in(environment["INGEST_TOKEN"])
    pongs = websocket.ABNF.create_frame("3", websocket.ABNF.OPCODE_TEXT).format() * 2_000

    def flood():
        with contextlib.suppress(OSError):
            while not flooding.is_set():
                client.line.sock.sendall(pongs)

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        assert all(still_serves(server, environment) for _ in range(3))
    finally:
        flooding.set()
        client.line.shutdown()
        thread.join()


def test_every_name_is_answered(server, environment):
    """Overlong, with escapes, or sent to the readers' namespace."""
    with (
        connected(server, environment["INGEST_TOKEN"]) as scraper,
        watching(server, environment["READ_TOKEN"]) as viewer,
    ):
        for name in ("x" * 500, 'quo"ted', "é"):
            assert scraper.call(name, scraped(), timeout=PATIENCE_S)["rejected"][0]["code"] == "unknown_type"
        assert scraper.call("hello", ({}, 5), timeout=PATIENCE_S)["sender"] == "default"
        assert viewer.client.call("nonsense", {}, namespace="/live", timeout=PATIENCE_S)["ok"] is False
        assert viewer.subscribe(room="events", since=2**63)["field"] == "since"


def test_a_cursor_from_elsewhere_is_reset(server, environment):
    """One beyond the newest, as after a restored backup."""
    with watching(server, environment["READ_TOKEN"]) as viewer:
        newest = viewer.subscribe(room="events")["cursor"]
        answer = viewer.subscribe(room="events", since=newest + 10**9)

    assert answer["reset"]
    assert answer["cursor"] >= newest


@pytest.mark.parametrize(
    ("origin", "welcome"),
    [("https://watch.example", True), ("https://evil.example", False), ("null", False), (None, True)],
)
def test_pages_of_the_public_address_may_connect(environment, sqlite_url, tmp_path, origin, welcome):
    """PUBLIC_URL's own pages may; other sites may not, whatever their credentials."""
    server = Server({**environment, "PUBLIC_URL": "https://watch.example"}, tmp_path / "server.log")
    server.start()
    try:
        headers = {"Origin": origin} if origin else {}
        request = urllib.request.Request(f"{server.address}/socket.io/?EIO=4&transport=polling", headers=headers)
        request.add_header("Host", "127.0.0.1")
        assert status(request) == (200 if welcome else 400)
    finally:
        server.kill()


def status(request: urllib.request.Request) -> int:
    """Of the answer, whatever it is."""
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code
