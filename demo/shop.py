"""A shop of several hundred pages on loopback, for spiders to practise on.

    python -m demo.shop --port 5001 --fault 500=0.1 --fault layout=1

Addresses: ``/``, ``/c/<category>?page=n``, ``/p/<product>``, ``/images/<product>.svg``, ``/robots.txt``. While it
runs, ``/_faults`` tells the faults and changes them: ``curl 'http://127.0.0.1:5001/_faults?500=0.1&blocked=1'``.
"""

import argparse
import json
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Self
from urllib.parse import parse_qsl, urlsplit

from demo import pages
from demo.faults import FAULTS, RETRY_AFTER_S, SLOW_S, Faults, parse
from demo.goods import catalogue

SEED: Final = 1
PER_CATEGORY: Final = 40
PER_PAGE: Final = 20

HTML: Final = "text/html; charset=utf-8"


class Shop(ThreadingHTTPServer):
    """The shop, listening as soon as it is made; used in a ``with`` block, it also serves.

    Args:
        port: on loopback; 0 takes any.
        seed: decides products and faults.
        faults: shares that differ from `demo.faults.FAULTS`.
        per_category: products of each of the twelve categories.

    Raises:
        OSError: the port is taken.
    """

    daemon_threads = True

    def __init__(
        self,
        port: int = 0,
        seed: int = SEED,
        faults: Mapping[str, float] | None = None,
        per_category: int = PER_CATEGORY,
    ) -> None:
        self.shelves = catalogue(seed, per_category)
        self.products = {item.slug: item for shelf in self.shelves.values() for item in shelf}
        self.faults = Faults(seed, faults)
        self.closing = threading.Event()
        super().__init__(("127.0.0.1", port), Visit)
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.05,), name="shop", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.shutdown()
        self.server_close()


class Visit(BaseHTTPRequestHandler):
    """One visitor's requests."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave as one: sent apart, the body waits 40 ms for the other side's word on the head
    server: Shop

    def do_GET(self) -> None:
        """Answer a request for a page."""
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query))
        match address.path.split("/")[1:]:
            case [""]:
                self._answer(pages.home())
            case ["c", category]:
                self._shelf(category, query.get("page", "1"))
            case ["p", slug]:
                self._product(slug)
            case ["images", picture]:
                self._picture(picture.removesuffix(".svg"))
            case ["robots.txt"]:
                self._answer("User-agent: *\nDisallow: /_faults\n", "text/plain")
            case ["_faults"]:
                self._faults(query)
            case _:
                self._problem(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Answer a form: only the faults take one."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode(errors="replace")
        address = urlsplit(self.path)
        if address.path == "/_faults":
            self._faults(dict(parse_qsl(f"{address.query}&{body}")))
        else:
            self._problem(HTTPStatus.METHOD_NOT_ALLOWED)

    def log_message(self, *_: object) -> None:
        """Say nothing: the demo's terminal is for people."""

    def _shelf(self, category: str, page: str) -> None:
        goods = self.server.shelves.get(category, [])
        last = -(-len(goods) // PER_PAGE)
        number = int(page) if page.isdecimal() and len(page) < 6 else 0
        if not 1 <= number <= last:
            self._problem(HTTPStatus.NOT_FOUND)
            return
        self._answer(pages.shelf(category, goods[(number - 1) * PER_PAGE : number * PER_PAGE], number, last))

    def _product(self, slug: str) -> None:
        item = self.server.products.get(slug)
        struck = self.server.faults.strike(self.path)
        if "slow" in struck:
            self.server.closing.wait(SLOW_S)
        if item is None or "404" in struck:
            self._problem(HTTPStatus.NOT_FOUND)
        elif "429" in struck:
            self._problem(HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(RETRY_AFTER_S)})
        elif "500" in struck:
            self._problem(HTTPStatus.INTERNAL_SERVER_ERROR)
        elif "blocked" in struck:
            self._answer(pages.blocked())
        elif "layout" in struck:
            self._answer(pages.redesigned(item))
        else:
            self._answer(pages.product(item, with_price="vanished" not in struck))

    def _picture(self, slug: str) -> None:
        item = self.server.products.get(slug)
        if item is None:
            self._problem(HTTPStatus.NOT_FOUND)
        else:
            self._answer(pages.image(item), "image/svg+xml")

    def _faults(self, query: Mapping[str, str]) -> None:
        try:
            self.server.faults.set(parse(query))
        except ValueError as error:
            self._answer(json.dumps({"error": str(error)}), "application/json", HTTPStatus.BAD_REQUEST)
        else:
            self._answer(json.dumps(self.server.faults.rates), "application/json")

    def _problem(self, status: HTTPStatus, headers: Mapping[str, str] | None = None) -> None:
        self._answer(pages.problem(status, status.phrase), status=status, headers=headers)

    def _answer(
        self,
        body: str,
        kind: str = HTML,
        status: HTTPStatus = HTTPStatus.OK,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        payload = body.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(payload)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m demo.shop", description="Serve the sample shop on loopback.")
    parser.add_argument("--port", type=int, default=5001)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME=SHARE", help=f"how often: {', '.join(FAULTS)}; 0 to 1"
    )
    chosen = parser.parse_args()
    try:
        rates = parse(dict(pair.split("=", 1) if "=" in pair else (pair, "1") for pair in chosen.fault))
        shop = Shop(chosen.port, chosen.seed, rates)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    print(f"The sample shop is at {shop.url}", flush=True)
    try:
        shop.serve_forever()
    except KeyboardInterrupt:
        shop.server_close()


if __name__ == "__main__":
    main()
