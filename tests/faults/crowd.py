"""Many raw WebSockets on one thread: some read, some say nothing, some never read."""

import json
import selectors
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from websocket import WebSocket, WebSocketException, create_connection

from tests.server import Server
from tests.sockets import PATIENCE_S

LIVE: Final = "/live"
SMALLEST_BUFFER: Final = 4_096


def opened(server: Server, *, receive_bytes: int = 0) -> WebSocket:
    """A WebSocket on which nothing was said yet; `receive_bytes` limits what it takes in unread."""
    address = f"ws://127.0.0.1:{server.port}/socket.io/?EIO=4&transport=websocket"
    options = ((socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes),) if receive_bytes else ()
    # The library looks at every byte in Python, which for thousands of viewers takes longer than the server does.
    return create_connection(
        address, timeout=PATIENCE_S, suppress_origin=True, sockopt=options, skip_utf8_validation=True
    )


def viewer(server: Server, token: str, *, receive_bytes: int = 0, **wanted: Any) -> tuple[WebSocket, Any]:
    """A socket that has come into ``/live`` and the room it wants, and what it was answered.

    What was answered is a refusal, ``{"message", "data"}``, where the server did not let it in.
    """
    line = opened(server, receive_bytes=receive_bytes)
    line.recv()  # engine.io's own greeting
    line.send(f"40{LIVE},{json.dumps({'token': token})}")
    welcome = awaited(line, f"40{LIVE},", f"44{LIVE},")
    if welcome.startswith("44"):
        return line, payload(welcome)
    line.send(f"42{LIVE},1{json.dumps(['subscribe', wanted])}")
    return line, payload(awaited(line, f"43{LIVE},1"))[0]


def awaited(line: WebSocket, *beginnings: str) -> str:
    """The next message with one of the beginnings; pings before it are answered."""
    while True:
        message = str(line.recv())
        if message == "2":
            line.send("3")
        if message.startswith(beginnings):
            return message


def payload(message: str) -> Any:
    """The JSON of a packet; packets of ``/live`` have it after a comma and an acknowledgement's number."""
    return json.loads(message.partition(",")[2].lstrip("0123456789"))


class Crowd:
    """Sockets that answer pings and keep what they hear; to be used as a context, which closes them all."""

    def __init__(self, lines: list[WebSocket]) -> None:
        self.heard: dict[WebSocket, list[str]] = {line: [] for line in lines}
        self.ended: dict[WebSocket, float] = {}
        self._changed = threading.Condition()
        self._selector = selectors.DefaultSelector()
        for line in lines:
            assert line.sock is not None
            self._selector.register(line.sock, selectors.EVENT_READ, line)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="crowd", daemon=True)

    def __enter__(self) -> "Crowd":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._selector.close()
        for line in self.heard:
            line.shutdown()

    def wait(self, condition: Callable[[], object], timeout_s: float = PATIENCE_S) -> None:
        """Until the condition holds for what was heard."""
        with self._changed:
            assert self._changed.wait_for(condition, timeout_s), f"{len(self.ended)} of {len(self.heard)} ended"

    def hearing(self, name: str) -> int:
        """How many have heard the event `name`."""
        return sum(any(f'["{name}"' in message for message in messages) for messages in self.heard.values())

    def _run(self) -> None:
        while not self._stop.is_set():
            for key, _ in self._selector.select(0.1):
                self._read(key.fd, key.data)

    def _read(self, at: int, line: WebSocket) -> None:
        try:
            message = str(line.recv())
            if message == "2":
                line.send("3")
        except (OSError, WebSocketException):
            message = ""
        if not message:
            self._selector.unregister(at)
        with self._changed:
            if message:
                self.heard[line].append(message)
            else:
                self.ended[line] = time.monotonic()
            self._changed.notify_all()
