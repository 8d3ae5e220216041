"""Requests that two readers could cut differently, in both modes: one answer, and the connection is closed."""

import re
import socket
from contextlib import suppress

import pytest

from tests.server import Server
from tests.smuggled import HIDDEN, HOST, ONE_READING, TWO_READINGS, refused
from tests.sockets import PATIENCE_S


def statuses(server: Server, sent: bytes, answers: int) -> tuple[list[int], bool]:
    """Of the answers until so many have come or the server hangs up; and whether it did."""
    heard = b""
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE_S) as line, suppress(ConnectionError):
        line.sendall(sent)
        while len(found := [int(each) for each in re.findall(rb"HTTP/1\.\d (\d+) ", heard)]) < answers:
            if not (more := line.recv(4_096)):
                return found, True
            heard += more
        return found, False
    return found, True


@pytest.mark.statement(58)
def test_what_could_be_read_in_two_ways_is_refused(server: Server):
    """The request that may hide behind it is never run, and nothing of it is a failure of the server's."""
    wrong = {
        name: found
        for name, sent in TWO_READINGS.items()
        if not refused(*(found := statuses(server, sent + HIDDEN, 3)))
    }

    assert wrong == {}
    assert server.request("/healthz")[0] == 200


def test_what_can_be_read_in_one_way_is_followed_by_the_next(server: Server):
    """A connection goes on after it."""
    assert {name: statuses(server, sent + HIDDEN, 2)[0][-1] for name, sent in ONE_READING.items()} == dict.fromkeys(
        ONE_READING, 200
    )


@pytest.mark.statement(39)
def test_no_header_says_where_a_request_comes_from_or_goes(server: Server):
    """Without TRUSTED_PROXIES nobody is a proxy, nobody of the same machine either."""
    forwarded = b"X-Forwarded-Proto: https\r\nX-Forwarded-Ssl: on\r\nSCRIPT_NAME: /x\r\nPATH_INFO: /nothing\r\n"
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE_S) as line:
        line.sendall(b"GET /login HTTP/1.1\r\nConnection: close\r\n" + HOST + forwarded + b"\r\n")
        answer = b"".join(iter(lambda: line.recv(65_536), b"")).lower()

    assert answer.startswith(b"http/1.1 200")
    assert b"set-cookie: scrapewatch-" in answer
    assert b"strict-transport-security" not in answer
    assert b"/x/" not in answer
