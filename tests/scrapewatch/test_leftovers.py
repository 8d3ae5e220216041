"""What a scraper that was killed leaves on disk, and what the next one makes of it."""

import os
import signal
import threading
from pathlib import Path

import pytest

from scrapewatch.folders import folder_for
from scrapewatch.leftovers import adopt
from scrapewatch.spool import Spool
from tests.scrapewatch.stand_in import TOKEN

NOWHERE = "http://127.0.0.1:1"
PIECE = 64


def moved(files: list[Path], url: str, spool_dir: Path) -> list[Path]:
    """The files of a spool, moved to where a process with the address `url` looks."""
    folder = folder_for(spool_dir, url, TOKEN)
    folder.mkdir(parents=True, exist_ok=True)
    return [file.rename(folder / file.name) for file in files]


def stand_in_folder(stand_in, spool_dir):
    """Where the spools for the running server are."""
    return folder_for(spool_dir, stand_in.url, TOKEN)


def items(stand_in, job="1"):
    """The numbers that arrived."""
    return [
        event["data"]["n"] for event in stand_in.events if event["jobId"] == job and event["type"] == "item_scraped"
    ]


def balanced(ledger):
    """Whether the ledger adds up."""
    told = ledger.accepted + ledger.duplicates + ledger.rejected.total() + ledger.dropped.total() + ledger.waiting
    return ledger.emitted + ledger.adopted == told


def test_a_killed_scraper_loses_nothing(killed, next_one, stand_in, spool_dir):
    """The server was away; the next scraper sends all of it, in order, as it was numbered and named, and clears up."""
    moved(killed(NOWHERE, 5_000), stand_in.url, spool_dir)
    emitter = next_one(stand_in.url)

    assert items(stand_in) == list(range(5_000))
    left = [event for event in stand_in.events if event["jobId"] == "1"]
    assert [event["seq"] for event in left] == list(range(1, 5_002))
    assert len({event["id"] for event in left}) == 5_001
    assert {event["replay"] for event in left} == {True}
    assert len({event["epoch"] for event in stand_in.events}) == 2
    assert (emitter.ledger.adopted, emitter.ledger.accepted) == (5_001, 5_002)
    assert balanced(emitter.ledger)
    emitter.close(5)
    assert {path.name for path in stand_in_folder(stand_in, spool_dir).iterdir()} == {"adopting.lock", "sender"}


def test_what_was_answered_for_is_not_sent_again(killed, next_one, stand_in):
    """Killed while it sends: what the server had acknowledged before stays acknowledged, but for the last batches."""
    killed(stand_in.url, 20_000)
    sent = len(stand_in.events)
    emitter = next_one(stand_in.url)

    assert items(stand_in) == list(range(20_000))
    assert emitter.ledger.adopted <= 20_001 - sent + 1_000
    assert balanced(emitter.ledger)


def test_a_spool_in_use_is_left_alone(stand_in, emitter_to, spool_dir):
    """Two scrapers with the same address: neither sends what the other has."""
    stand_in.refusal = {"code": "unauthorized", "message": "later"}
    one, other = emitter_to(stand_in.url, flush_interval=5), emitter_to(stand_in.url, flush_interval=6)
    for emitter in (one, other):
        emitter.emit("log", "1", {"message": "of its own"})
    assert len(list(spool_dir.rglob("*.spool"))) == 2
    stand_in.refusal = None

    assert one.flush(20)
    assert other.flush(20)
    assert len(stand_in.events) == 2
    assert one.ledger.adopted == other.ledger.adopted == 0


def test_a_spool_is_never_there_unlocked(spool_dir):
    """Threads that look for leftovers without a pause find none among spools that are just being made."""
    made = threading.Event()
    found = []

    def search():
        while not made.is_set():
            for leftover in adopt([spool_dir], "ours"):
                found.append(leftover)
                leftover.close()

    spool_dir.mkdir()
    searching = threading.Thread(target=search)
    searching.start()
    spools = [Spool(spool_dir, f"epoch-{n}", 1_000_000) for n in range(300)]
    made.set()
    searching.join()

    assert found == []
    assert all(spool.on_disk for spool in spools)
    for spool in spools:
        spool.close(keep=False)


def test_a_job_that_goes_on_waits_for_what_it_left(killed, stand_in, emitter_to, spool_dir, until):
    """The next scraper runs the same job: its events come after the leftovers; another job's come in between."""
    moved(killed(NOWHERE, 3_000, "1"), stand_in.url, spool_dir)
    emitter = emitter_to(stand_in.url, batch_size=100)
    emitter.emit("log", "2", {"message": "another"})
    emitter.emit("item_scraped", "1", {"n": 3_000})
    assert emitter.flush(20)

    assert items(stand_in) == list(range(3_001))
    places = [place for place, event in enumerate(stand_in.events) if event["jobId"] == "2"]
    assert places[0] < 500


def flip(data: bytes) -> bytes:
    """One bit, in the middle of an event."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


DAMAGE = {
    "a flipped bit": (flip, 99),
    "64 bytes of zeros": (lambda data: data[: len(data) // 2] + bytes(PIECE) + data[len(data) // 2 + PIECE :], 98),
    "no beginning": (lambda data: bytes(100) + data[100:], 99),
    "noise at the end": (lambda data: data + b"\xff" * 200, 100),
    "no byte": (lambda data: b"", 0),
    "not a spool": (lambda data: b"SQLite format 3\0" + bytes(5_000), 0),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_spool_costs_what_is_damaged(killed, next_one, stand_in, spool_dir, caplog, kind):
    """All else arrives in order; it is logged once, counted, and the file set aside; the scraper never notices."""
    (file,) = moved(killed(NOWHERE, 100), stand_in.url, spool_dir)
    damage, least = DAMAGE[kind]
    file.write_bytes(damage(file.read_bytes()))
    emitter = next_one(stand_in.url)

    assert len(items(stand_in)) >= least
    assert items(stand_in) == sorted(items(stand_in))
    assert emitter.ledger.dropped == {"spool_corrupt": 1}
    assert balanced(emitter.ledger)
    assert len([record for record in caplog.records if "is damaged" in record.getMessage()]) == 1
    (aside,) = file.parent.glob("*.corrupt-*")
    assert aside.name.startswith(file.name)
    assert not file.exists()


def test_a_record_that_was_cut_off_is_no_damage(killed, next_one, stand_in, spool_dir):
    """The machine went down amid a write: all events before it arrive, and nothing is set aside."""
    (file,) = moved(killed(NOWHERE, 100), stand_in.url, spool_dir)
    os.truncate(file, file.stat().st_size - 5)
    emitter = next_one(stand_in.url)

    assert items(stand_in) == list(range(99))
    assert emitter.ledger.dropped == {}
    assert not list(file.parent.glob("*.corrupt-*"))


def test_a_note_that_makes_no_sense_costs_only_a_second_sending(killed, next_one, stand_in, spool_dir):
    """The file that says how far the answers reach may hold anything."""
    (file,) = moved(killed(NOWHERE, 100), stand_in.url, spool_dir)
    file.with_name(file.name.split(".")[0] + ".ack").write_bytes(b"\x00garbage")
    next_one(stand_in.url)

    assert items(stand_in) == list(range(100))


# Says each number when it is emitted, until a signal ends it.
ENDLESS = """
import itertools, os
from scrapewatch import Emitter

job = Emitter(flush_interval=5).job("1")
job.start()
for n in itertools.count():
    job.item({"n": n})
    os.write(1, b"%d\\n" % n)
"""


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_loses_nothing_of_what_was_emitted(scraper, next_one, stand_in, ending):
    """A scraper that leaves SIGTERM as it is dies amid emitting and sending; the next one delivers the rest."""
    with scraper(ENDLESS, stand_in.url) as process:
        emitted = [int(line) for _, line in zip(range(2_000), process.stdout, strict=False)]
        process.send_signal(ending)
        emitted += [int(line) for line in process.stdout]
    assert process.returncode == -ending
    emitter = next_one(stand_in.url)

    found = items(stand_in)
    assert found == list(range(len(found)))
    assert 0 <= len(found) - len(emitted) <= 1  # one may have been emitted and not said
    assert balanced(emitter.ledger)


# Forks when it has adopted what there is; both processes then emit.
FORKS = """
import os, sys, time
from scrapewatch import Emitter

emitter = Emitter(flush_interval=5)
emitter.emit("log", "parent", {})
while emitter.ledger.waiting < 1_000:
    time.sleep(0.005)
child = os.fork()
if not child:
    bare = (emitter.ledger.adopted, emitter.ledger.waiting) == (0, 0)
    emitter.emit("log", "child", {})
    os.write(1, b"there\\n")
    os._exit(not (bare and emitter.flush(20) and emitter.ledger.accepted == 1))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_fork_doubles_nothing_of_what_was_adopted(killed, scraper, stand_in, spool_dir):
    """The leftovers are the parent's: the child sends its own event alone, and every event travels once."""
    moved(killed(NOWHERE, 1_000), stand_in.url, spool_dir)
    stand_in.refusal = {"code": "closing", "message": "later"}
    with scraper(FORKS, stand_in.url) as process:
        assert process.stdout.readline() == b"there\n"
        stand_in.refusal = None
    assert process.returncode == 0

    assert items(stand_in) == list(range(1_000))
    assert sum(map(len, stand_in.messages)) == len(stand_in.events) == 1_003
    assert {event["jobId"] for event in stand_in.events} == {"1", "parent", "child"}
