"""A server that speaks MongoDB's protocol, for the tests: yours, or SecantusDB started in a process of its own.

`TEST_MONGODB_URL`, if set, names a real one whose user may make databases. SecantusDB has an environment of its own: it
brings numpy, which other packages use where they find it, and is never imported by ours.
"""

import itertools
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pymongo import MongoClient

LOCKED: Final = Path(__file__).with_name("mongodb-server.txt")
ENVIRONMENT: Final = Path(sys.prefix) / "mongodb-server"
START_S: Final = 60


class Unobtainable(Exception):
    """There is no such server to be had here; says why."""


class MongoServer:
    """A server on which each test gets a database of its own.

    Args:
        url: ``mongodb://…``.
        keeps: whether databases may be left there, as dropping one takes longer than most tests.
    """

    def __init__(self, url: str, *, keeps: bool) -> None:
        self._url = url
        self._keeps = keeps
        self._names = (f"scrapewatch_{os.getpid()}_{number}" for number in itertools.count())

    @contextmanager
    def database(self) -> Iterator[str]:
        """The address of a new database, which nobody uses afterwards."""
        name = next(self._names)
        yield urlsplit(self._url)._replace(path=f"/{name}").geturl()
        if not self._keeps:
            with MongoClient[Any](self._url) as client:
                client.drop_database(name)


@contextmanager
def running() -> Iterator[MongoServer]:
    """The server named by the environment, or one that runs as long as the block.

    Raises:
        Unobtainable: no server was named and none can be started.
    """
    if given := os.environ.get("TEST_MONGODB_URL"):
        yield MongoServer(given, keeps=False)
        return
    with secantus() as ours:
        ours.start("--enable-test-commands")
        yield MongoServer(ours.url, keeps=True)


class Secantus:
    """A server of our own, in a folder of its own, that may be killed and started again.

    Args:
        folder: an empty one.

    Raises:
        Unobtainable: it is not installed.
    """

    def __init__(self, folder: Path) -> None:
        program = installed()
        if program is None:
            raise Unobtainable("SecantusDB is not installed; `python -m tests.parts` obtains it")
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self._port = listener.getsockname()[1]
        self.url = f"mongodb://127.0.0.1:{self._port}/"
        self._log = folder / "log"
        # A server alone, as many are: one that may have no transactions.
        address = ["--host", "127.0.0.1", "--port", str(self._port)]
        self._command = [program, "-m", "secantus", *address, "--standalone", "--storage-path", str(folder / "data")]
        self._server: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        """Start it and wait until it listens."""
        with self._log.open("ab") as output:
            command = [*self._command, *options]
            self._server = subprocess.Popen(command, cwd=self._log.parent, stdout=output, stderr=output)
        deadline = time.monotonic() + START_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port)).close()
            except OSError:
                if self._server.poll() is not None or time.monotonic() > deadline:
                    raise Unobtainable(f"SecantusDB did not start: {self._log.read_text()[-500:]}") from None
                time.sleep(0.02)
            else:
                return

    def kill(self) -> None:
        """End it as a crash does, if it runs."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None


@contextmanager
def secantus() -> Iterator[Secantus]:
    """A `Secantus` that is not started yet; gone after the block.

    Raises:
        Unobtainable: see there.
    """
    with tempfile.TemporaryDirectory(prefix="scrapewatch-mongo-") as folder:
        made = Secantus(Path(folder))
        try:
            yield made
        finally:
            made.kill()


def installed() -> str | None:
    """The Python of SecantusDB's environment, if it is what `LOCKED` says."""
    program = ENVIRONMENT / "bin/python"
    note = ENVIRONMENT / LOCKED.name
    is_there = program.exists() and note.exists() and note.read_bytes() == LOCKED.read_bytes()
    return str(program) if is_there else None
