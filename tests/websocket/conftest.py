"""For the tests of this folder: bare WebSockets to a server, and the parts that broadcast, without one."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from app.storage.memory import MemoryEventStore
from app.websocket.broadcast import Broadcaster
from app.websocket.readers import MOST_BYTES, Readers
from tests.fakes import StoppedClock
from tests.server import Server
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
