"""Folders in which nothing waits are removed; one that a process has, or just begins to use, never hurts it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scrapewatch.clearing import clear
from scrapewatch.folders import Folders
from scrapewatch.leftovers import adopt
from scrapewatch.spool import Spool
from tests.scrapewatch.stand_in import TOKEN

URL = "http://127.0.0.1:1"

# Clears a folder over and over, until told to stop; then says how often it went, and makes a file once that is often.
CLEARS = """
import sys, threading
from pathlib import Path
from scrapewatch.clearing import clear

told = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), told.set()), daemon=True).start()
print("begun", flush=True)
went = 0
while not told.is_set():
    went += clear(Path(sys.argv[1]))
    if went == 11:
        for met in sys.argv[2:]:
            Path(met).touch()
print(went, flush=True)
"""

# Begins and ends spools in a folder over and over, each with an event that must be on disk while it lasts; so often at
# least, and until there is a file that says that the other has met it.
BEGINS = """
import itertools, sys, time
from pathlib import Path
from scrapewatch.folders import Folders
from scrapewatch.spool import Spool

root, url, token, count, *met = sys.argv[1:]
for number in itertools.takewhile(
    lambda number: number < int(count) or not all(Path(each).exists() for each in met), itertools.count()
):
    folders = Folders(Path(root), url, token)
    spool = Spool(folders.ours, f"{number:032x}", 1_000_000)
    folders.claim("one")
    assert spool.on_disk and spool.append(b"{}", 1.0)
    (segment,) = [each for each in spool.line.segments if not each.in_memory]
    assert segment.path.stat().st_nlink == spool.path(".lock").stat().st_nlink == 1, "the spool is not there"
    deadline = time.monotonic() + 30
    while Folders(Path(root), url, token).owner != folders.owner:  # who clears puts the note back
        assert time.monotonic() < deadline, "nobody knows whose it is"
    segment.settled = segment.events
    spool.close(keep=False)
"""

# Has a spool in a folder until it is killed.
HOLDS = """
import sys
from pathlib import Path
from scrapewatch.spool import Spool

spool = Spool(Path(sys.argv[1]), "f" * 32, 1_000_000)
print("there", flush=True)
sys.stdin.read()
"""


@contextmanager
def running(script: str, *arguments: object) -> "Iterator[subprocess.Popen[str]]":
    """A process of its own, killed at the end if it is not gone by then."""
    environment = {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    command = [sys.executable, "-c", script, *map(str, arguments)]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def folders(spool_dir: Path) -> Folders:
    """Those of another credential, which has noted whose it is and left nothing."""
    found = Folders(spool_dir, URL, "another")
    Spool(found.ours, "e" * 32, 1_000_000).close(keep=False)
    assert found.claim("one")
    return found


def test_an_empty_folder_is_cleared_by_the_next_scraper(emitter_to, stand_in, spool_dir, folders, until):
    """Whosever it was: the note in it says something of nothing any more. The scraper's own stays."""
    (folders.ours / "adopting.lock").touch()
    (folders.ours / "sender.123").write_text("a process ended while it wrote this")
    (folders.ours / f"{'d' * 32}.lock").touch()  # of a process that was killed when all was sent
    emitter = emitter_to(stand_in.url)
    emitter.emit("log", "1", {})
    assert emitter.flush(20)
    until(lambda: not folders.ours.exists())

    assert list(spool_dir.iterdir()) == [Folders(spool_dir, stand_in.url, TOKEN).ours]


@pytest.mark.parametrize("name", [f"{'e' * 32}.00000001.spool", f"{'e' * 32}.tally", "notes.txt", "x.corrupt-1"])
def test_a_folder_with_anything_in_it_stays(folders, name):
    """Events, counts, what is set aside for a person, and what is none of ours."""
    (folders.ours / name).touch()

    assert not clear(folders.ours)
    assert {path.name for path in folders.ours.iterdir()} == {"sender", name}


def test_a_folder_of_nobody_s_making_stays(spool_dir):
    """Nothing in it says that it was made for spools."""
    folder = spool_dir / "0123456789abcdef"
    folder.mkdir(parents=True)

    assert not clear(folder)
    assert folder.is_dir()


def test_the_folder_of_a_process_that_lives_stays(folders):
    """It has said nothing yet, and its lock says that it is there; when it is gone, so is the folder."""
    with running(HOLDS, folders.ours) as process:
        assert process.stdout
        assert process.stdout.readline() == "there\n"
        assert not clear(folders.ours)
        assert (folders.ours / "sender").exists()
        process.kill()
        process.wait()

    assert clear(folders.ours)
    assert not folders.ours.exists()


def test_a_folder_that_goes_while_it_is_searched_is_passed_over(folders, spool_dir):
    """One searches all folders of its sender while two others clear one and begin in it: neither fault nor find."""
    ours = Folders(spool_dir, URL, TOKEN)
    ours.ours.mkdir(mode=0o700)
    ours.claim("one")
    waiting = []

    def search(*places: Path) -> None:
        for found in adopt(places, "f" * 32):  # at most what a process leaves for a moment as it ends
            waiting.append(found.waiting + found.damaged)
            found.close()

    search(folders.ours, spool_dir / "gone", ours.ours)
    with running(CLEARS, folders.ours) as clearing, running(BEGINS, spool_dir, URL, "another", 100) as beginning:
        while beginning.poll() is None:
            search(*ours.adoptable())
        assert (beginning.returncode, beginning.communicate()[1]) == (0, "")
        clearing.communicate(timeout=60)

    assert not any(waiting)


def test_a_process_that_just_begins_is_never_hurt(folders, tmp_path):
    """One begins and ends over and over while another clears without a pause: every spool is there, and noted."""
    met = tmp_path / "met"
    with running(CLEARS, folders.ours, met) as clearing:
        assert clearing.stdout
        assert clearing.stdout.readline() == "begun\n"
        with running(BEGINS, folders.ours.parent, URL, "another", 300, met) as beginning:
            _, complaints = beginning.communicate(timeout=60)
            assert (beginning.returncode, complaints) == (0, "")
        went, complaints = clearing.communicate(timeout=60)

    assert complaints == ""
    assert int(went) > 10
