"""A crawl by Scrapy of the demo's shop, as long as it takes, with the add-on and without, in turns."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.client import environment
from bench.figures import Figure, ratios
from bench.target import started
from demo.faults import FAULTS
from demo.shop import Shop
from tests.server import ROOT, Server, path

PER_CATEGORY: Final = 417
"""Of twelve categories: some 5,000 items."""

SETTINGS: Final = {
    "DOWNLOAD_DELAY": "0",
    "CONCURRENT_REQUESTS": "16",
    "CONCURRENT_REQUESTS_PER_DOMAIN": "16",
    "LOG_LEVEL": "ERROR",
}
ADDON: Final = {"ADDONS": '{"scrapewatch.scrapy.Addon": 0}'}


@dataclass(frozen=True, slots=True)
class Crawl:
    """One crawl: seconds from the start of Scrapy to its end, the last event sent, and those of CPU in its process."""

    taken_s: float
    cpu_s: float


def measure(server: Server, folder: Path, rounds: int, per_category: int = PER_CATEGORY) -> list[Figure]:
    """With us and without, in turns; our server runs beside both. `folder` gets the spool and Scrapy's log."""
    watched, alone = [], []
    with started(server), Shop(per_category=per_category, faults=dict.fromkeys(FAULTS, 0.0)) as shop:
        for number in range(rounds):
            print(f"  round {number + 1} of {rounds}", flush=True)
            watched.append(crawl(shop, folder, SETTINGS | ADDON, environment(server, folder / "spool")))
            alone.append(crawl(shop, folder, SETTINGS, {}))
    taken = [each.taken_s for each in watched], [each.taken_s for each in alone]
    spent = [each.cpu_s for each in watched], [each.cpu_s for each in alone]
    return [
        Figure("crawl by Scrapy with us", "s", taken[0]),
        Figure("crawl by Scrapy without us", "s", taken[1]),
        Figure("crawl by Scrapy, with us ÷ without", "×", ratios(*taken), "≤ 1.08"),
        Figure("crawl by Scrapy, its CPU, with us ÷ without", "×", ratios(*spent)),
    ]


def crawl(shop: Shop, folder: Path, settings: Mapping[str, str], environment: Mapping[str, str]) -> Crawl:
    """Once, with these settings of Scrapy's and these variables; `folder` gets its log."""
    given = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
    command = (sys.executable, "-m", "scrapy", "runspider", "demo/spider.py", "-a", f"shop={shop.url}", *given)
    before, began = _children_cpu_s(), time.perf_counter()
    with (folder / "scrapy.log").open("ab") as log:
        subprocess.run(command, cwd=ROOT, env={**environment, "PATH": path()}, stdout=log, stderr=log, check=True)
    return Crawl(time.perf_counter() - began, _children_cpu_s() - before)


def _children_cpu_s() -> float:
    """Of the programs that we started and that have ended."""
    times = os.times()
    return times.children_user + times.children_system
