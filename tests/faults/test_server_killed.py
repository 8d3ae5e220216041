"""The server is killed: what its scrapers emitted is stored once, in order, and counted right."""

import shutil
import signal
import sqlite3
import sys
import time
from contextlib import closing

import pytest

from tests.faults.crowd import Crowd, viewer
from tests.faults.oracle import marks_of, tell
from tests.faults.rig import RESTARTED_S, Rig
from tests.faults.watcher import Watcher
from tests.server import BUSY_S, STOP_S

LOST_ACKS = 0.05


@pytest.mark.timeout(600)
@pytest.mark.fault(
    "S-1",
    "kill -9 of the server ten times while four scrapers send 20,000 events and 5 % of the acknowledgements are lost",
    "lost, duplicates, out of order, phantom, miscounted 0; a viewer misses nothing; first acknowledgement ≤ 5 s",
)
def test_kills_at_random_moments_lose_nothing(rig: Rig, long, measured):
    """Whatever was under way when the server died is sent again and counts once; viewers find what they missed."""
    each, kills, rate = (5_000, 10, 80) if long else (600, 2, 75)
    rig.proxy.lost_acks = LOST_ACKS
    waits = []
    with Watcher(rig.server, rig.environment["READ_TOKEN"]) as watcher:
        for number in range(4):
            rig.scrape(f"s{number}", events=each, rate=rate, jobs=3)
        for _ in range(kills):
            rig.pass_time(rig.chance.uniform(0.2, 2))
            rig.server.kill()
            waits.append(rig.restart())
        verdict = rig.finish()
        watcher.catch_up(rig.url)

    measured(
        f"{verdict}; first acknowledgement within {max(waits):.1f} s; {rig.proxy.lost} acknowledgements lost;"
        f" the viewer saw {len(watcher.seen):,}"
    )
    assert verdict.right, verdict
    assert max(waits) < RESTARTED_S + BUSY_S


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(
            "after_commit",
            marks=pytest.mark.fault(
                "S-2",
                "kill -9 between the commit and its acknowledgement",
                "duplicates 0, and the client is told of them",
            ),
        ),
        pytest.param(
            "before_commit",
            marks=pytest.mark.fault("S-3", "kill -9 between the insert and its commit", "lost 0, counters whole"),
        ),
    ],
)
def test_a_kill_beside_the_commit_is_not_seen(rig: Rig, moment: str, measured):
    """The batch is stored once, whether its commit was the last thing done or the first thing left undone."""
    rig.server.kill()
    exact = rig.served_by(sys.executable, "-m", "tests.faults.launcher", moment, "4")
    exact.start()
    rig.scrape("s", events=300, rate=250, jobs=2)
    assert exact.process.wait(20) == -signal.SIGKILL
    rig.restart()
    verdict = rig.finish()
    duplicates = rig.told().figures[0]["duplicates"]

    measured(f"{verdict}; {duplicates} told as duplicates")
    assert verdict.right, verdict
    assert (duplicates > 0) == (moment == "after_commit")


@pytest.mark.fault(
    "S-4", "SIGTERM while two scrapers send and 50 viewers read", "ends ≤ 5 s, all are told, lost 0, duplicates 0"
)
def test_a_stop_under_load_is_orderly(rig: Rig, measured):
    """Everyone hears `server_closing`, the process ends in time, and the scrapers go on with the next one."""
    token = rig.environment["READ_TOKEN"]
    for number in range(2):
        rig.scrape(f"s{number}", events=800, rate=400)
    lines = [viewer(rig.server, token, room="events", batched=True)[0] for _ in range(50)]
    with Crowd(lines) as crowd:
        rig.until(lambda: rig.proxy.acks)
        began = time.monotonic()
        code = rig.server.stop()
        took = time.monotonic() - began
        crowd.wait(lambda: len(crowd.ended) == len(lines))
        told = crowd.hearing("server_closing")
    rig.restart()
    verdict = rig.finish()

    measured(f"ended in {took:.1f} s with {code}; {told} of {len(lines)} told; {verdict}")
    assert (code, told) == (0, len(lines))
    assert took < STOP_S + BUSY_S
    assert verdict.right, verdict


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.fault(
    "S-6", "the server dies soon after each start, again and again", "lost 0, duplicates 0 once it stays up"
)
def test_a_crash_loop_heals(rig: Rig, measured):
    """However often it comes back only to die, what was emitted waits, and is stored once it stays."""
    crashes, life_s = 24, 5
    rig.scrape("s", events=crashes * 400, rate=300, jobs=2)
    for _ in range(crashes):
        rig.pass_time(life_s)
        rig.server.kill()
        rig.server.start()
    verdict = rig.finish()

    measured(f"{crashes} crashes; {verdict}")
    assert verdict.right, verdict


@pytest.mark.fault(
    "S-7",
    "the power fails: what SQLite wrote after its last sync is cut off or garbage",
    "the database opens, and holds every event acknowledged before",
)
@pytest.mark.parametrize("tail", [pytest.param("cut", marks=pytest.mark.long), "garbled"])
def test_a_power_failure_costs_nothing_acknowledged(rig: Rig, tail: str, measured):
    """An acknowledgement means that the event is on the disk, not on its way there."""
    rig.scrape("safe", events=300).finish()
    database = rig.folder / "scrapewatch.db"
    wal = database.with_name(f"{database.name}-wal")
    synced, salt = wal.stat().st_size, wal.read_bytes()[16:24]
    rig.scrape("unsafe", events=3_000, rate=1_000)
    rig.until(lambda: wal.stat().st_size > synced + 200_000)
    rig.server.kill()
    written = wal.read_bytes()
    assert written[16:24] == salt, "the log began anew meanwhile, so its end is not what came last"
    kept = database
    for attempt in range(5):
        end = rig.chance.randrange(synced, len(written))
        kept = rig.folder / f"{attempt}.db"
        shutil.copy(database, kept)
        garbage = rig.chance.randbytes(len(written) - end) if tail == "garbled" else b""
        kept.with_name(f"{kept.name}-wal").write_bytes(written[:end] + garbage)
        with closing(sqlite3.connect(kept)) as opened:
            assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert {mark for mark in tell(rig.ledgers).returned if mark[0] == "safe-1"} <= marks_of(f"sqlite:///{kept}")
    shutil.copy(kept, database)
    wal.unlink()
    rig.restart()
    rig.scrapers[-1].finish()

    measured(f"300 of 300 in each of 5 remains of {len(written) - synced:,} unsynced bytes")
