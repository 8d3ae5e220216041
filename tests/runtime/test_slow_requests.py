"""Connections that don't say what they want, in both modes: they are cut, and hold up nobody."""

import contextlib
import http.client
import socket
import threading
import time

import pytest

from tests.sockets import PATIENCE_S

LIMIT_S = 12  # 10 s, and a busy machine


def seconds_until_closed(server, *, drip=b"", head=b""):
    """How long the server keeps a connection that sends `head` and then `drip` again and again, a second apart."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=0.5) as line:
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            line.sendall(head)
            while time.monotonic() < began + 2 * LIMIT_S:
                try:
                    if not line.recv(4_096):
                        break
                except TimeoutError:
                    line.sendall(drip)
        return time.monotonic() - began


@pytest.mark.timeout(120)
def test_who_is_slow_to_ask_is_cut(server):
    """One that says nothing, one that sends its headers byte by byte, and one that never ends them."""
    upgrade = b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nX-Slow: "
    took = []
    threads = [
        threading.Thread(target=lambda given=given: took.append(seconds_until_closed(server, **given)))
        for given in ({}, {"drip": b"x", "head": upgrade}, {"drip": b"X-More: y\r\n", "head": upgrade + b"z\r\n"})
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(3 * LIMIT_S)

    assert len(took) == 3
    assert max(took) < LIMIT_S
    assert server.request("/healthz")[0] == 200


@pytest.mark.parametrize(
    "headers", [b"X: " + b"y" * 70_000 + b"\r\n", b"".join(b"X-%d: y\r\n" % n for n in range(1_000))]
)
def test_heads_are_bounded(server, headers):
    """By the length of a header and by their number."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as line:
        answer = b""
        with contextlib.suppress(ConnectionError):
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n")
            while chunk := line.recv(4_096):
                answer += chunk

    assert answer == b"" or answer.split()[1].startswith(b"4")
    assert server.request("/healthz")[0] == 200


def test_a_connection_may_serve_several_requests(server):
    """What was answered once is not cut as slow when it asks again."""
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    sockets = []
    for _ in range(3):
        line.request("GET", "/healthz")
        sockets.append(line.sock)
        with line.getresponse() as answer:
            answer.read()
            assert answer.status == 200
    line.close()

    assert sockets[0] is sockets[1] is sockets[2]
