"""The server under measurement: started as the Procfile's web line does, on SQLite, with the defaults of a user."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

from app.storage.sql import migrate
from tests.server import Server

TOKEN: Final = secrets.token_hex(32)


def target(folder: Path, async_mode: str, python: str) -> Server:
    """A server, not started yet, whose data lie in `folder` and whose packages are those of `python`."""
    migrate.upgrade(f"sqlite:///{folder / 'scrapewatch.db'}")
    environment = {"DATA_DIR": str(folder), "ASYNC_MODE": async_mode, "INGEST_TOKEN": TOKEN, "LOG_LEVEL": "WARNING"}
    return Server(environment, folder / "log", (python, "wsgi.py"))


@contextmanager
def started(server: Server) -> Iterator[float]:
    """Run `server` for the block, which gets the seconds to its first answer."""
    seconds = server.start()
    try:
        yield seconds
    finally:
        server.stop()


def cpu_s(server: Server) -> float:
    """CPU seconds spent so far by the server's processes."""
    times = [process.cpu_times() for process in _processes(server)]
    return float(sum(time.user + time.system for time in times))


def resident_mb(server: Server) -> float:
    """Memory of the server's processes, in 10⁶ bytes."""
    return float(sum(process.memory_info().rss for process in _processes(server))) / 1e6


def _processes(server: Server) -> list[psutil.Process]:
    first = psutil.Process(server.process.pid)
    return [first, *first.children(recursive=True)]
