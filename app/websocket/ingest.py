"""Events as they come over ``/``: taken from the engine.io message before python-socketio parses it.

Two reasons. Flask-SocketIO pushes a request context for every event (about 50 µs); and an answer has to wait for the
commit while the reader goes on to the sender's next message, so it is sent by the acknowledgement's id rather than
returned. Everything that is no event of a scraper's goes the usual way.
"""

import logging
import re
from collections.abc import Callable
from typing import Any, Final

import msgspec
from flask_socketio import SocketIO

from app.core.logs import SparingLog
from app.ingest.service import Ingest
from app.runtime.base import Runtime
from app.websocket.connections import Connections
from app.websocket.lines import PROTOCOL

log = SparingLog(logging.getLogger(__name__))

_EVENT: Final = re.compile(r'2(\d{0,18})\["([^"\\]*(?:\\.[^"\\]*)*)"\s*(,?)')
"""Packet type EVENT of the namespace ``/``, acknowledgement id, name."""


class IngestGate:
    """Stands before python-socketio's own reader of messages."""

    def __init__(
        self,
        socketio: SocketIO,
        connections: Connections,
        ingest: Ingest,
        runtime: Runtime,
        drop: Callable[[str, str], object],
    ) -> None:
        self._server: Any = socketio.server
        self._connections = connections
        self._ingest = ingest
        self._runtime = runtime
        self._drop = drop
        self._leaving: set[str] = set()
        self._server.eio.on("message", self.receive)

    def receive(self, eio_sid: str, message: str | bytes) -> None:
        """Take a message; one that breaks the protocol closes its socket, and what comes after it is let go."""
        if self._is_leaving(eio_sid):
            return
        found = _EVENT.match(message) if isinstance(message, str) else None
        if found and found[2] != "hello" and self._take(eio_sid, found):
            return
        if isinstance(message, bytes) or not message:  # the library takes nothing for an event
            self._close(eio_sid, "a binary message" if message else "an empty message")
            return
        try:
            self._server._handle_eio_message(eio_sid, message)  # noqa: SLF001  (its own next step)
        except ValueError as error:
            self._close(eio_sid, error)
        except Exception:
            log.exception("A socket's message could not be handled")
            self._close(eio_sid, "a message that could not be handled")

    def _close(self, eio_sid: str, what: object) -> None:
        log.warning("A socket sent what is no Socket.IO and is closed: %s", what)
        self._leaving.add(eio_sid)
        self._runtime.post(self._end, eio_sid)

    def _end(self, eio_sid: str) -> None:
        self._drop(eio_sid, PROTOCOL)
        self._leaving.discard(eio_sid)

    def _is_leaving(self, eio_sid: str) -> bool:
        socket = self._server.eio.sockets.get(eio_sid)
        return socket is None or socket.closed or eio_sid in self._leaving

    def _take(self, eio_sid: str, found: re.Match[str]) -> bool:
        principal = self._connections.principal("/", self._server.manager.sid_from_eio_sid(eio_sid, "/"))
        if principal is None or principal.sender_id is None:
            return False
        ack_id, name, comma = found.groups()

        def reply(answer: dict[str, Any]) -> None:
            if ack_id:
                packet = f"3{ack_id}[{msgspec.json.encode(answer).decode()}]"
                self._runtime.post(self._server.eio.send, eio_sid, packet)

        argument = found.string[found.end() : -1].encode() if comma else b"null"
        if name == "events":
            self._ingest.submit_array(principal.sender_id, argument, reply, eio_sid)
        else:
            self._ingest.submit(principal.sender_id, [argument], reply, named=name, origin=eio_sid)
        return True
