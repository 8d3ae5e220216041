"""What packing does to a job of the demo's spider: how small its bodies become, what that costs, and what readers pay.

The spider crawls the sample shop, with all that goes wrong there, as fast as it can. Then there are two copies of the
database, of which one is packed, and a server on each; both are asked for the same pages in turns.
"""

import json
import sqlite3
import statistics
import time
import urllib.request
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from app.core.clock import CLOCK
from app.storage.base_packing import Packed, Packing
from app.storage.packing import pack
from app.storage.stores import open_stores
from bench.client import environment
from bench.crawl import ADDON, PER_CATEGORY, SETTINGS, crawl
from bench.figures import Figure, ratios
from bench.keeping import Timed
from bench.target import READ_TOKEN, started
from demo.shop import Shop
from tests.server import Server

FILE: Final = "scrapewatch.db"
ASKED: Final = 15
"""How often a round asks each server for each page."""
ENDED_S: Final = 60
ANSWERED_S: Final = 10
PAGES: Final = {
    "first page of its events, API": "/api/v1/jobs/{job}/events?limit=100",
    "its log, page": "/jobs/{job}?tab=log",
    "its items, page": "/jobs/{job}?tab=items",
}
"""With the budget."""
SEARCHES: Final = {
    "a search by letters, found": "/api/v1/events?q=card&type=item_scraped",
    "a search by letters, in vain": "/api/v1/events?q=nowhere&type=item_scraped",
}
"""Which a database can't look for in what is packed."""


def measure(
    servers: Mapping[str, tuple[Server, Path]], folder: Path, rounds: int, per_category: int = PER_CATEGORY
) -> list[Figure]:
    """Crawl once, pack once, ask in `rounds`; `servers` are "packed" and "plain", with the folders of their data.

    Raises:
        RuntimeError: the job did not end, or nothing was packed.
    """
    (packed, packed_at), (plain, plain_at) = servers["packed"], servers["plain"]
    job = _crawled(packed, folder, per_category)
    with closing(sqlite3.connect(packed_at / FILE)) as one, closing(sqlite3.connect(plain_at / FILE)) as other:
        one.backup(other)  # with what is in its log still
    done, slices_ms = _pack(packed_at / FILE)
    share = (packed_at / FILE).stat().st_size / (plain_at / FILE).stat().st_size
    figures = [
        Figure(f"bodies of {done.events:,} events, unpacked ÷ packed", "×", [done.ratio or 0.0], "≥ 5"),
        Figure("packing of 1,000 events, CPU", "ms", [done.cost_ms or 0.0]),
        Figure("packing: the longest slice", "ms", [max(slices_ms)], "≤ 50"),
        Figure("packing: a slice", "ms", slices_ms),
        Figure("database, packed ÷ unpacked", "×", [share]),
    ]
    with started(packed), started(plain):
        for name, path in {**PAGES, **SEARCHES}.items():
            address = path.format(job=quote(job, safe=""))
            _asked(packed, plain, address)  # what is read from the disk once
            taken = [_asked(packed, plain, address) for _ in range(rounds)]
            ours, others = [each[0] for each in taken], [each[1] for each in taken]
            figures.append(Figure(f"packed job: {name}", "ms", ours))
            figures.append(Figure("the same ÷ unpacked", "×", ratios(ours, others), "≤ 2" if name in PAGES else ""))
    return figures


def _crawled(server: Server, folder: Path, per_category: int) -> str:
    """The id of a job of the spider, which has ended."""
    with started(server):
        with Shop(per_category=per_category) as shop:
            crawl(shop, folder, SETTINGS | ADDON, environment(server, folder / "spool"))
        deadline = time.monotonic() + ENDED_S
        while time.monotonic() < deadline:
            (job,) = json.loads(_read(server, "/api/v1/jobs"))["items"]
            if job["finishedAt"]:
                return str(job["id"])
            time.sleep(0.1)
    raise RuntimeError("The job of the spider did not end")


def _pack(file: Path) -> tuple[Packed, list[float]]:
    """Pack all there is and give the space back; what is packed, and how long each write held the database, in ms."""
    database = Timed(f"sqlite:///{file}")
    stores = open_stores(str(database.url), database, CLOCK)
    packing: Packing | None = stores.packing
    if packing is None or not pack(packing, CLOCK.now_ms()):
        raise RuntimeError("Nothing was packed")
    while stores.upkeep is not None and stores.upkeep.give_back():
        pass
    database.close()
    return packing.packed(), database.held_ms


def _asked(packed: Server, plain: Server, path: str) -> tuple[float, float]:
    """The median times of an answer of each, in ms."""
    taken: dict[Server, list[float]] = {packed: [], plain: []}
    for _ in range(ASKED):
        for server, times in taken.items():
            began = time.perf_counter()
            _read(server, path)
            times.append((time.perf_counter() - began) * 1_000)
    return statistics.median(taken[packed]), statistics.median(taken[plain])


def _read(server: Server, path: str) -> Any:
    headers = {"Authorization": f"Bearer {READ_TOKEN}"}
    asked = urllib.request.Request(f"{server.address}{path}", headers=headers)  # noqa: S310
    with urllib.request.urlopen(asked, timeout=ANSWERED_S) as answer:  # noqa: S310
        return answer.read()
