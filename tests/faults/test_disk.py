"""The server's disk is full, its database is locked or damaged: it says so, and keeps what it has."""

import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from tests.faults.rig import Rig
from tests.server import BUSY_S, ROOT, path, procfile
from tests.sockets import scraped

SMALL, LARGE = "size=6m", "size=64m"
STORED_S = 10  # once there is space
PAGE_S = 1
SLOW_S = 1  # what a busy machine may need for a page on top; less, together, than any lock here lasts
HOLD = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('BEGIN IMMEDIATE'); print(flush=True); input()"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", SMALL, "tmpfs", folder], check=False, capture_output=True
    ).returncode:
        pytest.skip("a small disk: only root may mount one")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def cramped(
    environment: dict[str, str], sqlite_template: Path, small_disk: Path, tmp_path: Path, chance: Random
) -> Iterator[Rig]:
    """The rig, its database on the small disk."""
    database = shutil.copy(sqlite_template, small_disk / "scrapewatch.db")
    with Rig({**environment, "DATABASE_URL": f"sqlite:///{database}"}, tmp_path, chance) as started:
        yield started


@pytest.mark.fault(
    "D-1",
    "the server's disk is full, and later is not",
    "events wait with `storage_full`, pages are readable; then all are stored ≤ 10 s; integrity ok",
)
def test_a_full_disk_holds_events_up_and_loses_none(cramped: Rig, small_disk: Path, measured):
    """The server says why it takes nothing, shows what it has, and goes on by itself once there is space."""
    rig = cramped
    rig.scrape("s", events=10_000, jobs=2, bytes=500)
    status, answer = _refused(rig)
    page, jobs = rig.server.request("/login")[0], _seconds(lambda: rig.server.json("/api/v1/jobs", token=_reader(rig)))
    subprocess.run(["mount", "-o", f"remount,{LARGE}", small_disk], check=True)
    began = time.monotonic()
    verdict = rig.finish()
    took = time.monotonic() - began
    with closing(sqlite3.connect(small_disk / "scrapewatch.db")) as database:
        integrity = database.execute("PRAGMA integrity_check").fetchall()

    measured(f"{status} `{answer['code']}`; all stored {took:.1f} s after there was space; {verdict}")
    assert (status, page) == (503, 200)
    assert jobs < PAGE_S + SLOW_S
    assert integrity == [("ok",)]
    assert verdict.right, verdict
    assert took < STORED_S + BUSY_S


@pytest.mark.timeout(180)
@pytest.mark.fault("D-3", "another process locks the database for 30 s", "pages answer < 1 s; lost 0, duplicates 0")
def test_a_locked_database_holds_up_writers_only(rig: Rig, long, measured):
    """Who reads notices nothing, and what could not be written is written afterwards, once."""
    lock_s = 30 if long else 3
    rig.scrape("s", events=900, rate=300, jobs=2)
    rig.until(lambda: rig.proxy.acks)
    database = rig.folder / "scrapewatch.db"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, database], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        end, slowest = time.monotonic() + lock_s, 0.0
        while time.monotonic() < end:
            slowest = max(slowest, _seconds(lambda: rig.server.json("/api/v1/events", token=_reader(rig))))
        holder.communicate(b"\n")
    verdict = rig.finish()

    measured(f"locked for {lock_s} s, pages within {slowest * 1000:.0f} ms; {verdict}")
    assert slowest < PAGE_S + SLOW_S
    assert verdict.right, verdict


DAMAGES: dict[str, Callable[[bytes, int], bytes]] = {
    "flipped": lambda whole, at: whole[:at] + bytes(byte ^ 0xFF for byte in whole[at : at + 64]) + whole[at + 64 :],
    "truncated": lambda whole, at: whole[:at],
    "zeroed header": lambda whole, _: bytes(100) + whole[100:],
    "no database": lambda *_: b"this is a text\n" * 1_000,
}


LONG = [
    pytest.param(line, damage, marks=pytest.mark.long)
    for line, damage in [*(("web", damage) for damage in DAMAGES if damage != "flipped"), ("release", "flipped")]
]


@pytest.mark.parametrize(("line", "damage"), [("web", "flipped"), *LONG])
@pytest.mark.fault(
    "D-4",
    "SQLite's file is damaged while nobody uses it",
    "refused with exit code 1 and a line that says what to do; unchanged",
)
def test_a_damaged_database_is_refused(environment: dict[str, str], sqlite_url: str, line: str, damage: str, measured):
    """Neither the server nor the migration touches it, and none makes a new one in its place."""
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(file)) as database:
        page = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'events'").fetchone()[0]
        at = (page - 1) * database.execute("PRAGMA page_size").fetchone()[0]
    damaged = DAMAGES[damage](file.read_bytes(), at)
    file.write_bytes(damaged)
    refused = subprocess.run(
        procfile(line),
        cwd=ROOT,
        env={**environment, "HOST": "127.0.0.1", "PORT": "0", "PATH": path()},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    measured(f"{damage}, `{line}`: {refused.returncode}")
    assert refused.returncode == 1
    assert f"The database {file} is damaged: " in refused.stderr
    assert "Put a backup in its place" in refused.stderr
    assert file.read_bytes() == damaged


def _refused(rig: Rig) -> tuple[int, dict[str, object]]:
    """The first answer that says that the disk is full."""
    answers: list[tuple[int, dict[str, object]]] = []

    def is_full() -> bool:
        answers.append(_posted(rig))
        return answers[-1][1].get("code") == "storage_full"

    rig.until(is_full)
    return answers[-1]


def _posted(rig: Rig) -> tuple[int, dict[str, object]]:
    """Status and answer of one event by HTTP."""
    status, body = rig.server.request("/api/v1/events", body=scraped("by-http"), token=rig.environment["INGEST_TOKEN"])
    return status, json.loads(body)


def _reader(rig: Rig) -> str:
    return rig.environment["READ_TOKEN"]


def _seconds(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began
