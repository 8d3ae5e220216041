"""The server under measurement: started as the Procfile's web line does, on SQLite, with the defaults of a user."""

import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

from app.storage.sql import migrate
from tests.server import Server

TOKEN: Final = secrets.token_hex(32)
READ_TOKEN: Final = secrets.token_hex(32)
PASSWORD: Final = secrets.token_hex(32)
"""Of the user `admin`."""


def target(folder: Path, async_mode: str, python: str, **more: str) -> Server:
    """A server, not started yet, whose data lie in `folder` and whose packages are those of `python`.

    Its database is there, too, unless `more` variables name another.
    """
    folder.mkdir(parents=True, exist_ok=True)
    migrate.upgrade(more.get("DATABASE_URL", f"sqlite:///{folder / 'scrapewatch.db'}"))
    environment = {
        "DATA_DIR": str(folder),
        "ASYNC_MODE": async_mode,
        "INGEST_TOKEN": TOKEN,
        "READ_TOKEN": READ_TOKEN,
        "ADMIN_PASSWORD": PASSWORD,
        "LOG_LEVEL": "WARNING",
        "RATE_LIMIT_CONNECTIONS": "100000",  # all viewers come from one address
        **more,
    }
    return Server(environment, folder / "log", (python, "wsgi.py"))


@contextmanager
def started(server: Server) -> Iterator[float]:
    """Run `server` for the block, which gets the seconds to its first answer."""
    seconds = server.start()
    try:
        yield seconds
        server.stop()
    finally:
        if server.process.poll() is None:
            server.kill()


def cpu_s(server: Server) -> float:
    """CPU seconds spent so far by the server's processes."""
    return cpu_of(psutil.Process(server.process.pid))


def cpu_of(first: psutil.Process) -> float:
    """Those of a process and of all that it has started."""
    return sum(_cpu_s(process) for process in [first, *first.children(recursive=True)])


def resident_mb(server: Server) -> float:
    """Memory of the server's processes, in 10⁶ bytes."""
    return float(sum(process.memory_info().rss for process in _processes(server))) / 1e6


def _processes(server: Server) -> list[psutil.Process]:
    first = psutil.Process(server.process.pid)
    return [first, *first.children(recursive=True)]


def _cpu_s(process: psutil.Process) -> float:
    """User and system. Linux gives it to the ns by the process's own clock, elsewhere it comes in ticks of 10 ms."""
    if sys.platform != "linux":
        times = process.cpu_times()
        return float(times.user + times.system)
    return time.clock_gettime(~process.pid << 3 | 2)
