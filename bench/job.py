"""A long job on its page, in a real Chromium: how soon log and items are usable, and how smoothly it is followed.

Usable is when what was asked for stands there and the page hears the server. A frame is what lies between two paints.
"""

import json
import threading
import time
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from playwright.sync_api import Page

from bench.browsing import signed_in
from bench.figures import Figure
from bench.samples import job_name
from bench.target import TOKEN, started
from scrapewatch.events import MAX_BATCH_EVENTS
from tests.server import Server

LINES: Final = 50_000
ITEMS: Final = 100_000
PER_S: Final = 200
FOLLOWED_S: Final = 15
PAUSE_S: Final = 0.05
"""Between two messages of the scraper that is followed."""
LEVELS: Final = ("debug", "debug", "info", "warning", "debug", "info", "debug", "error")
USABLE: Final = """(what) => document.querySelector(what) && document.querySelector('#connection[data-state="live"]')
    ? performance.now() : null"""
WATCH: Final = """() => {
  window.frames_ms = [];
  let last = performance.now();
  const look = (now) => { window.frames_ms.push(now - last); last = now; requestAnimationFrame(look); };
  requestAnimationFrame(look);
}"""


def measure(server: Server, rounds: int) -> list[Figure]:
    """Fill a job, look at it `rounds` times, and follow it as often.

    Raises:
        RuntimeError: there is no Chromium, or the page did not show the last line.
    """
    log, items, frames = [], [], []
    with started(server), signed_in(server) as context:
        page = context.new_page()
        job = job_name("long")
        _send(server, [_event(job, "job_started", {"source": "shop.example"})])
        print("  filling", flush=True)
        _fill(server, job)
        for number in range(rounds):
            print(f"  round {number + 1} of {rounds}", flush=True)
            log.append(_usable_ms(page, f"/jobs/{job}?tab=log", "#follow:not([hidden])"))
            frames.append(_followed(server, page, job, number))
            items.append(_usable_ms(page, f"/jobs/{job}?tab=items", "#items-table tbody tr:nth-child(50)"))
    return [
        Figure(f"log of {LINES:,} lines: usable", "ms", log, "≤ 1000"),
        Figure(f"job of {ITEMS:,} items: usable", "ms", items, "≤ 1000"),
        Figure(f"log followed at {PER_S} lines/s: longest frame", "ms", [max(each) for each in frames], "≤ 100"),
        Figure(f"log followed at {PER_S} lines/s: 99 % of frames", "ms", [_p99(each) for each in frames]),
    ]


def _usable_ms(page: Page, path: str, what: str) -> float:
    """From the request for a page until it is usable."""
    page.goto(path, wait_until="commit")
    return float(page.wait_for_function(USABLE, arg=what).json_value())


def _followed(server: Server, page: Page, job: str, number: int) -> list[float]:
    """The frames of the open log while lines come, in ms."""
    page.evaluate(WATCH)
    scraper = threading.Thread(target=_scrape, args=(server, job, f"round {number}"))
    scraper.start()
    while scraper.is_alive():
        page.wait_for_timeout(100)
    scraper.join()
    page.get_by_text(f"round {number} line {PER_S * FOLLOWED_S - 1} ", exact=False).wait_for()
    frames: list[float] = page.evaluate("window.frames_ms")
    return frames


def _scrape(server: Server, job: str, name: str) -> None:
    """Log lines at an even pace."""
    began, sent = time.monotonic(), 0
    while sent < PER_S * FOLLOWED_S:
        due = min(PER_S * FOLLOWED_S, int((time.monotonic() - began) * PER_S))
        if due > sent:
            _send(server, [_line(job, f"{name} line {at} ", at) for at in range(sent, due)])
        sent = due
        time.sleep(PAUSE_S)


def _fill(server: Server, job: str) -> None:
    """A line of log and two items in turn."""
    batch: list[dict[str, Any]] = []
    for number in range(LINES):
        batch.append(_line(job, f"Crawled (200) <GET https://shop.example/itm/{number}>", number))
        batch += [_item(job, 2 * number), _item(job, 2 * number + 1)]
        if len(batch) + 3 > MAX_BATCH_EVENTS or number == LINES - 1:
            _send(server, batch)
            batch = []


def _line(job: str, message: str, number: int) -> dict[str, Any]:
    return _event(job, "log", {"level": LEVELS[number % len(LEVELS)], "logger": "shop", "message": message})


def _item(job: str, number: int) -> dict[str, Any]:
    address = f"https://shop.example/itm/{number}"
    return _event(
        job, "item_scraped", {"title": f"Card no. {number}", "price": "3.99", "url": address, "seller": "zoe"}
    )


def _event(job: str, type_: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"type": type_, "jobId": job, "timestamp": datetime.now(UTC).isoformat(), "data": data}


def _send(server: Server, events: Sequence[dict[str, Any]]) -> None:
    """All of them, waited for.

    Raises:
        RuntimeError: one was not accepted.
    """
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    asked = urllib.request.Request(f"{server.address}/api/v1/events", json.dumps(events).encode(), headers)  # noqa: S310
    with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310
        accepted = json.load(answer)["accepted"]
    if accepted != len(events):
        raise RuntimeError(f"{accepted} of {len(events)} events were accepted")


def _p99(frames: Sequence[float]) -> float:
    return sorted(frames)[int(len(frames) * 0.99)]
