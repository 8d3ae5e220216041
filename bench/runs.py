"""The measurements by their names, and what each of them is given."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from app.storage.base_series import MINUTE_MS
from bench import (
    client,
    crawl,
    history,
    ingest,
    job,
    keeping,
    listing,
    node,
    packing,
    pixel,
    series,
    start,
    units,
    viewing,
)
from bench.figures import Figure
from bench.filled import empty
from bench.month import Month
from bench.packages import Packages, packages
from bench.target import target
from tests.postgres import wheel_programs
from tests.server import ASYNC_MODES, Server

LONG_ROUNDS: Final = 3
"""At most so many of the measurements whose rounds take the better part of a minute."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for.

    Attributes:
        async_mode: of our server.
        rounds: how often to measure.
        minutes: how long a browser looks on.
        sizes: of histories, in events.
        stores: kinds of database, where several are measured.
        cache: where filled databases are kept; None for not at all.
        drawing: the file into which curves are drawn; None for none.
    """

    async_mode: str = ASYNC_MODES[0]
    rounds: int = 5
    minutes: float = 2.0
    sizes: tuple[int, ...] = history.SIZES
    stores: tuple[str, ...] = ("sqlite",)
    cache: Path | None = None
    drawing: Path | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """What a measurement is given.

    Attributes:
        folder: for its files, its own.
    """

    folder: Path
    options: Options = field(default_factory=Options)

    @property
    def rounds(self) -> int:
        """How often to measure."""
        return self.options.rounds

    @property
    def few(self) -> int:
        """The same of what takes long."""
        return min(self.rounds, LONG_ROUNDS)

    @property
    def installed(self) -> Packages:
        """What our server runs with where its memory and its speed are measured."""
        return packages()

    def here(self, name: str, **more: str) -> Server:
        """Our server with the packages of this Python, where it is the database that is measured."""
        return target(self.folder / name, self.options.async_mode, sys.executable, **more)

    def ours(self, name: str = "ours", **more: str) -> Server:
        """Our server, not started yet; `more` are variables of it."""
        return target(self.folder / name, self.options.async_mode, self.installed.python, **more)

    def peers(self, *forms: str) -> dict[str, Server]:
        """The reference in these forms, none if it can't be had."""
        return {f"node {form}": node.peer(self.folder / form, form) for form in forms if has_node()}


@cache
def has_node() -> bool:
    """Whether the reference in Node can be had."""
    try:
        node.obtain()
    except node.Unobtainable as reason:
        print(f"No reference in Node: {reason}; its rows are left out", flush=True)
        return False
    return True


def _start(run: Run) -> list[Figure]:
    starts = [start.measure(run.ours(f"start-{number}")) for number in range(run.rounds)]
    return [
        Figure("start to first answer", "s", [each.seconds for each in starts], "≤ 2"),
        Figure(f"memory, idle, {run.installed.name}", "MB", [each.resident_mb for each in starts], "≤ 90"),
    ]


def _ingest(run: Run) -> list[Figure]:
    servers = {ingest.OURS: run.ours(), **run.peers("plain", "same")}
    return ingest.measure(servers, run.folder / "bare", run.rounds)


def _latency(run: Run) -> list[Figure]:
    return viewing.measure({ingest.OURS: run.ours(), **run.peers("coalesce")}, viewing.LATENCY, run.rounds)


def _fanout(run: Run) -> list[Figure]:
    return viewing.measure({ingest.OURS: run.ours(), **run.peers("coalesce")}, viewing.FANOUT, run.few)


def _client(run: Run) -> list[Figure]:
    return client.measure(run.ours(), run.folder, run.rounds)


def _crawl(run: Run) -> list[Figure]:
    return crawl.measure(run.ours(), run.folder, run.rounds)


def _series(run: Run) -> list[Figure]:
    now_ms = time.time_ns() // 1_000_000
    month = Month(now_ms - now_ms % MINUTE_MS)
    return series.measure(run.ours(), run.folder / "ours", month, run.few)


def _job(run: Run) -> list[Figure]:
    return job.measure(run.ours(), run.few)


def _pixel(run: Run) -> list[Figure]:
    return pixel.measure(run.ours(), run.few)


def _jobs(run: Run) -> list[Figure]:
    return listing.measure(run.ours(), run.folder / "ours", listing.Load(minutes=run.options.minutes))


def _history(run: Run) -> list[Figure]:
    figures, curves = history.measure(
        lambda name, url: run.here(name, DATABASE_URL=url, **history.VARIABLES),
        run.options.cache or run.folder,
        run.options.sizes,
        run.options.stores,
        run.few,
    )
    print(history.told(curves, run.options.drawing))
    return figures


def _keeping(run: Run) -> list[Figure]:
    figures: list[Figure] = []
    for store in run.options.stores:
        with empty(store, run.folder / store) as url:
            server = run.here(f"server-{store}", DATABASE_URL=url)
            server.environment["PATH"] = os.pathsep.join([*wheel_programs(), server.environment["PATH"]])
            figures += keeping.measure(server, url)
    return figures


def _packing(run: Run) -> list[Figure]:
    servers = {name: (run.ours(name), run.folder / name) for name in ("packed", "plain")}
    return packing.measure(servers, run.folder, run.rounds)


def _units(run: Run) -> list[Figure]:
    return units.measure(run.here, run.folder, run.few)


MEASUREMENTS: Final[dict[str, Callable[[Run], list[Figure]]]] = {
    "start": _start,
    "ingest": _ingest,
    "latency": _latency,
    "fanout": _fanout,
    "client": _client,
    "crawl": _crawl,
    "series": _series,
    "job": _job,
    "jobs": _jobs,
    "history": _history,
    "pixel": _pixel,
    "keeping": _keeping,
    "packing": _packing,
    "units": _units,
}
