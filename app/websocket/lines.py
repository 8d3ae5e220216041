"""The connections under the sockets: closing them without ever waiting, and who breaks the protocol.

engine.io's own way to close waits until the client has read everything. A socket that is dropped here is told so and
given `PATIENCE_MS` to go; then its connection is cut, which also ends a reader that is stuck inside a message.
"""

import logging
import socket
import threading
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from engineio import exceptions
from engineio.packet import PING, Packet
from engineio.socket import Socket

from app.core.clock import Clock
from app.core.logs import SparingLog
from app.runtime.base import Runtime, cut

log = SparingLog(logging.getLogger(__name__))

PATIENCE_MS: Final = 2_000
TICK_MS: Final = 250
"""How exact the moment of a ping is."""
LONGEST_QUEUE: Final = 500
"""Packets that may wait for one socket, acknowledgements included."""
MOST_UNKNOWN: Final = 20
PROTOCOL: Final = "protocol"
ELSEWHERE: Final = "address"


class LineSocket(Socket):
    """An engine.io socket that knows its WebSocket and its connection, and has had enough after `MOST_UNKNOWN` packets.

    engine.io makes its own; `Lines.take_on` makes it one of these.

    Attributes:
        lines: those that it is one of.
        environ: of the request that its WebSocket began with; None while it polls.
        websocket: the mode's own; None while it polls.
        dropped: why we close it, if we do.
    """

    lines: "Lines"
    last_ping: Any
    environ: dict[str, Any] | None = None
    websocket: Any = None
    dropped = ""
    unknown = 0

    def schedule_ping(self) -> None:
        """Called by engine.io when the socket begins, and after each answer to a ping; its own way is a thread each."""
        if self.last_ping:
            self.last_ping = None
            self.lines.ping_later(self)

    def ping(self, now_s: float) -> None:
        """Ask the client whether it is there."""
        if not self.closing and not self.closed:
            self.last_ping = now_s
            with suppress(exceptions.SocketIsClosedError):  # it went just now
                self.send(Packet(PING))

    def receive(self, pkt: Packet) -> None:
        """Take a packet.

        Raises:
            SocketIsClosedError: it was one too many that means nothing; the connection is closed.
        """
        try:
            super().receive(pkt)
        except exceptions.UnknownPacketError:
            self.unknown += 1
            if self.unknown > MOST_UNKNOWN:
                self.dropped = PROTOCOL
                raise exceptions.SocketIsClosedError from None

    def handle_get_request(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer a polling request, or go over to a WebSocket.

        Raises:
            EngineIOError: not from there, see `Lines`, or there was nothing to answer; the answer is 400.
        """
        self._come_from(environ)
        return super().handle_get_request(environ, start_response)

    def _come_from(self, environ: dict[str, Any]) -> None:
        if not self.lines.admits(self.sid, environ.get("REMOTE_ADDR", "")):
            log.warning("A socket was gone on with from an address that its token is not taken from, and is closed")
            self.dropped = self.dropped or ELSEWHERE
            self.close(wait=False, abort=True, reason=self.server.reason.SERVER_DISCONNECT)
            raise exceptions.EngineIOError

    def handle_post_request(self, environ: dict[str, Any]) -> None:
        """Take the packets of a polling request.

        Raises:
            EngineIOError: it can't be read, holds too many packets, or comes from where it may not; the socket is
                closed, and the answer is 400.
        """
        self._come_from(environ)
        try:
            super().handle_post_request(environ)
        except ValueError as error:  # engine.io would answer that all is well
            log.warning("A polling request can't be read and its socket is closed: %s", error)
            self.dropped = self.dropped or PROTOCOL
            self.close(wait=False, reason=self.server.reason.TRANSPORT_ERROR)
            raise exceptions.EngineIOError from None

    def _upgrade_websocket(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.environ = environ
        return super()._upgrade_websocket(environ, start_response)

    def _websocket_handler(self, ws: Any) -> Any:
        self.websocket = ws
        try:
            return super()._websocket_handler(ws)
        except Exception as error:  # noqa: BLE001  (what engine.io can't read; it would leave the socket behind)
            log.warning("A socket sent what is no Socket.IO and is closed: %s", error)
            self.dropped = self.dropped or PROTOCOL
            self.close(wait=False, abort=True, reason=self.server.reason.TRANSPORT_ERROR)
            return []
        finally:
            self.websocket = self.environ = None  # they lead back here: all would stay until garbage is sought
            if self.closed:
                self.server.sockets.pop(self.sid, None)  # engine.io may take seconds to look


class Lines:
    """The connections under the engine.io sockets of one server.

    Args:
        admits: whether a socket may be gone on with by a request from that address; asked at each.
    """

    def __init__(self, eio: Any, runtime: Runtime, clock: Clock, admits: Callable[[str, str], bool]) -> None:
        self._eio = eio
        self.admits = admits
        self._runtime = runtime
        self._clock = clock
        self._lock = threading.Lock()
        self._leaving: list[tuple[int, socket.socket]] = []
        self._pings: deque[tuple[int, weakref.ref[LineSocket]]] = deque()
        runtime.every(TICK_MS, self.ping)

    def take_on(self, eio_sid: str) -> None:
        """The socket opens: from now on it is one of these."""
        line = self._eio.sockets[eio_sid]
        line.__class__ = LineSocket  # whoever makes it asks nobody of which class
        line.lines = self

    def closed(self, eio_sid: str, reason: str) -> str:
        """The socket is gone; its connection must not stay, even if its client never reads that. Gives why it went."""
        leaving = self._eio.sockets.get(eio_sid)
        connection = self._runtime.connection(leaving.environ) if leaving is not None and leaving.environ else None
        if connection is not None:
            with self._lock:
                self._leaving.append((self._clock.monotonic_ms() + PATIENCE_MS, connection))
        return (leaving.dropped if leaving is not None else "") or reason.replace(" ", "_")

    def drop(self, eio_sid: str, reason: str) -> None:
        """Close a socket; returns at once."""
        leaving = self._eio.sockets.get(eio_sid)
        if leaving is not None and not leaving.closed:
            leaving.dropped = leaving.dropped or reason
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
            cut(connection)

    def ping_later(self, line: LineSocket) -> None:
        """Ask that socket, when it is time; who is gone by then has not been kept for it: strangers come and go."""
        due_ms = self._clock.monotonic_ms() + round(self._eio.ping_interval * 1_000)
        self._pings.append((due_ms, weakref.ref(line)))

    def ping(self) -> None:
        """Ask those whose time has come."""
        now_ms = self._clock.monotonic_ms()
        while self._pings and self._pings[0][0] <= now_ms:
            line = self._pings.popleft()[1]()
            if line is not None:
                line.ping(self._clock.now_ms() / 1_000)
