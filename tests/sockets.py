"""Stock Socket.IO clients for tests: connected, listening, and waiting for what must come."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import socketio

from tests.server import Server

PATIENCE_S = 10


class Viewer:
    """A reader on ``/live`` that keeps all it is sent."""

    def __init__(self, client: socketio.Client) -> None:
        self.client = client
        self.heard: list[tuple[str, Any]] = []
        self._changed = threading.Condition()
        client.on("*", self._hear, namespace="/live")
        client.on("disconnect", lambda *reason: self._hear("disconnect", *reason), namespace="/live")

    def _hear(self, name: str, *payload: Any) -> None:
        with self._changed:
            self.heard.append((name, payload[0] if payload else None))
            self._changed.notify_all()

    def subscribe(self, **wanted: Any) -> Any:
        """The acknowledgement of a `subscribe`."""
        return self.client.call("subscribe", wanted, namespace="/live", timeout=PATIENCE_S)

    def named(self, name: str) -> list[Any]:
        """The payloads heard under that name."""
        with self._changed:
            return [payload for heard, payload in self.heard if heard == name]

    def wait(self, condition: Callable[[], bool]) -> None:
        """Until the condition holds for what was heard."""
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE_S), self.heard[-5:]


@contextmanager
def connected(server: Server, token: str, namespace: str = "/", **options: Any) -> Iterator[socketio.Client]:
    """A client that has authenticated; a refusal raises, with what the server said as `refused` on the error."""
    client = socketio.Client(reconnection=False)
    client.eio.websocket_extra_options = {"suppress_origin": True}
    said: list[Any] = []
    client.on("connect_error", said.append, namespace=namespace)
    arguments = {"auth": {"token": token}, "transports": ["websocket"], "wait_timeout": PATIENCE_S, **options}
    try:
        client.connect(server.address, namespaces=[namespace], **arguments)
    except socketio.exceptions.ConnectionError as error:
        raise Refused(said) from error
    try:
        yield client
    finally:
        client.disconnect()


class Refused(Exception):
    """The server did not let the client in; holds what it said."""

    @property
    def data(self) -> Any:
        """The contract's ``{code, message, retryAfter}``."""
        return self.args[0][0]["data"]


@contextmanager
def watching(server: Server, token: str) -> Iterator[Viewer]:
    """A connected viewer."""
    with connected(server, token, "/live") as client:
        yield Viewer(client)


def scraped(job_id: str = "s1", **fields: Any) -> dict[str, Any]:
    """An `item_scraped` envelope of this moment."""
    return {"type": "item_scraped", "jobId": job_id, "timestamp": round(time.time() * 1000), "data": {}, **fields}
