"""For the tests of this folder: bare WebSockets to a server, and the parts that broadcast, without one."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.storage.memory import MemoryEventStore
from app.websocket.broadcast import Broadcaster
from app.websocket.readers import MOST_BYTES, Readers
from tests.fakes import StoppedClock
from tests.server import Server, running, variables
from tests.sockets import Raw

MOST_WAITING = 4 * MOST_BYTES


@pytest.fixture
def raw() -> Iterator[Callable[..., Raw]]:
    """Opens bare WebSockets to a server and closes them in the end."""
    opened = []

    def connect(server: Server, *where: str, **options: Any) -> Raw:
        opened.append(Raw(server, *where, **options))
        return opened[-1]

    yield connect
    for each in opened:
        each.line.shutdown()


@pytest.fixture(scope="module")
def lasting(async_mode: str, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for all tests of a file that neither end it nor mind what others have sent: starting costs most."""
    folder = tmp_path_factory.mktemp("lasting")
    shutil.copy(sqlite_template, folder / "scrapewatch.db")
    with running({**variables(folder), "ASYNC_MODE": async_mode}, folder / "server.log") as started:
        yield started


@pytest.fixture
def clock():
    return StoppedClock()


@pytest.fixture
def store(clock):
    return MemoryEventStore(clock, list)


@pytest.fixture
def runtime():
    made: Any = SimpleNamespace(
        every=lambda *_: None,
        post=lambda work, *args: work(*args),
        call=lambda work, *args: work(*args),
        send_now=lambda websocket, frame: False,
    )
    return made


@pytest.fixture
def readers(runtime, clock):
    return Readers(runtime, clock, MOST_WAITING)


@pytest.fixture
def broadcaster(clock, store, readers, runtime, settings):
    figures: Any = SimpleNamespace(job_rate=lambda job_id: None, current=dict)
    return Broadcaster(readers, runtime, store, figures, clock=clock, settings=settings)
