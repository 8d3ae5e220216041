"""From a scraper's emit to the pixel: a browser on the page of a job that sends a thousand items a second.

The scraper is the client package with its defaults, in a process of its own. An item carries the moment of its emit;
after each change of the page's list the browser notes, before it paints, the moment and the newest item shown. An event
is on the screen once it, or a later one, is: the list shows the newest alone.
"""

import statistics
import subprocess
import sys
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from playwright.sync_api import BrowserContext

from bench.browsing import signed_in
from bench.figures import Figure
from bench.samples import job_name
from bench.target import TOKEN, started
from tests.server import ROOT, Server

PER_S: Final = 1_000
SECONDS: Final = 15
WARM: Final = 0.1
"""Share of the emits that is not counted: the client connects, the page fills its list."""
SCRAPER: Final = f"""
import sys, time
from scrapewatch import Emitter
sent = []
with Emitter().job(sys.argv[1], source="shop.example") as job:
    began = time.monotonic()
    for number in range({PER_S} * int(sys.argv[3])):
        while time.monotonic() < began + number / {PER_S}:
            time.sleep(0.0005)
        sent.append(time.time_ns() // 1_000_000)
        job.item({{"title": f"at {{sent[-1]}}"}})
open(sys.argv[2], "w").write(" ".join(map(str, sent)))
"""
NOTE: Final = """() => {
  window.shown = [];
  const list = document.getElementById("items");
  const note = () => window.shown.push([Date.now(), Number(/at (\\d{13})/.exec(list.textContent)?.[1] ?? 0)]);
  new MutationObserver(() => requestAnimationFrame(note)).observe(list, { childList: true, subtree: true });
}"""


def measure(server: Server, rounds: int, seconds: int = SECONDS) -> list[Figure]:
    """Let it send for so many seconds and look on, so many times.

    Raises:
        RuntimeError: there is no browser, or an event never came to be seen.
    """
    with started(server), signed_in(server) as context:
        taken = [_taken_ms(server, context, seconds) for _ in range(rounds)]
    return [
        Figure(f"emit to pixel at {PER_S:,}/s, p50", "ms", [statistics.median(each) for each in taken]),
        Figure(
            f"emit to pixel at {PER_S:,}/s, p95",
            "ms",
            [statistics.quantiles(each, n=20)[-1] for each in taken],
            "≤ 1000",
        ),
    ]


def _taken_ms(server: Server, context: BrowserContext, seconds: int) -> Sequence[float]:
    """How long it took of each event."""
    job = job_name("pixel")
    page = context.new_page()
    page.goto(f"/jobs/{job}", wait_until="commit")
    folder = Path(server.environment["DATA_DIR"])
    told = folder / job
    where = {"SCRAPEWATCH_URL": server.address, "SCRAPEWATCH_SPOOL_DIR": str(folder / "spool")}
    variables = {**server.environment, **where, "SCRAPEWATCH_TOKEN": TOKEN}
    with subprocess.Popen(
        (sys.executable, "-c", SCRAPER, job, str(told), str(seconds)), cwd=ROOT, env=variables
    ) as scraper:
        try:
            while (answer := page.goto(f"/jobs/{job}")) is None or answer.status != 200:
                if scraper.poll() is not None:
                    raise RuntimeError("The scraper ended before its job was there")
                page.wait_for_timeout(50)
            page.locator('#connection[data-state="live"]').wait_for()
            page.evaluate(NOTE)
            while scraper.poll() is None:
                page.wait_for_timeout(200)
            sent = list(map(int, told.read_text().split()))
        finally:
            scraper.kill()
    page.wait_for_function("(last) => window.shown.some(([, newest]) => newest >= last)", arg=sent[-1])
    shown: list[tuple[int, int]] = page.evaluate("window.shown")
    page.close()
    newest = [moment for _, moment in shown]
    return [shown[bisect_left(newest, emit)][0] - emit for emit in sent[int(WARM * len(sent)) :]]
