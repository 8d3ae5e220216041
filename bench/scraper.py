"""A scraper of one's own, as a process: ``python -m bench.scraper MODE COUNT [SHOP]``, driven by `bench.client`.

The client package reads its address, token and spool from the environment, as it would anywhere. Each mode ends with
one line of JSON: ``items`` with the µs that `job.item` takes, by the clock and of CPU in the caller's thread;
``watched`` and ``alone`` with the seconds of a loop that fetches a page of the demo's shop for each item and reads it,
by the clock and of CPU in all threads;
``drain`` with the events a second at which the server got what had waited for it.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Final
from urllib.parse import urlsplit

from parsel import Selector

from demo.goods import catalogue
from demo.shop import PER_CATEGORY, SEED
from scrapewatch import Emitter

BLOCK: Final = 100
REST_S: Final = 0.02
"""Between two blocks where the server is there: some 5,000 items a second, as many as a fast scraper makes."""

LIVE_PER_S: Final = 100
PATIENCE_S: Final = 120.0


def items(count: int, rest_s: str) -> tuple[float, float]:
    """Medians over blocks of the µs that reporting an item takes: by the clock, of CPU; so many seconds lie between."""
    emitter = Emitter()
    job = emitter.job(f"cost-{time.time_ns()}")
    job.start()
    taken, spent = [], []
    for start in range(0, count, BLOCK):
        made = [item(number) for number in range(start, start + BLOCK)]
        cpu, began = time.thread_time(), time.perf_counter()
        for each in made:
            job.item(each)
        taken.append((time.perf_counter() - began) / BLOCK * 1e6)
        spent.append((time.thread_time() - cpu) / BLOCK * 1e6)
        time.sleep(float(rest_s))
    job.complete()
    emitter.close()
    check(emitter)
    return statistics.median(taken), statistics.median(spent)


def watched(count: int, shop: str) -> tuple[float, float]:
    """Seconds for so many items, each after some work: by the clock, of CPU."""
    emitter = Emitter()
    job = emitter.job(f"loop-{time.time_ns()}")
    job.start()
    site = Site(shop)
    cpu, began = time.process_time(), time.perf_counter()
    for number in range(count):
        job.item({**item(number), **site.product(number)})
    taken = time.perf_counter() - began, time.process_time() - cpu
    check(emitter)
    emitter.close(0)
    return taken


def alone(count: int, shop: str) -> tuple[float, float]:
    """The same without us."""
    site = Site(shop)
    cpu, began = time.process_time(), time.perf_counter()
    for number in range(count):
        _ = {**item(number), **site.product(number)}
    return time.perf_counter() - began, time.process_time() - cpu


def drain(count: int) -> float:
    """Report so many items while the server is away, and say so; once it has answered, go on at `LIVE_PER_S`."""
    emitter = Emitter()
    job = emitter.job(f"drain-{time.time_ns()}")
    for number in range(count):
        job.item(item(number))
    check(emitter)
    print("away", flush=True)
    await_until(lambda: emitter.ledger.accepted)
    accepted, began = emitter.ledger.accepted, time.perf_counter()

    def is_drained() -> bool:
        job.item(item(0))
        return emitter.ledger.accepted >= count

    await_until(is_drained)
    rate = (emitter.ledger.accepted - accepted) / (time.perf_counter() - began)
    emitter.close()
    check(emitter)
    return rate


def check(emitter: Emitter) -> None:
    """What is dropped costs little and proves nothing.

    Raises:
        RuntimeError: items were lost.
    """
    if emitter.losses():
        raise RuntimeError(f"Items were lost: {emitter.losses()}")


def await_until(condition: Callable[[], int]) -> int:
    """What the condition gives when it gives something.

    Raises:
        TimeoutError: it did not in time.
    """
    deadline = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError("The server did not get the events")
        time.sleep(1 / LIVE_PER_S)
    return found


def item(number: int) -> dict[str, object]:
    """A product."""
    return {
        "title": f"Vintage card no. {number}, near mint",
        "price": f"{number % 90}.99",
        "url": f"https://shop.example/cards/{number}",
        "image": f"https://shop.example/images/{number}.jpg",
        "inStock": number % 7 > 0,
    }


class Site:
    """The shop as a scraper sees it, over one connection that is kept."""

    def __init__(self, address: str) -> None:
        self._connection = HTTPConnection(urlsplit(address).netloc)
        self._slugs = [goods.slug for shelf in catalogue(SEED, PER_CATEGORY).values() for goods in shelf]

    def product(self, number: int) -> dict[str, object]:
        """Fetch a product's page and read it."""
        self._connection.request("GET", f"/p/{self._slugs[number % len(self._slugs)]}")
        page = Selector(self._connection.getresponse().read().decode())
        return {
            "title": page.css("h1.title::text").get(),
            "price": page.css("p.price::text").get(),
            "stock": page.css("p.stock::attr(data-count)").get(),
            "image": page.css("img.photo::attr(src)").get(),
            "category": page.css("a.back::text").get(),
        }


MODES: Final[dict[str, Callable[..., object]]] = {
    "items": items,
    "watched": watched,
    "alone": alone,
    "drain": drain,
}


if __name__ == "__main__":
    print(json.dumps(MODES[sys.argv[1]](int(sys.argv[2]), *sys.argv[3:])), flush=True)
