"""Pages of the history, over few events and over many: what is asked for must not cost more because there is more.

A million events as shops' spiders send them, a fifth of them logs, are put into the database and their words into its
index; then the page is asked for as a reader would, with words that stand everywhere, in one event, or nowhere.
"""

import random
import statistics
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import msgspec

from app.storage.base import Commit, Event
from app.storage.base_series import Point
from app.storage.indexing import Indexing
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.sql.events import SqlEventStore
from app.storage.sql.searching import SqlSearchStore
from app.storage.sql.series_points import merge_points
from bench.figures import Figure
from bench.target import READ_TOKEN, started
from tests.server import Server

SIZES: Final = (10_000, 1_000_000)
ASKED: Final = 10
"""How often a round asks for each page."""
BATCH: Final = 2_000
ANSWERED_S: Final = 10
INFO: Final = 1
ERROR: Final = 3
SAID: Final = (
    ("log", INFO, "Crawled (200) <GET https://shop.example/p/{n}?page={m}> (referer: None)", 160),
    ("log", INFO, "Retrying <GET https://ebay.example/itm/{n}> (failed {m} times): timed out", 40),
    ("error", ERROR, "403 Forbidden GET https://velo.example/annonces?page={n} through dc-fr-{m}", 30),
    ("error", ERROR, "AttributeError: NoneType has no attribute get in parse_listing, item {n} of {m}", 20),
    ("item_scraped", None, "Vintage card no. {n}, lot {m}", 750),
)
"""Types, levels and words, and how many of a thousand events are so."""
NEEDLE: Final = "needle in the haystack"
PAGES: Final[tuple[dict[str, str], ...]] = (
    {},
    {"level": "error"},
    {"type": "error,log"},
    {"job": "run 0"},
    {"q": "crawled"},
    {"q": "needle", "type": "log"},
    {"q": '"timed out" retrying'},
    {"q": "timeo* -crawled"},
    {"q": "forbidden", "level": "error", "job": "run 0"},
    {"q": "card"},
    {"q": "nowhere"},
)
"""What is asked for."""


def measure(servers: dict[int, tuple[Server, Path]], rounds: int) -> list[Figure]:
    """Fill and ask the server of each size, not started yet, whose database lies in that folder."""
    taken: dict[int, list[float]] = {}
    for size, (server, folder) in servers.items():
        fill(size, folder / "scrapewatch.db")
        with started(server):
            _asked(server)  # what is read from the disk once
            taken[size] = [_p95(_asked(server)) for _ in range(rounds)]
    least, most = min(taken), max(taken)
    figures = [Figure(f"history over {size:,} events, page, p95", "ms", taken[size]) for size in sorted(taken)[:-1]]
    figures.append(Figure(f"history over {most:,} events, page, p95", "ms", taken[most], "≤ 50"))
    ratio = [many / few for many, few in zip(taken[most], taken[least], strict=True)]
    return [*figures, Figure(f"the same, {most:,} ÷ {least:,}", "", ratio)]


def fill(size: int, file: Path) -> None:
    """Put so many events into a database of the present schema, and their words into its index."""
    database = Database(f"sqlite:///{file}", checkpoints=True)
    SqlAccountStore(database).sender("bench", at_ms=_Now().now_ms())
    store = SqlEventStore(database, _Now(), merge_points)
    for batch in _batches(size):
        store.append(batch, _nothing)
    indexing = Indexing(store, SqlSearchStore(database))
    while indexing.look():
        pass
    database.close()


def _batches(size: int) -> Iterator[Sequence[Event]]:
    chance = random.Random(size)
    weights = [weight for *_, weight in SAID]
    for start in range(0, size, BATCH):
        kinds = chance.choices(SAID, weights, k=min(BATCH, size - start))
        yield [_event(kind, start + at, chance.randrange(10**6)) for at, kind in enumerate(kinds)]


def _event(kind: tuple[str, int | None, str, int], number: int, chance: int) -> Event:
    type_, level, words, _ = kind
    said = words.format(n=chance, m=number % 1_000)
    if number == BATCH:
        type_, level, said = "log", INFO, NEEDLE
    body = {"title": said} if level is None else {"message": said}
    return Event(
        sender_id=1,
        type=type_,
        job_id=f"run {number // 20_000}",
        at_ms=_Now().now_ms(),
        data=msgspec.json.encode(body).decode(),
        digest=number,
        body=body,
        level=level,
    )


class _Now:
    """The machine's clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


def _nothing(commit: Commit, jobs: object) -> list[Point]:  # noqa: ARG001  (a fold's signature)
    return []


def _asked(server: Server) -> list[float]:
    """How many ms each page took."""
    return [_ms(server, page) for _ in range(ASKED) for page in PAGES]


def _ms(server: Server, page: dict[str, str]) -> float:
    address = f"{server.address}/events?{urlencode(page)}"
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {READ_TOKEN}"})  # noqa: S310  (ours)
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=ANSWERED_S) as answer:  # noqa: S310  (ours)
        answer.read()
    return (time.perf_counter() - began) * 1_000


def _p95(taken: Sequence[float]) -> float:
    return statistics.quantiles(taken, n=20)[-1]
