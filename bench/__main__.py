"""Runs the measurements, all or those named, and prints what they found; ratios within one run are what counts."""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.storage.base_series import MINUTE_MS
from bench import client, crawl, history, ingest, job, keeping, listing, node, packing, pixel, series, start, viewing
from bench.figures import Figure, table
from bench.frames import Closed
from bench.month import Month
from bench.packages import Packages, packages
from bench.target import target
from tests.server import ASYNC_MODES, DidNotStart, Server

OPEN_FILES: Final = 8_192
LONG_ROUNDS: Final = 3
"""At most so many of the measurements whose rounds take the better part of a minute."""

FAILURES: Final = (RuntimeError, OSError, subprocess.SubprocessError, DidNotStart, Closed)
"""What ends a measurement but not the others."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a measurement is given.

    Attributes:
        folder: for its files, its own.
        installed: what our server runs with.
        async_mode: of our server.
        rounds: how often to measure.
        has_node: whether the reference in Node can be had.
        minutes: how long a browser looks on.
    """

    folder: Path
    installed: Packages
    async_mode: str
    rounds: int
    has_node: bool
    minutes: float = 2.0

    def ours(self, name: str = "ours") -> Server:
        """Our server, not started yet."""
        return target(self.folder / name, self.async_mode, self.installed.python)

    def peers(self, *forms: str) -> dict[str, Server]:
        """The reference in these forms, none if it can't be had."""
        return {f"node {form}": node.peer(self.folder / form, form) for form in forms if self.has_node}


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
    return viewing.measure(
        {ingest.OURS: run.ours(), **run.peers("coalesce")}, viewing.FANOUT, min(run.rounds, LONG_ROUNDS)
    )


def _client(run: Run) -> list[Figure]:
    return client.measure(run.ours(), run.folder, run.rounds)


def _crawl(run: Run) -> list[Figure]:
    return crawl.measure(run.ours(), run.folder, run.rounds)


def _series(run: Run) -> list[Figure]:
    now_ms = time.time_ns() // 1_000_000
    month = Month(now_ms - now_ms % MINUTE_MS)
    return series.measure(run.ours(), run.folder / "ours", month, min(run.rounds, LONG_ROUNDS))


def _job(run: Run) -> list[Figure]:
    return job.measure(run.ours(), min(run.rounds, LONG_ROUNDS))


def _pixel(run: Run) -> list[Figure]:
    return pixel.measure(run.ours(), min(run.rounds, LONG_ROUNDS))


def _jobs(run: Run) -> list[Figure]:
    return listing.measure(run.ours(), run.folder / "ours", listing.Load(minutes=run.minutes))


def _history(run: Run) -> list[Figure]:
    servers = {size: (run.ours(str(size)), run.folder / str(size)) for size in history.SIZES}
    return history.measure(servers, min(run.rounds, LONG_ROUNDS))


def _keeping(run: Run) -> list[Figure]:
    return keeping.measure(run.ours(), run.folder / "ours")


def _packing(run: Run) -> list[Figure]:
    servers = {name: (run.ours(name), run.folder / name) for name in ("packed", "plain")}
    return packing.measure(servers, run.folder, run.rounds)


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
}


def main() -> None:
    """Measure, then print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(MEASUREMENTS)}; all by default")
    parser.add_argument(
        "--rounds", type=int, default=5, help="of each measurement (default 5; 3 at most of the longest)"
    )
    parser.add_argument("--minutes", type=float, default=2.0, help="that a browser looks on (default 2)")
    parser.add_argument("--async-mode", choices=ASYNC_MODES, default=ASYNC_MODES[0])
    options = parser.parse_args()
    if unknown := set(options.names) - set(MEASUREMENTS):
        parser.error(f"there is no measurement called {', '.join(sorted(unknown))}")
    _allow_files()
    figures, failed = measure(options.names or list(MEASUREMENTS), options.async_mode, options.rounds, options.minutes)
    print(f"\n{table(figures)}")
    if failed:
        sys.exit(f"Not measured, for the reasons above: {', '.join(failed)}")


def measure(names: list[str], async_mode: str, rounds: int, minutes: float = 2.0) -> tuple[list[Figure], list[str]]:
    """The figures of the measurements of these names, and the names of those that failed."""
    has_node, installed = _has_node(), packages()
    figures: list[Figure] = []
    failed = []
    with tempfile.TemporaryDirectory(prefix="scrapewatch-bench-") as folder:
        for name in names:
            print(name, flush=True)
            began = time.monotonic()
            own = Path(folder) / name
            own.mkdir()
            try:
                figures += MEASUREMENTS[name](Run(own, installed, async_mode, rounds, has_node, minutes))
            except FAILURES as error:
                print(f"  failed: {error!r}", flush=True)
                failed.append(name)
            print(f"  took {time.monotonic() - began:.0f} s", flush=True)
    return figures, failed


def _allow_files() -> None:
    """As many open files as a thousand viewers need, for us and for the servers that we start."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= now < OPEN_FILES:  # unlimited may be -1
        resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES if most < 0 else min(OPEN_FILES, most), most))


def _has_node() -> bool:
    try:
        node.obtain()
    except node.Unobtainable as reason:
        print(f"No reference in Node: {reason}; its rows are left out", flush=True)
        return False
    return True


if __name__ == "__main__":
    main()
