"""Closing sockets without ever waiting for them: engine.io's own way waits until the client has read everything.

A socket that is dropped is told so and given `PATIENCE_MS` to go; then its connection is cut, which also ends a reader
that is stuck inside a message. A reader whose queue grows beyond `LONGEST_QUEUE` does not read, and is dropped.
"""

import socket
import threading
from typing import Any, Final

from app.core.clock import Clock
from app.runtime.base import Runtime

PATIENCE_MS: Final = 2_000
LONGEST_QUEUE: Final = 1_000
"""Packets that may wait for one socket; in batches that is half a minute of everything."""


class Lines:
    """The connections under the engine.io sockets of one server."""

    def __init__(self, eio: Any, runtime: Runtime, clock: Clock) -> None:
        self._eio = eio
        self._runtime = runtime
        self._clock = clock
        self._lock = threading.Lock()
        self._open: dict[str, socket.socket] = {}
        self._leaving: list[tuple[int, socket.socket]] = []

    def opened(self, eio_sid: str, environ: dict[str, Any]) -> None:
        """Remember the connection that the socket came over."""
        connection = self._runtime.connection(environ)
        if connection is not None:
            with self._lock:
                self._open[eio_sid] = connection

    def closed(self, eio_sid: str) -> None:
        """The socket is gone."""
        with self._lock:
            self._open.pop(eio_sid, None)

    def drop(self, eio_sid: str) -> None:
        """Close a socket; returns at once."""
        with self._lock:
            connection = self._open.pop(eio_sid, None)
            if connection is not None:
                self._leaving.append((self._clock.monotonic_ms() + PATIENCE_MS, connection))
        leaving = self._eio.sockets.get(eio_sid)
        if leaving is not None:
            leaving.close(wait=False, reason=self._eio.reason.SERVER_DISCONNECT)

    def stuck(self) -> list[str]:
        """Sockets whose client does not read."""
        return [eio_sid for eio_sid, each in list(self._eio.sockets.items()) if each.queue.qsize() > LONGEST_QUEUE]

    def sweep(self) -> None:
        """Cut the connections whose time to go is over."""
        now_ms = self._clock.monotonic_ms()
        with self._lock:
            due = [connection for at_ms, connection in self._leaving if at_ms <= now_ms]
            self._leaving = [each for each in self._leaving if each[0] > now_ms]
        for connection in due:
            _cut(connection)


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is gone, as it should be
