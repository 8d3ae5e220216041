"""What being watched costs a scraper: of each call, of a loop, and how fast the server gets what had to wait."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figures import Figure, ratios
from bench.scraper import REST_S
from bench.target import TOKEN, started
from demo.faults import FAULTS
from demo.shop import Shop
from tests.server import ROOT, Server, path

Pair = tuple[float, float]
"""What a scraper measured: by the clock, of CPU."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Items of a round: reported to a server that is there, in a loop without it, and waiting for it to come."""

    items: int = 20_000
    loop: int = 30_000
    drained: int = 50_000


def measure(server: Server, folder: Path, rounds: int, counts: Counts = Counts()) -> list[Figure]:
    """All of them; `folder` holds the spools. Those of the loops add up, as in a long outage."""
    present: list[Pair] = []
    absent: list[Pair] = []
    away: list[Pair] = []
    spared: list[Pair] = []
    drained: list[float] = []
    with Shop(faults=dict.fromkeys(FAULTS, 0.0)) as shop:
        for number in range(rounds):
            print(f"  round {number + 1} of {rounds}", flush=True)
            away.append(_scraper("watched", counts.loop, _patient(server, folder / "away"), shop.url))
            spared.append(_scraper("alone", counts.loop, {}, shop.url))
            absent.append(_scraper("items", counts.items, _patient(server, folder / "away"), "0"))
            drained.append(_drain(server, counts.drained, environment(server, folder / f"drained-{number}")))
            there = environment(server, folder / f"present-{number}")
            with started(server):
                present.append(_scraper("items", counts.items, there, str(REST_S)))
    taken, spent = (ratios(_nth(away, which), _nth(spared, which)) for which in (0, 1))
    return [
        Figure("client, job.item()", "µs", _nth(present, 0), "≤ 15"),
        Figure("client, job.item(), CPU of its thread", "µs", _nth(present, 1)),
        Figure("client, job.item() in one go while the server is away", "µs", _nth(absent, 0), "≤ 15"),
        Figure("client, a loop while the server is away ÷ without us", "×", taken, "≤ 1.08"),
        Figure("client, its CPU, sender's thread included", "×", spent),
        Figure("client, what waited reaches the server", "events/s", drained, "≥ 5000"),
    ]


def _nth(pairs: Sequence[Pair], which: int) -> list[float]:
    """By the clock (0) or of CPU (1)."""
    return [pair[which] for pair in pairs]


def environment(server: Server, spool: Path) -> dict[str, str]:
    """What the client package reads, in a process of its own."""
    return {
        "SCRAPEWATCH_URL": server.address,
        "SCRAPEWATCH_TOKEN": TOKEN,
        "SCRAPEWATCH_SPOOL_DIR": str(spool),
        "SCRAPEWATCH_RECONNECT_BACKOFF": "1",  # no waiting longer and longer: the time of the first try is not measured
    }


def _patient(server: Server, spool: Path) -> dict[str, str]:
    """The same for a scraper whose server never comes: it tries as seldom as it would, and does not wait at its end."""
    given = environment(server, spool) | {"SCRAPEWATCH_CLOSE_TIMEOUT": "0"}
    del given["SCRAPEWATCH_RECONNECT_BACKOFF"]
    return given


def _scraper(mode: str, count: int, environment: Mapping[str, str], *more: str) -> Pair:
    with _running(mode, count, environment, *more) as scraper:
        taken, spent = _result(scraper)
        return taken, spent


def _drain(server: Server, count: int, environment: Mapping[str, str]) -> float:
    with _running("drain", count, environment) as scraper:
        if scraper.stdout:
            scraper.stdout.readline()
        with started(server):
            return float(_result(scraper))


@contextmanager
def _running(mode: str, count: int, environment: Mapping[str, str], *more: str) -> "Iterator[subprocess.Popen[str]]":
    """A scraper that lives no longer than the block."""
    command = (sys.executable, "-m", "bench.scraper", mode, str(count), *more)
    given = {**environment, "PATH": path()}
    with subprocess.Popen(command, cwd=ROOT, env=given, stdout=subprocess.PIPE, text=True) as scraper:
        try:
            yield scraper
        finally:
            scraper.kill()  # nothing, if it has ended


def _result(scraper: "subprocess.Popen[str]") -> Any:
    """Its last line; what went wrong is on the terminal already."""
    said, _ = scraper.communicate()
    if scraper.returncode:
        raise RuntimeError("The scraper failed")
    return json.loads(said.splitlines()[-1])
