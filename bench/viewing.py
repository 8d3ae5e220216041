"""What viewers see: events at a high pace before some of them, and one job before a thousand."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from bench.figures import Figure, ratios
from bench.ingest import OURS
from bench.target import started
from bench.watch import Load, Seen, watch
from tests.server import Server


@dataclass(frozen=True, slots=True)
class Scene:
    """A load, and the budgets for ours: of the delays in ms, of cores, of cores beside the reference's."""

    name: str
    load: Load
    p50: str = ""
    p99: str = ""
    cores: str = ""
    ratio: str = ""


LATENCY: Final = Scene("latency, 1,000 events/s, 50 viewers", Load(6_000, 1_000, 50, 2), p50="≤ 40", p99="≤ 100")
FANOUT: Final = Scene("fan-out, 200 events/s, 1,000 viewers", Load(1_200, 200, 1_000, 4), cores="< 1", ratio="≤ 1.5")


def measure(servers: Mapping[str, Server], scene: Scene, rounds: int) -> list[Figure]:
    """Start all `servers`, ours among them, and put the scene before each in turn, `rounds` times.

    Raises:
        RuntimeError: an event did not reach a viewer.
    """
    seen: dict[str, list[Seen]] = {name: [] for name in servers}
    with ExitStack() as stack:
        for server in servers.values():
            stack.enter_context(started(server))
        for number in range(rounds):
            print(f"  round {number + 1} of {rounds}", flush=True)
            for name, server in servers.items():
                seen[name].append(watch(server, scene.load))
    figures = [figure for name in servers for figure in _figures(scene, name, seen[name])]
    cores = {name: [each.cores for each in found] for name, found in seen.items()}
    return figures + [
        Figure(f"{scene.name}: CPU, {OURS} ÷ {name}", "×", ratios(cores[OURS], others), scene.ratio)
        for name, others in cores.items()
        if name != OURS
    ]


def _figures(scene: Scene, name: str, seen: list[Seen]) -> list[Figure]:
    p50, p99, cores = (scene.p50, scene.p99, scene.cores) if name == OURS else ("", "", "")
    return [
        Figure(f"{scene.name}: p50, {name}", "ms", [each.p50_ms for each in seen], p50),
        Figure(f"{scene.name}: p99, {name}", "ms", [each.p99_ms for each in seen], p99),
        Figure(f"{scene.name}: CPU, {name}", "cores", [each.cores for each in seen], cores),
    ]
