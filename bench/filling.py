"""A past to look back on: as many events as you like, of spiders that ran one after the other for a fortnight.

They go the way of all events, through the store's own `append` and the house's fold, a few thousand a transaction; then
the words of errors and logs into their index, and errors into their groups. The clock is told: the past ends now.
"""

import os
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from app.core.clock import CLOCK
from app.fold import folding
from app.jobs.grouping import Grouping
from app.metrics.limits import Limits
from app.storage.base import Event
from app.storage.base_series import DAY_MS
from app.storage.indexing import Indexing
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.stores import Stores, open_stores
from scrapewatch.events import LEVELS

BATCH: Final = 2_000
SPAN_MS: Final = 13 * DAY_MS
AT_ONCE: Final = 20
"""Jobs that run at the same time, beside the long one."""
LONG: Final = "long"
"""A job that goes on all the time, and sends a tenth of all events."""
LONG_SHARE: Final = 0.1
SHOPS: Final = 20
QUERIES: Final = 10
FAILS: Final = 0.1
INFO: Final = LEVELS.index("info")
ERROR: Final = LEVELS.index("error")
SAID: Final = (
    ("log", INFO, "Crawled (200) <GET https://shop.example/p/{n}?page={m}> (referer: None)", 150),
    ("log", INFO, "Retrying <GET https://ebay.example/itm/{n}> (failed {m} times): timed out", 40),
    ("error", ERROR, "403 Forbidden GET https://velo.example/annonces?page={n} through dc-fr-{m}", 30),
    ("error", ERROR, "AttributeError: NoneType has no attribute get in parse_listing, item {n} of {m}", 20),
    ("job_progress", None, "{m}", 10),
    ("item_scraped", None, "Vintage card no. {n}, lot {m}, near mint", 750),
)
"""Types, levels and words, and how many of a thousand events are so."""
NEEDLE: Final = "needle in the haystack"
_WEIGHTS: Final = [weight for *_, weight in SAID]


@dataclass
class Told:
    """A clock that is told the time."""

    time_ms: int

    def now_ms(self) -> int:
        """See `Clock`."""
        return self.time_ms

    def monotonic_ms(self) -> int:
        """See `Clock`."""
        return CLOCK.monotonic_ms()


def fill(url: str, size: int) -> list[float]:
    """Put so many events into the database of the present schema at `url`, which has none.

    Returns:
        for each tenth of them the events a second that the store's transactions took, what made them left out.
    """
    clock = Told(CLOCK.now_ms() - SPAN_MS)
    database = Database(url, checkpoints=True)
    _hurry(database)
    sender_id = SqlAccountStore(database).sender("past", at_ms=clock.now_ms()).id
    stores = open_stores(url, database, clock)
    fold = folding(Limits(stores.series, clock))
    progress = Progress(size)
    for batch in Past(sender_id, size, clock).batches():
        with progress.told(len(batch)):
            stores.events.append(batch, fold)
    _follow(stores)
    database.close()
    return progress.rates


def _hurry(database: Database) -> None:
    """Nothing is lost that could not be filled again: the disk is not waited for."""
    connection = database.engine.raw_connection()
    driver: Any = connection.driver_connection
    driver.execute("PRAGMA synchronous = OFF" if database.is_sqlite else "SET synchronous_commit = off")
    driver.commit()
    connection.close()


def _follow(stores: Stores) -> None:
    """What the server's tasks do behind the events."""
    for name, look in (
        ("grouping errors", Grouping(stores.events, stores.groups).look),
        *([("indexing words", Indexing(stores.events, stores.words).look)] if stores.words else []),
    ):
        began, done = time.monotonic(), 0
        while found := look():
            done += found
        print(f"    {name}: {done:,} in {time.monotonic() - began:.0f} s", flush=True)


class Progress:
    """Says every tenth how far it is; `rates` are those of the tenths, in events a second of the time in blocks."""

    def __init__(self, size: int) -> None:
        self.rates: list[float] = []
        self._size = size
        self._done = self._said = 0
        self._took_s = 0.0

    @contextmanager
    def told(self, more: int) -> Iterator[None]:
        """The block does so many more."""
        began = time.monotonic()
        yield
        self._took_s += time.monotonic() - began
        self._done += more
        if self._done * 10 // self._size > self._said * 10 // self._size:
            self.rates.append((self._done - self._said) / self._took_s)
            print(f"    filled {self._done:,} of {self._size:,}, {self.rates[-1]:,.0f}/s", flush=True)
            self._said, self._took_s = self._done, 0.0


@dataclass
class Past:
    """What was sent; each batch comes at its time."""

    sender_id: int
    size: int
    clock: Told
    _chance: random.Random = field(default_factory=lambda: random.Random(7))
    _running: list[int] = field(default_factory=list)
    _number: int = 0

    def batches(self) -> Iterator[Sequence[Event]]:
        """All of them; with each a job begins, and the oldest of those that run ends."""
        began_ms = self.clock.time_ms
        for start in range(0, self.size, BATCH):
            self.clock.time_ms = began_ms + SPAN_MS * start // self.size
            at = start // BATCH
            edges = [self._begun(LONG)] if at == 0 else []
            edges += [self._begun(name_of(at), at)]
            self._running.append(at)
            if len(self._running) > AT_ONCE:
                edges.append(self._over(self._running.pop(0)))
            count = min(BATCH, self.size - start) - len(edges)
            yield [*edges, *self._sent(max(0, count), is_middle=start <= self.size // 2 < start + BATCH)]

    def _sent(self, count: int, *, is_middle: bool) -> list[Event]:
        kinds = self._chance.choices(SAID, _WEIGHTS, k=count)
        found = [self._said(*kind[:3]) for kind in kinds]
        if is_middle and found:
            found[0] = self._event("log", LONG, {"level": "info", "message": NEEDLE}, INFO)
        return found

    def _said(self, type_: str, level: int | None, words: str) -> Event:
        is_long = self._chance.random() < LONG_SHARE
        job_id = LONG if is_long else name_of(self._chance.choice(self._running))
        self._number += 1
        said = words.format(n=self._chance.randrange(10**6), m=self._number % 1_000)
        if type_ == "job_progress":
            body: dict[str, Any] = {"done": self._number // AT_ONCE, "requests": {"total": self._number // AT_ONCE}}
        elif level is None:
            body = {"title": said, "price": f"{self._number % 90}.99", "url": f"https://shop.example/p/{self._number}"}
        else:
            body = {"level": LEVELS[level], "message": said, **({"kind": said.split()[0]} if level == ERROR else {})}
        return self._event(type_, job_id, body, level)

    def _begun(self, job_id: str, number: int = 0) -> Event:
        source, query = f"shop-{number % SHOPS}.example", f"shelf {number // SHOPS % QUERIES}"
        return self._event("job_started", job_id, {"source": source, "query": query, "total": BATCH})

    def _over(self, number: int) -> Event:
        is_bad = self._chance.random() < FAILS
        return self._event("job_failed" if is_bad else "job_completed", name_of(number), {"success": not is_bad})

    def _event(self, type_: str, job_id: str, body: dict[str, Any], level: int | None = None) -> Event:
        self._number += 1
        data = msgspec.json.encode(body).decode()
        now_ms = self.clock.time_ms
        id_ = now_ms.to_bytes(6) + os.urandom(10)
        return Event(self.sender_id, type_, job_id, now_ms, data, self._number, body=body, id=id_, level=level)


def name_of(number: int) -> str:
    """Of the n-th job."""
    return f"run-{number:05}"
