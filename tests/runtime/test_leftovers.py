"""What a refused stranger leaves behind: nothing that waits for Python to seek garbage, which is seldom.

A circle of objects a connection, kept for a while, is how many who are refused fill the memory of a server.
"""

import gc
import weakref
from collections.abc import Iterator
from concurrent.futures import Future

import eventlet
import pytest
from flask import Flask

from app.core.errors import Unauthorized
from app.runtime.eventlet import EventletRuntime
from app.runtime.threading import ThreadingRuntime
from app.websocket.requests import LightRequest
from tests.server import ASYNC_MODES


class Held:
    """Something of a request."""


@pytest.fixture
def no_search() -> Iterator[None]:
    """Python does not look for circles meanwhile."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.statement(57)
@pytest.mark.usefixtures("no_search")
@pytest.mark.parametrize("mode", ASYNC_MODES)
def test_a_failure_that_is_waited_for_holds_nobody(mode: str):
    """Neither of work in a real thread nor of a future."""
    runtime = EventletRuntime() if mode == "eventlet" else ThreadingRuntime()
    left: list[weakref.ref[Held]] = []

    def refuse() -> None:
        raise Unauthorized

    def ask(*, future: bool) -> None:
        held = Held()
        left.append(weakref.ref(held))
        settled: Future[None] = Future()
        settled.set_exception(Unauthorized())
        with pytest.raises(Unauthorized):
            runtime.wait(settled) if future else runtime.call(refuse)
        del settled

    ask(future=False)
    ask(future=True)
    eventlet.sleep(0)  # the loop goes on: until then it holds what it has just handed over
    assert [each() for each in left] == [None, None]


@pytest.mark.statement(57)
@pytest.mark.usefixtures("no_search")
def test_a_request_for_no_address_of_ours_holds_nobody():
    """As is each message of a socket."""
    app = Flask(__name__)
    app.request_class = LightRequest
    with app.test_request_context("/socket.io/") as context:
        held = weakref.ref(context.request)
        assert context.request.routing_exception is not None
    del context

    assert held() is None
