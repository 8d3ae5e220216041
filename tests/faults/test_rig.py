"""The rig itself: its oracle finds what is wrong, and its proxy does what it says."""

import sqlite3
from contextlib import closing
from random import Random

import pytest

from tests.faults.frames import Frames
from tests.faults.oracle import judge
from tests.faults.rig import Rig

UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


@pytest.mark.fault("oracle", "rows are deleted, doubled, exchanged and made up in the database", "each is found")
def test_the_oracle_finds_what_is_wrong(rig: Rig, measured):
    """Each kind of damage, done by hand to a database that was right, is named in numbers."""
    rig.scrape("s", events=40)
    before = rig.finish()
    rig.server.kill()
    with closing(sqlite3.connect(rig.folder / "scrapewatch.db")) as database, database:
        database.execute("DROP INDEX uq_events_job_key_id")  # which would not let it be
        database.execute("CREATE TEMP TABLE twice AS SELECT * FROM events WHERE type = 'item_scraped' LIMIT 2")
        database.execute("UPDATE twice SET cursor = cursor + 1000")
        database.execute("INSERT INTO events SELECT * FROM twice")
        database.execute("""DELETE FROM events WHERE data LIKE '%"n":7,%'""")
        database.execute("""UPDATE events SET data = replace(data, '"n":8,', '"n":800,') WHERE data LIKE '%"n":8,%'""")
    after = judge(rig.url, rig.ledgers)

    measured(f"before: {before}; after: {after}")
    assert before.right, before
    assert (after.lost, after.doubled, after.phantom) == (2, 6, 1)  # doubled by their names, ids and numbers
    assert after.disordered > 0
    assert after.miscounted > 0


def test_frames_are_found_however_the_stream_is_cut():
    """Cut anywhere, the pieces add up to what was sent, and every acknowledgement of events stands alone."""
    messages = [
        b"2",
        b'430[{"accepted":1}]',
        b"42" + b"x" * 200,
        b'43["accepted"' + b"y" * 70_000,
        b'431[{"sender":"a"}]',
    ]
    stream = UPGRADED + b"".join(_frame(message) for message in messages)
    chance = Random(1)
    for _ in range(20):
        frames, rest = Frames(), stream
        parts: list[bytes] = []
        while rest:
            size = chance.choice((1, 3, 1_000, 60_000))
            parts += frames.feed(rest[:size])
            rest = rest[size:]
        assert b"".join(parts) == stream
        assert [part for part in parts if Frames.is_ack(part)] == [_frame(messages[at]) for at in (1, 3)]


def test_what_is_no_websocket_passes_as_it_comes():
    """An answer by HTTP is not held back, and nothing in it is taken for an acknowledgement."""
    pieces = [b"HTTP/1.1 200 OK\r\n", b"\r\n", b"\x81\x0243"]
    frames = Frames()

    assert [b"".join(frames.feed(piece)) for piece in pieces] == pieces


def _frame(message: bytes) -> bytes:
    size = len(message)
    if size < 126:
        return bytes([0x81, size]) + message
    if size < 65_536:
        return bytes([0x81, 126]) + size.to_bytes(2) + message
    return bytes([0x81, 127]) + size.to_bytes(8) + message
