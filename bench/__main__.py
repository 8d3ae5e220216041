"""Runs every measurement and prints what it found; figures of one run only compare with one another."""

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import bare, ingest, start
from bench.packages import Packages, packages
from bench.target import target
from tests.server import ASYNC_MODES


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of the table: what was measured, in each round, and what is wanted of the median."""

    name: str
    unit: str
    values: Sequence[float]
    budget: str = ""

    def row(self) -> tuple[str, ...]:
        """Its cells."""
        median, least, most = map(_short, (statistics.median(self.values), min(self.values), max(self.values)))
        return self.name, f"{median} {self.unit}", f"{least} to {most}", self.budget


def main() -> None:
    """Measure, then print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each measurement (default 5)")
    parser.add_argument("--async-mode", choices=ASYNC_MODES, default=ASYNC_MODES[0])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scrapewatch-bench-") as folder:
        figures = measure(Path(folder), packages(), options.async_mode, options.rounds)
    _print(("figure", "median", "range", "budget"), [figure.row() for figure in figures])


def measure(folder: Path, installed: Packages, async_mode: str, rounds: int) -> list[Figure]:
    """All figures, from servers whose data lie in `folder` and that run with `installed`."""
    print(f"start and memory, {rounds} rounds", flush=True)
    python = installed.python
    starts = [start.measure(target(folder / f"start-{number}", async_mode, python)) for number in range(rounds)]
    print(f"ingest, {rounds} rounds of {ingest.BATCHES} batches of {ingest.BATCH} events", flush=True)
    server = target(folder / "ingest", async_mode, python)
    rates = ingest.measure(server, rounds)
    print("bare inserts of the same rows", flush=True)
    inserts = bare.measure(folder / "ingest" / "scrapewatch.db", folder / "bare", rounds)
    ratio = statistics.median(rate.per_cpu_s for rate in rates) / statistics.median(inserts)
    return [
        Figure("ingest with acknowledgement, per server CPU second", "events/s", [rate.per_cpu_s for rate in rates]),
        Figure("ingest with acknowledgement, per second", "events/s", [rate.per_s for rate in rates]),
        Figure("bare executemany into the same table, per CPU second", "rows/s", inserts),
        Figure("ratio of the two per CPU second", "×", [ratio], "≥ 0.4"),
        Figure("start to first answer", "s", [each.seconds for each in starts], "≤ 2"),
        Figure(f"memory, idle, {installed.name}", "MB", [each.resident_mb for each in starts], "≤ 90"),
    ]


def _short(value: float) -> str:
    return f"{value:,.2f}" if value < 10 else f"{value:,.0f}"


def _print(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    print()
    for row in (head, tuple("-" * width for width in widths), *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    main()
