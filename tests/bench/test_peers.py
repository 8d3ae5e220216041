"""The reference in Node does what it is said to do: a figure beside that of a server that cheats means nothing."""

import json
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench import node, samples
from bench.frames import Reader, connect, frame
from bench.target import started
from tests.server import Server

pytestmark = pytest.mark.long  # building it takes a minute


@pytest.fixture(params=node.FORMS)
def form(request: pytest.FixtureRequest) -> str:
    """Each form of the reference in turn."""
    return str(request.param)


@pytest.fixture
def peer(node_peers: Path, form: str, tmp_path: Path) -> Iterator[Server]:
    """The reference, running."""
    server = node.peer(tmp_path / form, form)
    with started(server):
        yield server


def packets(sock: socket.socket, reader: Reader) -> Iterator[str]:
    """What the server says."""
    while data := sock.recv(2**16):
        yield from (message.decode() for message in reader.feed(data))


def answer(server: Server, events: list[dict[str, Any]]) -> Any:
    """The acknowledgement of a batch."""
    sock, reader = connect(server.address, "/", "")
    with sock:
        sock.sendall(samples.message(list(map(json.dumps, events)), 7))
        packet = next(packets(sock, reader))
    assert packet.startswith("437["), packet
    return json.loads(packet.removeprefix("437"))[0]


def events(count: int, job: str = "j1") -> list[dict[str, Any]]:
    """Events as the client package writes them."""
    now_ms = round(time.time() * 1000)
    return [json.loads(samples.envelope(job, number + 1, now_ms)) for number in range(count)]


def rows(server: Server, query: str) -> list[tuple[Any, ...]]:
    """What a query finds in the reference's file."""
    with sqlite3.connect(Path(server.environment["DATA_DIR"]) / "peer.db") as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


def test_a_batch_is_stored_before_it_is_acknowledged(peer: Server):
    """All events of a batch are in the file when its answer has come, as they were sent."""
    sent = events(5)

    assert answer(peer, sent) == {"ok": True, "accepted": 5, "duplicates": 0, "rejected": []}
    stored = rows(peer, "SELECT job, id, seq, epoch, at_ms, data FROM events ORDER BY cursor")
    assert [(*row[:5], json.loads(row[5])) for row in stored] == [
        tuple(event[name] for name in ("jobId", "id", "seq", "epoch", "timestamp", "data")) for event in sent
    ]


def test_an_id_is_stored_once(peer: Server):
    """What is sent again counts as a duplicate, and its neighbours are stored all the same."""
    first, second = events(2), events(1)
    answer(peer, first)

    assert answer(peer, [*first, *second]) == {"ok": True, "accepted": 1, "duplicates": 2, "rejected": []}
    assert rows(peer, "SELECT count(*) FROM events") == [(3,)]


def test_a_bad_event_is_named(peer: Server):
    """A field of the wrong type rejects its event alone."""
    good, bad = events(2)
    bad["jobId"] = 3

    found = answer(peer, [bad, good])

    assert (found["accepted"], found["rejected"][0]["index"], found["rejected"][0]["field"]) == (1, 0, "jobId")


def test_the_same_work_is_done(peer: Server, form: str):
    """Every form but the plain one checks times, and keeps the job and its minutes with the events."""
    early, late = events(2)
    early["timestamp"] = 1
    late["timestamp"] = "2999-01-01T00:00:00Z"
    found = answer(peer, [early, late, *events(3)])

    if form == "plain":
        assert found["accepted"] == 5
        assert rows(peer, "SELECT * FROM jobs") == []
    else:
        assert (found["accepted"], found["rejected"][0]["field"]) == (4, "timestamp")
        assert rows(peer, "SELECT id, items FROM jobs") == [("j1", 4)]
        assert rows(peer, "SELECT job, sum(items) FROM rollups GROUP BY job") == [("j1", 4)]


def test_viewers_get_what_was_stored(peer: Server):
    """Who subscribed to a job gets its events with their cursors, and no other job's."""
    sock, reader = connect(peer.address, "/live", "")
    with sock:
        sock.sendall(frame('42/live,1["subscribe",{"jobId":"j1","batched":true}]'))
        heard = packets(sock, reader)
        assert next(heard).startswith("43/live,1[")
        answer(peer, events(2, "other"))
        answer(peer, events(2, "j1"))

        batch = json.loads(next(heard).removeprefix("42/live,"))[1]

    assert [(event["jobId"], event["cursor"]) for event in batch["events"]] == [("j1", 3), ("j1", 4)]
