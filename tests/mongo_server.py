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
    if not (program := installed()):
        raise Unobtainable("SecantusDB is not installed; `python -m tests.parts` obtains it")
    with tempfile.TemporaryDirectory(prefix="scrapewatch-mongo-") as folder, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        listener.close()
        log = Path(folder) / "log"
        # A server alone, as many are: one that may have no transactions.
        options = ["--standalone", "--enable-test-commands", "--storage-path", str(Path(folder) / "data")]
        command = [program, "-m", "secantus", "--host", "127.0.0.1", "--port", str(port), *options]
        with log.open("wb") as output:
            server = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)
        try:
            _wait(port, server, log)
            yield MongoServer(f"mongodb://127.0.0.1:{port}/", keeps=True)
        finally:
            server.kill()
            server.wait()


def installed() -> str | None:
    """The Python of SecantusDB's environment, if it is what `LOCKED` says."""
    program = ENVIRONMENT / "bin/python"
    note = ENVIRONMENT / LOCKED.name
    is_there = program.exists() and note.exists() and note.read_bytes() == LOCKED.read_bytes()
    return str(program) if is_there else None


def _wait(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise Unobtainable(f"SecantusDB did not start: {log.read_text()[-500:]}") from None
            time.sleep(0.02)
        else:
            return
