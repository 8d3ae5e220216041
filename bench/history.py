"""Pages of the history and of jobs, over few events and over many: none may cost more because there is more.

A past as in `bench.filling` is put into a database of each size, and the server asked for pages as a reader would ask:
with words that stand everywhere, in one event or nowhere, deep down in the list, of a job as of any and of one that has
sent a tenth of all. How long each takes at each size is the curve.
"""

import statistics
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from app.queries import onward
from bench.curve import Curve, drawn, listed
from bench.figures import Figure
from bench.filled import filled
from bench.filling import BATCH, LONG, SPAN_MS, name_of
from bench.target import READ_TOKEN, started
from tests.server import Server

SIZES: Final = (100_000, 1_000_000)
ASKED: Final = 10
"""How often a round asks for each page."""
ANSWERED_S: Final = 30
LIMIT_MS: Final = 50
VARIABLES: Final = {
    **dict.fromkeys(("RETENTION_EVENTS_DAYS", "RETENTION_LOGS_DAYS", "RETENTION_METRICS_DAYS"), "3650"),
    "STORAGE_COMPRESSION": "false",
}
"""What was filled is not to go while it is measured, nor when it is measured again, and is not packed meanwhile.

All of it would be, for hours, as it came at once; what packed bodies cost is shown by `bench packing`.
"""
_MINUTE_MS: Final = 60_000
_TABS: Final = ("overview", "errors", "log", "items", "events")


def pages(size: int) -> dict[str, str]:
    """What is asked for, by the name of its curve, over so many events that end now."""
    middle_ms = time.time_ns() // 1_000_000 - SPAN_MS // 2
    job = name_of(size // BATCH // 2)
    history: dict[str, dict[str, object]] = {
        "newest": {},
        "deep": {"next": onward(size // 2)},
        "job": {"job": job},
        "source": {"source": "shop-7.example"},
        "type item_scraped": {"type": "item_scraped"},
        "type error": {"type": "error"},
        "type job_failed": {"type": "job_failed"},
        "level error": {"level": "error"},
        "level error, deep": {"level": "error", "next": onward(size // 2)},
        "an hour back then": {"from": middle_ms, "to": middle_ms + 60 * _MINUTE_MS},
        "source and level": {"source": "shop-7.example", "level": "error"},
        "words everywhere": {"q": "crawled"},
        "words in one event": {"q": "needle", "type": "log"},
        "a phrase": {"q": '"timed out" retrying'},
        "beginnings and not": {"q": "timeo* -crawled"},
        "words, level and job": {"q": "forbidden", "level": "error", "job": job},
        "words of items": {"q": "card"},
        "words nowhere": {"q": "nowhere"},
    }
    found = {f"history, {name}": f"/events?{urlencode(query)}" for name, query in history.items()}
    for title, which in (("a job", job), ("the long job", LONG)):
        found |= {f"{title}, {tab}": f"/jobs/{which}?tab={tab}" for tab in _TABS}
    return found


def measure(
    serve: Callable[[str, str], Server], folder: Path, sizes: Sequence[int], stores: Sequence[str], rounds: int
) -> tuple[list[Figure], list[Curve]]:
    """Ask for every page in each of the stores, at each of the sizes.

    Args:
        serve: makes a server on the database at an address, by a name; not started yet.
        folder: where filled databases are, or will be.
        sizes: how many events, ascending.
        stores: names of `bench.filled.STORES`.
        rounds: how often all is asked, after once for what is read from the disk.
    """
    figures: list[Figure] = []
    curves: list[Curve] = []
    for store in stores:
        taken: dict[int, dict[str, list[float]]] = {}
        for size in sizes:
            with filled(store, size, folder) as url, started(server := serve(f"{store}-{size}", url)):
                _asked(server, pages(size), 2)
                print(f"  asking {store} with {size:,} events", flush=True)
                taken[size] = _asked(server, pages(size), rounds * ASKED)
        names = list(taken[sizes[0]])
        curves += [Curve(store, name, {size: _p95(taken[size][name]) for size in sizes}) for name in names]
        figures += _figures(store, taken)
    return figures, curves


def told(curves: Sequence[Curve], file: Path | None) -> str:
    """The curves as a table; drawn into `file` if there is one."""
    if file is not None:
        file.write_text(drawn(curves, LIMIT_MS), encoding="utf-8")
    return listed(curves)


def _figures(store: str, taken: Mapping[int, Mapping[str, list[float]]]) -> list[Figure]:
    least, most = min(taken), max(taken)
    made = []
    for title, is_meant in (("history", _is_history), ("jobs", _is_job)):
        for size in sorted(taken):
            each = [values for name, values in taken[size].items() if is_meant(name)]
            every = [value for values in each for value in values]
            budget = f"≤ {LIMIT_MS}"
            made.append(Figure(f"{title}, {store}, {size:,} events: p50", "ms", [statistics.median(every)]))
            made.append(Figure(f"{title}, {store}, {size:,} events: p95", "ms", [_p95(every)], budget))
            slowest = max(_p95(values) for values in each)
            made.append(Figure(f"{title}, {store}, {size:,} events: p95 of the slowest page", "ms", [slowest], budget))
        if most > least:
            ratio = [
                statistics.median(taken[most][name]) / statistics.median(taken[least][name])
                for name in taken[most]
                if is_meant(name)
            ]
            made.append(Figure(f"{title}, {store}: each page, {most:,} ÷ {least:,}", "×", ratio, "≤ 1.5"))
    return made


def _is_history(name: str) -> bool:
    return name.startswith("history")


def _is_job(name: str) -> bool:
    return not _is_history(name)


def _asked(server: Server, addresses: Mapping[str, str], times: int) -> dict[str, list[float]]:
    """How many ms each page took, each time."""
    taken: dict[str, list[float]] = {name: [] for name in addresses}
    for _ in range(times):
        for name, address in addresses.items():
            taken[name].append(_ms(server, address))
    return taken


def _ms(server: Server, address: str) -> float:
    headers = {"Authorization": f"Bearer {READ_TOKEN}"}
    request = urllib.request.Request(server.address + address, headers=headers)  # noqa: S310  (ours)
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=ANSWERED_S) as answer:  # noqa: S310  (ours)
        answer.read()
    return (time.perf_counter() - began) * 1_000


def _p95(taken: Sequence[float]) -> float:
    return sorted(taken)[min(len(taken) - 1, int(len(taken) * 0.95))]
