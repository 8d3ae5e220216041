"""Clients that break the rules, on the real server: each is dealt with, and nobody else notices."""

import json
import socket
import struct
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from tests.server import Server
from tests.sockets import PATIENCE_S, Raw, connected, scraped, watching


@pytest.fixture
def raw(server: Server) -> Iterator[Callable[..., Raw]]:
    """Opens bare WebSockets to the server and closes them in the end."""
    opened = []

    def connect(**options: Any) -> Raw:
        opened.append(Raw(server, **options))
        return opened[-1]

    yield connect
    for each in opened:
        each.line.shutdown()


def fragment(size: int, *, first: bool) -> bytes:
    """A masked frame that is not the last of its message."""
    return struct.pack("!BBQ", 0x01 if first else 0x00, 0x80 | 127, size) + b"\0\0\0\0" + b"x" * size


def still_serves(server, environment):
    """A well-behaved scraper is answered, a well-behaved viewer let in."""
    with connected(server, environment["INGEST_TOKEN"]) as good, watching(server, environment["READ_TOKEN"]) as viewer:
        return good.call("item_scraped", scraped(), timeout=PATIENCE_S)["ok"] and viewer.subscribe(room="jobs")["ok"]


def test_who_does_not_say_who_they_are_is_closed(raw):
    """After ten seconds, although they answer every ping."""
    assert raw().is_closed_within(16)


def test_who_leaves_the_namespace_is_closed_too(raw, environment):
    """A socket in no namespace is nobody's."""
    client = raw()
    client.log_in(environment["INGEST_TOKEN"])
    client.line.send("41")

    assert client.is_closed_within(16)


def test_a_message_is_bounded_over_all_its_fragments(server, raw, environment):
    """Two hundred fragments of 900 kB each don't fill the memory, before anyone has authenticated."""
    before = psutil.Process(server.process.pid).memory_info().rss
    client = raw()
    with pytest.raises(OSError, match=r"."):  # noqa: PT012  (the server may hang up at any of them)
        for number in range(200):
            client.line.sock.sendall(fragment(900_000, first=number == 0))

    assert psutil.Process(server.process.pid).memory_info().rss - before < 40_000_000
    assert still_serves(server, environment)


def test_one_who_breaks_the_protocol_and_does_not_read_stops_nobody(server, raw, environment):
    """Their socket is closed without waiting until they have read what waits for them."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    line.connect(("127.0.0.1", server.port))
    client = raw(socket=line)
    client.log_in(environment["INGEST_TOKEN"])
    batch = json.dumps([scraped() for _ in range(100)])
    for number in range(200):
        client.line.send(f'42{number}["events",{batch}]')
    client.line.send('459999999-["x",{"_placeholder":true,"num":0}]')

    assert still_serves(server, environment)
    assert client.is_closed_within(10)


@pytest.mark.parametrize("packet", ['42["', "42{}", "9", "45", '42["item_scraped"', "4", "42" + "[" * 50_000, "4\x00"])
def test_what_is_no_packet_harms_nobody(server, raw, environment, packet):
    """It is ignored or its socket closed; the next client is served."""
    client = raw()
    client.log_in(environment["INGEST_TOKEN"])
    client.line.send(packet)

    assert still_serves(server, environment)


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
        answer = viewer.subscribe(room="events", since=500)

    assert (answer["reset"], answer["cursor"]) == (True, 0)


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
