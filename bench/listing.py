"""The list of jobs under load: thousands of jobs run, one browser looks on, and a million jobs are past.

How long until the first byte and until the page can be used; what the page costs its browser meanwhile; whether it
holds its connection.
"""

import json
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, CDPSession, Page

from bench.browsing import signed_in
from bench.figures import Figure
from bench.frames import PATIENCE_S
from bench.target import TOKEN, started
from tests.server import ROOT, Server

PAST: Final = 1_000_000
ASKED: Final = 60
"""How often the page is asked for."""
LOOK_S: Final = 5
COUNT: Final = """
window.seen = { commits: 0, cuts: 0 };
addEventListener("DOMContentLoaded", () => {
  const all = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(() => { window.seen.commits += 1; }).observe(document.documentElement, all);
  const chip = document.getElementById("connection");
  let was = "";
  new MutationObserver(() => {
    if (was === "live" && chip.dataset.state !== "live") window.seen.cuts += 1;
    was = chip.dataset.state;
  }).observe(chip, { attributes: true });
});
"""
"""Counts what changes at once as one, and how often the connection was lost."""


@dataclass(frozen=True, slots=True)
class Load:
    """How many jobs run, how many events they offer in a second, and for how long the browser looks on."""

    jobs: int = 5_000
    per_s: int = 10_000
    minutes: float = 2.0


@dataclass(frozen=True, slots=True)
class Looked:
    """What a page cost its browser: changes a second, the share of its main thread, and its heap in MB."""

    usable_ms: float
    commits_per_s: float
    busy: float
    heap_mb: list[float]
    cuts: int


def measure(server: Server, folder: Path, load: Load, past: int = PAST) -> list[Figure]:
    """Ask and look on under load; then ask again with so many jobs past.

    Raises:
        RuntimeError: there is no browser.
    """
    with started(server), signed_in(server) as context:
        cookie = "; ".join(f"{one['name']}={one['value']}" for one in context.cookies())
        with _herd(server, load) as herd:
            looked = _look(context, load.minutes)
            first = _first_bytes(server.address, cookie)
            accepted, seconds = _ended(herd)
    fill(folder / "scrapewatch.db", past)
    with started(server), _herd(server, load) as herd:
        later = _first_bytes(server.address, cookie)
        _ended(herd)
    return _figures(load, looked, first, later, accepted / seconds)


def _figures(load: Load, looked: Looked, first: list[float], later: list[float], per_s: float) -> list[Figure]:
    name = f"jobs, {load.jobs:,} running"
    heap = looked.heap_mb
    return [
        Figure(f"{name}: events accepted, of {load.per_s:,}/s", "/s", [per_s]),
        Figure(f"{name}: first byte, p95", "ms", [_p95(first)], "≤ 100"),
        Figure(f"{name}, {PAST:,} past: first byte, p95", "ms", [_p95(later)], "≤ 100"),
        Figure(f"{name}: usable after", "ms", [looked.usable_ms], "≤ 1000"),
        Figure(f"{name}: changes of the page", "/s", [looked.commits_per_s], "≤ 2"),
        Figure(f"{name}: main thread", "%", [100 * looked.busy], "< 20"),
        Figure(f"{name}: heap, over {load.minutes:g} min", "MB", heap),
        Figure(f"{name}: heap grown", "MB", [heap[-1] - heap[len(heap) // 4]], "≤ 2"),
        Figure(f"{name}: connections lost", "", [looked.cuts], "≤ 0"),
    ]


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def _first_bytes(address: str, cookie: str) -> list[float]:
    """Ms until the list begins to come, asked for again and again."""
    connection = HTTPConnection(urlsplit(address).netloc, timeout=60)
    taken = []
    for _ in range(ASKED):
        began = time.perf_counter()
        connection.request("GET", "/jobs", headers={"Cookie": cookie})
        answer = connection.getresponse()
        taken.append((time.perf_counter() - began) * 1_000)
        if answer.status != 200 or b"data-job" not in answer.read():
            raise RuntimeError(f"The list did not come: {answer.status}")
        time.sleep(0.1)
    connection.close()
    return taken


def _look(context: BrowserContext, minutes: float) -> Looked:
    """Open the list and leave it open."""
    context.add_init_script(COUNT)
    page = context.new_page()
    began = time.perf_counter()
    page.goto("/jobs", wait_until="domcontentloaded")
    page.locator('#connection[data-state="live"]').wait_for()
    usable_ms = (time.perf_counter() - began) * 1_000
    page.wait_for_timeout(LOOK_S * 1_000)
    watching = page.context.new_cdp_session(page)
    watching.send("Performance.enable")
    before, commits, since = _busy_s(watching), _seen(page)["commits"], time.monotonic()
    heap: list[float] = []
    while time.monotonic() - since < minutes * 60:
        page.wait_for_timeout(LOOK_S * 1_000)
        heap.append(_heap_mb(watching))
    lasted = time.monotonic() - since
    seen = _seen(page)
    busy = (_busy_s(watching) - before) / lasted
    page.close()
    return Looked(usable_ms, (seen["commits"] - commits) / lasted, busy, heap, seen["cuts"])


def _seen(page: Page) -> dict[str, int]:
    found: dict[str, int] = page.evaluate("window.seen")
    return found


def _busy_s(watching: CDPSession) -> float:
    metrics = {one["name"]: one["value"] for one in watching.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"])


def _heap_mb(watching: CDPSession) -> float:
    """After its garbage was collected."""
    watching.send("HeapProfiler.collectGarbage")
    return float(watching.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


@contextmanager
def _herd(server: Server, load: Load) -> "Iterator[subprocess.Popen[str]]":
    """The jobs, which run for the block."""
    command = (sys.executable, "-m", "bench.herd", server.address, TOKEN, str(load.jobs), str(load.per_s))
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as herd:
        try:
            _line(herd)
            yield herd
        finally:
            herd.kill()  # nothing, if it has ended


def _ended(herd: "subprocess.Popen[str]") -> tuple[int, float]:
    """How many events were accepted, and in how many seconds."""
    said, _ = herd.communicate("\n", timeout=PATIENCE_S)
    if not said:
        raise RuntimeError("The jobs gave up")
    accepted, seconds = json.loads(said)
    return accepted, seconds


def _line(herd: "subprocess.Popen[str]") -> str:
    line = herd.stdout.readline() if herd.stdout else ""
    if not line:
        raise RuntimeError("The jobs gave up")
    return line


def fill(file: Path, past: int) -> None:
    """Put so many jobs that have ended before those that are there, with no events any more."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("BEGIN")
    connection.execute("UPDATE jobs SET key = key + ?", (past,))
    connection.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        " INSERT INTO jobs (key, id, sender_id, source, query, tags, config, status, attempt, items, errors,"
        " created_at, started_at, finished_at, duration, last_event_at, totals, first_cursor, last_cursor)"
        " SELECT i, 'past-' || i, (SELECT min(id) FROM senders), 'shop-' || (i % 50) || '.example',"
        " 'shelf ' || (i % 500), '[]', '{}', CASE WHEN i % 20 THEN 'completed' ELSE 'failed' END, 1, i % 900, 0,"
        " i * 1000, i * 1000, i * 1000 + 60000, 60000, i * 1000 + 60000, '{}', 0, 0 FROM n",
        (past,),
    )
    connection.execute("DELETE FROM job_totals")
    connection.execute("INSERT INTO job_totals SELECT status, count(*) FROM jobs GROUP BY status")
    connection.execute("UPDATE events SET job_key = job_key + ? WHERE job_key > 0", (past,))
    connection.execute("COMMIT")
    connection.close()
