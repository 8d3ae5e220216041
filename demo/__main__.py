"""What `make demo` runs: the server, the sample shop, and a spider that crawls it again and again.

All data lies in ``demo`` in the data folder, apart from that of a real installation; the login is made
once and kept there. Ctrl-C or SIGTERM stops everything, the spider first, so that its last word arrives.
"""

import http.client
import json
import secrets
import signal
import sys
import threading
import time
from argparse import ArgumentParser
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import config
from app.core.errors import ScrapewatchError
from app.runtime.listen import open_listener
from demo.processes import Failed, Program
from demo.shop import Shop

PYTHON: Final = sys.executable
START_S: Final = 60.0
LISTENING: Final = "Listening on"
"""In the server's log as soon as the port is its own: what answers there before is another's."""

_ABOUT: Final = (
    "Start the server, a sample shop, and a spider that crawls it again and again, until Ctrl-C. Settings are read "
    "from the environment (PORT, HOST, DATA_DIR); all data lies in the folder demo of DATA_DIR, in its own database."
)
PAUSE_S: Final = 8.0
"""Between two crawls."""


@dataclass(frozen=True)
class Credentials:
    """The login of the page and the token of the spider."""

    username: str
    password: str
    token: str


def credentials(file: Path) -> Credentials:
    """Those in `file`, which only its owner can read; made and kept there the first time."""
    if not file.exists():
        made = Credentials("admin", secrets.token_urlsafe(12), secrets.token_urlsafe(32))
        file.touch(mode=0o600)
        file.write_text(json.dumps(asdict(made)))
    return Credentials(**json.loads(file.read_text()))


class Demo:
    """One run of the demo.

    Args:
        settings: of the server, as an operator would have set them.
        stopping: set when it is time to end.
    """

    def __init__(self, settings: config.Settings, stopping: threading.Event) -> None:
        self._settings = settings
        self._stopping = stopping
        self._folder = settings.data_dir / "demo"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._login = credentials(self._folder / "credentials.json")
        anywhere = settings.host in {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
        self._host = "127.0.0.1" if anywhere else settings.host

    def run(self) -> None:
        """Start everything, and crawl until it is time to end.

        Raises:
            Failed: the port is taken, or a program ended by itself.
        """
        _require_port(self._settings)
        with ExitStack() as stack:
            self._program("migration", [PYTHON, "-m", "flask", "--app", "wsgi", "db", "upgrade"]).wait()
            server = self._program("server", [PYTHON, "wsgi.py"])
            stack.callback(server.stop)
            self._await_answer(server)
            shop = stack.enter_context(self._shop())
            self._greet(shop)
            while not self._stopping.is_set():
                self._crawl(server, shop)

    def _crawl(self, server: Program, shop: Shop) -> None:
        """One job, and the pause after it."""
        spider = self._program(
            "spider",
            [
                *(PYTHON, "-m", "scrapy", "runspider", "demo/spider.py", "-a", f"shop={shop.url}"),
                *("-s", 'ADDONS={"scrapewatch.scrapy.Addon": 0}', "-s", "SCRAPEWATCH_SOURCE=sample-shop"),
            ],
        )
        try:
            self._watch(server, spider)
        finally:
            spider.stop()
        self._watch(server, seconds=PAUSE_S)

    def _watch(self, server: Program, spider: Program | None = None, seconds: float = float("inf")) -> None:
        """Wait for the end of `spider`, of the time or of the demo; all must be well meanwhile."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self._stopping.wait(0.2):
            if not server.running:
                raise server.failed("ended")
            if spider is not None and not spider.running:
                spider.check()
                return

    def _await_answer(self, server: Program) -> None:
        deadline = time.monotonic() + START_S
        while not self._stopping.wait(0.1) and not (server.has_said(LISTENING) and self._healthy()):
            if not server.running:
                raise server.failed("ended")
            if time.monotonic() > deadline:
                raise server.failed(f"did not answer within {START_S:.0f} s")

    def _healthy(self) -> bool:
        connection = http.client.HTTPConnection(self._host, self._settings.port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _shop(self) -> Shop:
        try:
            return Shop(self._settings.port + 1)
        except OSError:  # taken
            return Shop()

    def _program(self, name: str, command: list[str]) -> Program:
        return Program(name, command, self._environment(), self._folder / f"{name}.log")

    def _environment(self) -> dict[str, str]:
        host = f"[{self._host}]" if ":" in self._host else self._host
        address = f"http://{host}:{self._settings.port}{self._settings.websocket_path}"
        return {
            "DATA_DIR": str(self._folder),
            "DATABASE_URL": f"sqlite:///{self._folder / 'scrapewatch.db'}",
            "STORAGE_URL": "",
            "MESSAGE_QUEUE_URL": "",
            "ADMIN_USERNAME": self._login.username,
            "ADMIN_PASSWORD": self._login.password,
            "INGEST_TOKEN": self._login.token,
            "LOG_LEVEL": "INFO",  # says LISTENING
            "SCRAPEWATCH_URL": address,
            "SCRAPEWATCH_TOKEN": self._login.token,
            "SCRAPEWATCH_SPOOL_DIR": str(self._folder / "spool"),
        }

    def _greet(self, shop: Shop) -> None:
        login = self._login
        print(f"\n  Scrapewatch   {self._settings.public_url}")
        print(f"  Login         {login.username}  {login.password}")
        print(f"  Sample shop   {shop.url}  (what goes wrong there: {shop.url}/_faults)")
        print(f"  Logs          {self._folder}")
        given = [name.upper() for name in config.PLACES if not config.is_default(self._settings, name)]
        if given:
            print(f"  Database      the demo's own, in that folder: {' and '.join(given)} is for `make run`")
        print("\n  A spider is crawling the shop now. Ctrl-C stops everything.\n", flush=True)


def _require_port(settings: config.Settings) -> None:
    """Look whether the port can be had, and leave it to the server.

    Raises:
        Failed: another program listens there.
    """
    try:
        open_listener(settings.host, settings.port).close()
    except ScrapewatchError as error:
        raise Failed(str(error)) from error
    except OSError:  # the server itself says what is wrong with the address
        return


def main() -> int:
    """Run the demo until a signal; the exit code: 0, 1 if a program failed, 2 for bad settings or arguments."""
    ArgumentParser("python -m demo", description=_ABOUT).parse_args()
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    try:
        Demo(config.load(), stopping).run()
    except (Failed, config.ConfigError) as error:
        print(error, file=sys.stderr)
        return 1 if isinstance(error, Failed) else 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
