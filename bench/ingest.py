"""Events per CPU second of the server: ours, the reference in Node, and bare inserts, in turns within each round.

An acknowledgement comes after the commit. All get the very same bytes. A ratio is taken in each round, of what ran side
by side, and its median over the rounds is what counts: absolute figures move with the machine.
"""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import samples
from bench.bare import Bare
from bench.figures import Figure, ratios
from bench.load import BATCH, Clients, Envelope, batches
from bench.samples import job_name
from bench.target import cpu_s, started
from tests.server import Server

OURS: Final = "ours"
BARE: Final = "bare executemany"
SETTLE_S: Final = 0.2
"""What a server still does for its last events counts too."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A load: how many clients, and how they write their events."""

    name: str
    clients: int
    batches: int
    envelope: Envelope = samples.envelope


SHAPES: Final = (
    Shape("1 client", 1, 150),
    Shape("4 clients", 4, 40),
    Shape("1 stock client", 1, 60, samples.plain_envelope),
)
_BUDGETS: Final = {
    ("1 client", "node same"): "≥ 2",
    ("4 clients", "node same"): "≥ 2",
    ("1 client", "node plain"): "≥ 2.2",
    ("4 clients", "node plain"): "≥ 2.2",
    ("1 client", BARE): "≥ 0.4",
    ("4 clients", BARE): "≥ 0.4",
}

Rates = Mapping[str, Sequence[float]]


def measure(servers: Mapping[str, Server], folder: Path, rounds: int, shapes: Sequence[Shape] = SHAPES) -> list[Figure]:
    """Start all `servers`, ours among them, warm them up by one round, and measure `rounds` more.

    Args:
        servers: by name; ours is called `OURS` and keeps its database as ``scrapewatch.db`` in its DATA_DIR.
        folder: for the files of the bare inserts.
        rounds: of each shape.
        shapes: loads.
    """
    rates: dict[str, dict[str, list[float]]] = {shape.name: defaultdict(list) for shape in shapes}
    floor: list[float] = []
    with ExitStack() as stack:
        for server in servers.values():
            stack.enter_context(started(server))
        for shape in shapes:
            _round(servers, shape)
        bare = Bare(Path(servers[OURS].environment["DATA_DIR"]) / "scrapewatch.db", folder)
        for number in range(rounds):
            print(f"  round {number + 1} of {rounds}", flush=True)
            for shape in shapes:
                for name, rate in _round(servers, shape).items():
                    rates[shape.name][name].append(rate)
            floor.append(bare.rate(number))
    return [figure for shape in shapes for figure in _figures(shape.name, {**rates[shape.name], BARE: floor})]


def _round(servers: Mapping[str, Server], shape: Shape) -> dict[str, float]:
    now_ms = time.time_ns() // 1_000_000
    shares = [
        batches(job_name(f"ingest-{number}"), shape.batches, now_ms, shape.envelope) for number in range(shape.clients)
    ]
    return {name: _rate(server, shares) for name, server in servers.items()}


def _rate(server: Server, shares: Sequence[Sequence[bytes]]) -> float:
    """Events per CPU second."""
    clients = Clients(server.address, len(shares))
    before = cpu_s(server)
    clients.send(shares)
    time.sleep(SETTLE_S)
    spent = cpu_s(server) - before
    clients.close()
    return sum(map(len, shares)) * BATCH / spent


def _figures(shape: str, rates: Rates) -> list[Figure]:
    """Each contender's rate, then ours against each."""
    made = [Figure(f"ingest, {shape}: {name}", "events/CPU s", values) for name, values in rates.items()]
    for name, values in rates.items():
        if name != OURS:
            budget = _BUDGETS.get((shape, name), "")
            made.append(Figure(f"ingest, {shape}: {OURS} ÷ {name}", "×", ratios(rates[OURS], values), budget))
    return made
