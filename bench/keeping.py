"""What looking after the store costs who writes: how long a slice of a deletion holds it, and how events fare.

Old events are put into the file, some of them logs with indexed words. Half of them go in this process, where each
write can be timed; the other half by ``flask prune`` beside a server that takes events; then that is backed up.
"""

import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, event, make_url

from app.core.clock import CLOCK
from app.storage.base import Commit, Event
from app.storage.base_keeping import Ages
from app.storage.base_series import DAY_MS, Point
from app.storage.indexing import Indexing
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.sql.searching import SqlSearchStore
from app.storage.stores import Stores, open_stores
from bench.figures import Figure
from bench.target import TOKEN, started
from tests.server import ROOT, Server

OLD: Final = 100_000
CHECKPOINT_BYTES: Final = 4_000 * 4_120
"""Of the log, at which the server checkpoints: so many pages with their frames."""
_BATCH: Final = 500
_POSTED: Final = 50
_SLICE: Final = 500
_WORDS: Final = (
    "timeout",
    "proxy",
    "refused",
    "page",
    "shop",
    "price",
    "parse",
    "retry",
    "captcha",
    "blocked",
    "header",
)


@dataclass(frozen=True, slots=True)
class Past:
    """A clock that stands forty days ago."""

    time_ms: int

    def now_ms(self) -> int:
        """See `Clock`."""
        return self.time_ms

    def monotonic_ms(self) -> int:
        """See `Clock`."""
        return CLOCK.monotonic_ms()


class Timed(Database):
    """A database that times how long its transactions of writing hold the lock, from BEGIN to the end of COMMIT.

    Attributes:
        held_ms: of each.
        commit_ms: of each the part that is its COMMIT: pages go to the log, and the disk says that they are there.
        checkpoint_ms: of each checkpoint of SQLite's, which comes after a commit as in the server: the lock is free
            meanwhile, but the thread that writes is not.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)  # which never checkpoints by itself
        self.held_ms: list[float] = []
        self.commit_ms: list[float] = []
        self.checkpoint_ms: list[float] = []
        self._log = Path(f"{self.url.database}-wal") if self.is_sqlite else None
        self._began = self._committing = 0.0
        if self.is_sqlite:  # which waits for the lock in a statement of its own
            event.listen(self.engine, "after_cursor_execute", self._executed)
        else:
            event.listen(self.engine, "begin", self._begins)
        event.listen(self.engine, "commit", self._commits)

    def write(self, work: Callable[[Connection], Any], *, gives: bool = False) -> Any:
        """See `Database`."""
        result = super().write(work, gives=gives)
        ended = time.perf_counter()
        self.held_ms.append((ended - self._began) * 1_000)
        self.commit_ms.append((ended - self._committing) * 1_000)
        if self._log is not None and self._log.stat().st_size >= CHECKPOINT_BYTES:
            self.checkpoint_ms.append(self._checkpoint())
        return result

    def forget(self) -> None:
        """Time anew."""
        for times in (self.held_ms, self.commit_ms, self.checkpoint_ms):
            times.clear()

    def _checkpoint(self) -> float:
        began = time.perf_counter()
        with self.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return (time.perf_counter() - began) * 1_000

    def _executed(self, *arguments: Any) -> None:
        if arguments[2].startswith("BEGIN"):
            self._began = time.perf_counter()

    def _begins(self, _: object) -> None:
        self._began = time.perf_counter()

    def _commits(self, _: object) -> None:
        self._committing = time.perf_counter()


def measure(server: Server, url: str, old: int = OLD) -> list[Figure]:
    """All of it, once, on the server's database, which is at `url`.

    Raises:
        RuntimeError: a command failed.
    """
    store = make_url(url).get_backend_name()
    slices = _slices(url, old)
    with started(server):
        before = _acknowledged(server, lambda since: time.monotonic() - since > 5)
        pruning = _beside(server, "prune")
        backing_up = _beside(server, "backup")
    return [
        *_told(f"{store}, retention of {old // 2:,} events", slices),
        Figure(f"{store}, acknowledgement, p99", "ms", [_p99(before)]),
        Figure(f"{store}, acknowledgement during retention, p99", "ms", [_p99(pruning)], "< 1000"),
        Figure(f"{store}, acknowledgement during a backup, p99", "ms", [_p99(backing_up)], "< 1000"),
    ]


def _told(what: str, slices: Timed) -> list[Figure]:
    """How long the lock was held, and of what that is."""
    held, commits, checkpoints = (sorted(ms) for ms in (slices.held_ms, slices.commit_ms, slices.checkpoint_ms))
    work = sorted(held_ms - commit_ms for held_ms, commit_ms in zip(slices.held_ms, slices.commit_ms, strict=True))
    return [
        Figure(f"{what}: the lock is held, longest", "ms", [held[-1]], "≤ 50"),
        Figure(f"{what}: the lock is held, p99", "ms", [_p99(held)]),
        Figure(f"{what}: the lock is held, median", "ms", [held[len(held) // 2]]),
        Figure(f"{what}: work alone, longest", "ms", [work[-1]]),
        Figure(f"{what}: commit with fsync alone, longest", "ms", [commits[-1]]),
        Figure(f"{what}: a checkpoint, without the lock, longest", "ms", checkpoints[-1:] or [0.0]),
    ]


def _slices(url: str, old: int) -> Timed:
    """Fill the file, delete half of it and give the space back; how long each write held it."""
    database = Timed(url)
    stores = open_stores(url, database, Past(CLOCK.now_ms() - 40 * DAY_MS))
    _fill(database, stores, old)
    database.forget()
    gone, edge_ms = 0, CLOCK.now_ms() - 30 * DAY_MS
    while gone < old // 2:
        gone += stores.events.prune(Ages(edge_ms, edge_ms), limit=_SLICE)
    while stores.upkeep is not None and stores.upkeep.give_back():
        pass
    database.close()
    return database


def _fill(database: Database, stores: Stores, old: int) -> None:
    draw = random.Random(7)
    sender_id = SqlAccountStore(database).sender("past", at_ms=0).id
    for start in range(0, old, _BATCH):
        batch = [_old(draw, sender_id, f"old-{start // 10_000}") for _ in range(_BATCH)]
        stores.events.append(batch, _no_fold)
    indexing = Indexing(stores.events, SqlSearchStore(database))
    for _ in range(old // _BATCH):
        indexing.look()


def _no_fold(commit: Commit, jobs: Any) -> list[Point]:  # noqa: ARG001  (the shape of a fold)
    return []


def _old(draw: random.Random, sender_id: int, job_id: str) -> Event:
    is_log = draw.random() < 0.3
    text = " ".join(draw.choices(_WORDS, k=12))
    data = f'{{"message": "{text} {draw.random()}", "url": "https://shop.example/{draw.random()}"}}'
    digest = draw.getrandbits(60)
    return Event(sender_id, "log" if is_log else "item_scraped", job_id, 0, data, digest, id=uuid4().bytes)


def _beside(server: Server, command: str) -> list[float]:
    """Acknowledgements while a command works, in ms."""
    words = (sys.executable, "-m", "flask", "--app", "wsgi", command)
    with subprocess.Popen(words, cwd=ROOT, env=server.environment, stdout=subprocess.DEVNULL) as process:
        taken = _acknowledged(server, lambda _: process.poll() is not None)
    if process.returncode:
        raise RuntimeError(f"flask {command} ended with {process.returncode}")
    return taken


def _acknowledged(server: Server, is_over: Callable[[float], bool]) -> list[float]:
    since = time.monotonic()
    taken: list[float] = []
    while not is_over(since) or not taken:
        body = [_event() for _ in range(_POSTED)]
        began = time.perf_counter()
        answer = server.json("/api/v1/events", method="POST", token=TOKEN, body=body)
        taken.append((time.perf_counter() - began) * 1_000)
        if answer["rejected"]:
            raise RuntimeError(f"Events were rejected: {answer['rejected'][0]}")
        time.sleep(0.01)
    return taken


def _event() -> dict[str, Any]:
    now_ms = CLOCK.now_ms()
    return {"type": "item_scraped", "jobId": "now", "id": uuid4().hex, "timestamp": now_ms, "data": {"title": "A card"}}


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]
