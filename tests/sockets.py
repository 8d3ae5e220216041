"""Socket.IO clients for tests: stock ones that wait for what must come, and a bare one that sends what none would."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import engineio
import socketio
import websocket

from tests.server import Server

PATIENCE_S = 30


class InOrder(engineio.Client):
    """Hands on one message after the other; the stock one gives each a thread of its own, and any may be the first."""

    def _trigger_event(self, event: str, *arguments: Any, **options: Any) -> Any:
        return super()._trigger_event(event, *arguments, **{**options, "run_async": False})


class OrderedClient(socketio.Client):
    """A stock client whose handlers hear what was sent in the order in which it was sent; they must not wait."""

    def _engineio_client_class(self) -> type[engineio.Client]:
        return InOrder


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

    def wait(self, condition: Callable[[], object]) -> None:
        """Until the condition holds for what was heard."""
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE_S), self.heard[-5:]


class Raw:
    """A bare WebSocket to the server's Socket.IO path."""

    def __init__(self, server: Server, path: str = "/socket.io", **options: Any) -> None:
        address = f"ws://127.0.0.1:{server.port}{path}/?EIO=4&transport=websocket"
        self.line = websocket.create_connection(address, timeout=PATIENCE_S, suppress_origin=True, **options)
        self.opening = str(self.line.recv())
        assert self.opening.startswith("0")

    def log_in(self, token: str, namespace: str = "") -> None:
        """Enter a namespace, ``/live,`` or the scrapers'."""
        self.line.send(f"40{namespace}{json.dumps({'token': token})}")
        assert str(self.line.recv()).startswith("40")

    def until(self, start: str) -> str:
        """The next message that begins so; what comes before is passed over."""
        while not (said := str(self.line.recv())).startswith(start):
            assert said, "the server hung up"
        return said

    def is_closed_within(self, seconds: float) -> bool:
        """Read on until the server hangs up, answering its pings."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.line.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                said = self.line.recv()
            except websocket.WebSocketTimeoutException:
                return False
            except (websocket.WebSocketException, OSError):
                return True
            if said == "2":
                self.line.send("3")
            elif said == "":
                return True
        return False


@contextmanager
def connected(server: Server, token: str, namespace: str = "/", **options: Any) -> Iterator[socketio.Client]:
    """A client that has authenticated; a refusal raises, with what the server said as `refused` on the error."""
    # The stock one takes a server that has not answered for five seconds for one that is not there.
    client = OrderedClient(reconnection=False, request_timeout=PATIENCE_S)
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
