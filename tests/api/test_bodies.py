"""Bodies as they come over a real connection, in each ASYNC_MODE."""

import http.client
import json
import socket
from collections.abc import Iterable
from contextlib import closing

import pytest

from tests.server import Server
from tests.sockets import scraped

EVENTS = "/api/v1/events"


@pytest.fixture
def headers(environment):
    return {"Authorization": f"Bearer {environment['INGEST_TOKEN']}", "Content-Type": "application/x-ndjson"}


def post(server: Server, headers: dict[str, str], chunks: Iterable[bytes]) -> tuple[int, dict[str, object]]:
    """Send a body of unknown length; returns status and JSON of the answer."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as connection:
        connection.request("POST", EVENTS, chunks, headers, encode_chunked=True)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def test_a_chunked_body_is_read(server: Server, headers: dict[str, str]):
    """As streaming clients and some proxies send it; lines may be cut anywhere."""
    lines = b"\n".join(json.dumps(scraped(data={"n": n})).encode() for n in range(3))

    status, answer = post(server, headers | {"Transfer-Encoding": "chunked"}, [lines[:50], lines[50:51], lines[51:]])

    assert (status, answer["accepted"]) == (200, 3)


@pytest.mark.parametrize("size", [600_000, 1_500_000])
def test_a_chunked_body_is_no_way_around_the_limit(server: Server, headers: dict[str, str], size: int):
    """It is refused like any other that is too large."""
    chunks = [b" " * 50_000] * (size // 50_000)

    status, answer = post(server, headers | {"Transfer-Encoding": "chunked"}, chunks)

    assert (status, answer["code"]) == (413, "batch_too_large")


def test_half_a_body_is_not_taken(server: Server, headers: dict[str, str], environment: dict[str, str]):
    """A connection that breaks off leaves nothing behind, though whole lines had come."""
    line = json.dumps(scraped()).encode() + b"\n"
    head = [f"POST {EVENTS} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {2 * len(line)}"]
    head += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode() + line)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4_096):
            pass

    assert server.json(EVENTS, token=environment["READ_TOKEN"])["items"] == []
