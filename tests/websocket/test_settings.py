"""The settings of the socket, each as the real server honours it."""

import base64
import json
import os
import shutil
import socket
import zlib

import pytest

from tests.server import running, variables
from tests.sockets import PATIENCE_S

SETTINGS = {
    "WEBSOCKET_PATH": "/elsewhere",
    "WEBSOCKET_TRANSPORTS": "websocket",
    "WEBSOCKET_COMPRESSION": "true",
    "WEBSOCKET_PING_INTERVAL": "1000",
    "WEBSOCKET_PING_TIMEOUT": "1000",
    "WEBSOCKET_MAX_CONNECTIONS": "1",
}


@pytest.fixture(scope="module")
def unusual(async_mode, sqlite_template, tmp_path_factory):
    """A server with all of them changed, for the tests that have it to themselves in turn."""
    folder = tmp_path_factory.mktemp("unusual")
    shutil.copy(sqlite_template, folder / "scrapewatch.db")
    with running({**variables(folder), **SETTINGS, "ASYNC_MODE": async_mode}, folder / "server.log") as server:
        yield server


def test_path_transports_and_pings_are_as_they_were_set(unusual, raw):
    """Nothing is at the usual path, polling is refused, and one who does not answer a ping is closed."""
    assert unusual.request("/socket.io/?EIO=4&transport=polling")[0] == 404
    assert unusual.request("/elsewhere/?EIO=4&transport=polling")[0] == 400

    client = raw(unusual, "/elsewhere")
    opening = json.loads(client.opening[1:])
    assert (opening["pingInterval"], opening["pingTimeout"], opening["upgrades"]) == (1_000, 1_000, [])
    assert client.line.recv() == "2"
    client.line.settimeout(PATIENCE_S)
    assert not str(client.line.recv()).startswith("2")


@pytest.mark.statement(21)
def test_there_are_no_more_sockets_than_may_be(unusual, raw, environment):
    """The next one is told so, and when to try again."""
    first, second = raw(unusual, "/elsewhere"), raw(unusual, "/elsewhere")
    first.log_in(environment["READ_TOKEN"], "/live,")
    second.line.send("40/live," + json.dumps({"token": environment["READ_TOKEN"]}))
    refusal = json.loads(second.until("44/live,").removeprefix("44/live,"))["data"]

    assert refusal["code"] == "too_many_connections"
    assert refusal["retryAfter"] >= 5_000


def test_messages_are_deflated_if_so_set(unusual):
    """For a client that offers it."""
    head, frames = handshake(unusual, "/elsewhere")

    assert b"permessage-deflate" in head
    assert frames[0] & 0x40
    assert zlib.decompressobj(-15).decompress(frames[2 : 2 + frames[1]]).startswith(b'0{"sid"')


@pytest.mark.statement(27)
def test_messages_come_plain_by_default(server):
    """Whatever the client offers."""
    head, frames = handshake(server, "/socket.io")

    assert b"permessage-deflate" not in head
    assert frames[0] & 0x40 == 0
    assert b'0{"sid"' in frames


def handshake(server, path):
    """The head of the answer to a client that offers compression, and the first frames."""
    key = base64.b64encode(os.urandom(16)).decode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as line:
        line.sendall(
            f"GET {path}/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        said = b""
        while len(said.partition(b"\r\n\r\n")[2]) < 20:
            said += line.recv(4_096)
    head, _, frames = said.partition(b"\r\n\r\n")
    return head, frames
