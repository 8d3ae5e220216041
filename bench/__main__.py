"""Runs the measurements, all or those named, and prints what they found; ratios within one run are what counts."""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from bench import history
from bench.figures import Figure, table
from bench.filled import STORES
from bench.frames import Closed
from bench.runs import MEASUREMENTS, Options, Run
from tests.server import ASYNC_MODES, DidNotStart

OPEN_FILES: Final = 8_192
FAILURES: Final = (RuntimeError, OSError, subprocess.SubprocessError, DidNotStart, Closed)
"""What ends a measurement but not the others."""


def main() -> None:
    """Measure, then print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(MEASUREMENTS)}; all by default")
    parser.add_argument(
        "--rounds", type=int, default=5, help="of each measurement (default 5; 3 at most of the longest)"
    )
    parser.add_argument("--minutes", type=float, default=2.0, help="that a browser looks on (default 2)")
    parser.add_argument("--async-mode", choices=ASYNC_MODES, default=ASYNC_MODES[0])
    parser.add_argument("--sizes", type=_numbers, default=history.SIZES, help="of histories, in events: 100000,1000000")
    parser.add_argument("--stores", type=_stores, default=("sqlite",), help="of histories: sqlite,postgres")
    parser.add_argument("--cache", type=_folder, help="a folder that keeps filled databases from one run to the next")
    parser.add_argument("--drawing", type=Path, help="a file for the curves of histories (SVG)")
    given = vars(parser.parse_args())
    names = given.pop("names")
    if unknown := set(names) - set(MEASUREMENTS):
        parser.error(f"there is no measurement called {', '.join(sorted(unknown))}")
    _allow_files()
    figures, failed = measure(names or list(MEASUREMENTS), Options(**given))
    print(f"\n{table(figures)}")
    if failed:
        sys.exit(f"Not measured, for the reasons above: {', '.join(failed)}")


def measure(names: list[str], options: Options) -> tuple[list[Figure], list[str]]:
    """The figures of the measurements of these names, and the names of those that failed."""
    figures: list[Figure] = []
    failed = []
    with tempfile.TemporaryDirectory(prefix="scrapewatch-bench-") as folder:
        Path(folder).chmod(0o711)  # Postgres runs as somebody else where we are root
        for name in names:
            print(name, flush=True)
            began = time.monotonic()
            own = Path(folder) / name
            own.mkdir()
            try:
                figures += MEASUREMENTS[name](Run(own, options))
            except FAILURES as error:
                print(f"  failed: {error!r}", flush=True)
                failed.append(name)
            print(f"  took {time.monotonic() - began:.0f} s", flush=True)
    return figures, failed


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(sorted(int(one.replace("_", "")) for one in text.split(",")))


def _folder(text: str) -> Path:
    return Path(text).resolve()


def _stores(text: str) -> tuple[str, ...]:
    if unknown := set(text.split(",")) - set(STORES):
        raise argparse.ArgumentTypeError(f"there is no {', '.join(sorted(unknown))} here, only {', '.join(STORES)}")
    return tuple(text.split(","))


def _allow_files() -> None:
    """As many open files as a thousand viewers need, for us and for the servers that we start."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= now < OPEN_FILES:  # unlimited may be -1
        resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES if most < 0 else min(OPEN_FILES, most), most))


if __name__ == "__main__":
    main()
