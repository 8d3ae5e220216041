"""The file in which events wait."""

import errno
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from scrapewatch import spool as module
from scrapewatch.ids import uuid7
from scrapewatch.records import pack, unpack
from scrapewatch.segments import FileSegment
from scrapewatch.spool import ESSENTIAL, ORDINARY, Spool, rank
from tests.scrapewatch.stand_in import TOKEN
from tests.server import ROOT

MIB = 1024 * 1024
EVENT = b'{"type":"log","jobId":"","data":"' + b"x" * 1_000 + b'"}'


@pytest.fixture
def spool(spool_dir):
    """A spool of 1 MiB on disk."""
    made = Spool(spool_dir, uuid7(), MIB)
    yield made
    made.close(keep=False)


def fill(spool, share):
    """How many events of a rank find room."""
    count = 0
    while spool.append(EVENT, share):
        count += 1
    return count


def drain(spool):
    """How many events come out."""
    count = 0
    while batch := spool.line.read(500):
        spool.line.settle(batch)
        spool.line.tidy()
        count += len(batch)
    return count


@pytest.mark.statement(46)
def test_it_never_takes_up_more_than_was_allowed(spool, spool_dir):
    """Nine tenths for anything, all of it for what became of a job; and no other user can read it."""
    ordinary = fill(spool, ORDINARY)
    assert fill(spool, ESSENTIAL) > 0
    files = list(spool_dir.glob("*.spool"))

    assert 0.8 * MIB < ordinary * len(EVENT) < 0.9 * MIB
    assert sum(file.stat().st_size for file in files) <= MIB
    assert {file.stat().st_mode & 0o077 for file in files} == {0}


def test_what_was_answered_for_is_freed(spool, spool_dir):
    """File by file, so that there is room again long before all is sent."""
    fill(spool, ORDINARY)
    files = len(list(spool_dir.glob("*.spool")))
    for _ in range(4):
        spool.line.settle(spool.line.read(100))
        spool.line.tidy()

    assert len(list(spool_dir.glob("*.spool"))) < files
    assert fill(spool, ORDINARY) > 200


def test_leftovers_count_against_it_but_for_a_tenth(spool):
    """A scraper that runs every hour while the server is away does not fill the disk, nor lose how its job ended."""
    spool.make_room(100 * MIB)

    assert 80 < fill(spool, ORDINARY) < 100
    assert spool.append(EVENT, ESSENTIAL)


def full(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_on_a_full_disk_what_matters_most_waits_in_memory(spool, monkeypatch):
    """A failed write leaves no half event behind; once there is room, events go to the disk again, all in order."""
    spool.append(EVENT, ORDINARY)
    monkeypatch.setattr(FileSegment, "append", full)
    assert not spool.append(EVENT, ORDINARY)
    assert spool.append(EVENT, ESSENTIAL)
    assert spool.line.waiting_in_memory() == 1
    monkeypatch.undo()
    monkeypatch.setattr(module, "monotonic", lambda: spool._retry_at)
    assert spool.append(EVENT, ORDINARY)

    assert spool.line.waiting_in_memory() == 1
    assert drain(spool) == 3


def test_memory_for_a_full_disk_is_bounded(spool, monkeypatch):
    """About 1 MiB of events that matter most; what comes then has no room at all."""
    monkeypatch.setattr(FileSegment, "append", full)

    assert fill(spool, ESSENTIAL) * len(EVENT) <= MIB


def test_without_a_folder_memory_stands_in(tmp_path, caplog):
    """Said once, with what it costs."""
    (tmp_path / "file").write_text("no folder")
    spool = Spool(tmp_path / "file" / "spool", uuid7(), MIB)

    assert not spool.on_disk
    assert fill(spool, ORDINARY) > 500
    assert drain(spool) > 500
    assert len(caplog.records) == 1


def test_ranks_say_what_is_kept():
    """What became of a job, and alerts, before errors and counts, before all else."""
    assert rank("job_failed") == rank("job_started") == rank("system_alert") == ESSENTIAL
    assert ESSENTIAL > rank("error") == rank("item_summary") > rank("item_scraped")
    assert rank("job_progress") == rank("heartbeat") == rank("log") == ORDINARY


@pytest.mark.parametrize("cut", range(1, len(pack(b"{}"))))
def test_a_record_cut_off_anywhere_is_no_record(cut):
    """The one before it is whole."""
    data = pack(b'{"n":1}') + pack(b"{}")

    assert [payload for payload, _ in unpack(data[:-cut], last=True)] == [b'{"n":1}']


def test_reading_goes_on_after_damage():
    """Whatever byte is changed, every other record is found."""
    records = [pack(b'{"n":%d}' % n) for n in range(3)]
    for place in range(len(records[1])):
        broken = bytearray(records[1])
        broken[place] ^= 0x10
        found = [payload for payload, _ in unpack(records[0] + bytes(broken) + records[2], last=True)]

        assert found == [b'{"n":0}', None, b'{"n":2}']


FULL = """
import json, resource, sys
from scrapewatch import Emitter

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
emitter = Emitter()
with emitter.job("1") as job:
    for n in range(2_000):
        job.item({"n": n, "text": "x" * 100})
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert emitter.flush(30)
print(json.dumps(vars(emitter.ledger)))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize("limit", [0, 50_000], ids=["nothing can be written", "files stay small"])
def test_a_scraper_never_notices_a_full_disk(stand_in, tmp_path, spool_dir, limit):
    """It ends well; its job's beginning and end arrive, and every item, whole or as a number."""
    script = tmp_path / "full.py"
    script.write_text(FULL)
    environment = {
        "SCRAPEWATCH_URL": stand_in.url,
        "SCRAPEWATCH_TOKEN": TOKEN,
        "SCRAPEWATCH_SPOOL_DIR": str(spool_dir),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, script, str(limit)], env=environment, capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    types = [event["type"] for event in stand_in.events]
    whole = types.count("item_scraped")
    counted = sum(event["data"]["count"] for event in stand_in.events if event["type"] == "item_summary")
    assert (types[0], types[-1]) == ("job_started", "job_completed")
    assert whole + counted == 2_000
    assert (whole == 2_000) == bool(limit)
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != limit


def test_a_scraper_that_outruns_a_server_that_is_away_keeps_its_memory(emitter_to, spool_dir: Path):
    """200,000 events wait on the disk: of these the client holds no more than a batch."""
    emitter = emitter_to("http://127.0.0.1:1")
    for n in range(200_000):
        emitter.emit("item_scraped", "1", {"n": n})

    ledger = emitter.ledger
    assert (ledger.waiting, ledger.dropped) == (200_000, {})
    segments = emitter._outbox.buffer._intake.spool.line.segments
    assert not any(segment.events for segment in segments if segment.in_memory)
    assert len(emitter._outbox._sender._batches) <= 1
    assert sum(file.stat().st_size for file in spool_dir.rglob("*.spool")) > 200_000 * 100
