"""Requests that two readers could cut differently, in both modes: one answer, and the connection is closed."""

import re
import socket
from contextlib import suppress

import pytest

from tests.server import Server
from tests.sockets import PATIENCE_S

HOST = b"Host: localhost\r\n"
POST = b"POST /api/v1/events HTTP/1.1\r\n" + HOST
HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
TWO_READINGS = {
    "both lengths": POST + b"Content-Length: 4\r\n" + CHUNKED + b"0\r\n\r\n",
    "an encoding of another name": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "an encoding after the chunks": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "two encodings": POST + b"Transfer-Encoding: identity\r\n" + CHUNKED + b"0\r\n\r\n",
    "an encoding on a line of its own": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"POST /x HTTP/1.0\r\nConnection: keep-alive\r\n" + CHUNKED + b"0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n",
    "a list of lengths": POST + b"Content-Length: 0, 44\r\n\r\n",
    "a length with a sign": POST + b"Content-Length: +0\r\n\r\n",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "a length as Python writes it": POST + b"Content-Length: 4_4\r\n\r\n",
    "a blank before the colon": POST + b"Content-Length : 44\r\n\r\n",
    "a chunk of no number": POST + CHUNKED + b"zz\r\n\r\n",
    "a chunk as Python writes it": POST + CHUNKED + b"0x0\r\n\r\n",
    "a negative chunk": POST + CHUNKED + b"-1\r\n\r\n",
    "a chunk without its end": POST + CHUNKED + b"2\r\n[]XX0\r\n\r\n",
    "bare line feeds": b"POST /x HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n",
    "a NUL in a header": b"GET /healthz HTTP/1.1\r\nX: a\x00b\r\n" + HOST + b"\r\n",
    "an address of another host": b"GET http://evil.example/healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: evil.example\r\n" + HOST + b"\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
}
ONE_READING = {
    "a header that looks like a length": POST + b"Content_Length: 44\r\nContent-Length: 0\r\n\r\n",
    "a body of a GET": b"GET /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\n\r\nhi",
}


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


def refused(found: list[int], closed: bool) -> bool:
    """Whether each answer blames the client, and none came after the last; what needs a login may be told first."""
    return closed and bool(found) and all(400 <= status < 500 or status == 501 for status in found)


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
