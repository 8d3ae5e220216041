"""How work waits: the one protocol behind `ASYNC_MODE`.

There is one event loop (or, in threading mode, one dispatcher thread) that owns the sockets, and there are
real OS threads for everything that blocks. The rules: the loop never waits on a disk or a query, it hands
such work to `call`; a real thread never touches a socket, it hands such work to `post`.
"""

import logging
import socket
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final, ParamSpec, Protocol, TypeVar

from app.runtime.tls import Tls

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

HEAD_S: Final = 9
"""How long a new connection may take to send its first request, the handshake and all headers included."""


@dataclass(slots=True, frozen=True)
class Served:
    """What a process serves.

    Attributes:
        app: the WSGI application.
        closing: takes leave of the sockets and flushes; called on the loop, may wait up to 4 s.
    """

    app: Callable[..., Iterable[bytes]]
    closing: Callable[[], object]


@dataclass(slots=True, frozen=True)
class Net:
    """The library's modules of these names, as they are before an event loop changes them: for real threads."""

    socket: ModuleType
    ssl: ModuleType


class Runtime(Protocol):
    """One way of waiting."""

    net: Net
    """Sockets of real threads, which may wait on them."""

    name: str
    """The value of ASYNC_MODE, which is also Flask-SocketIO's `async_mode`."""

    def call(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run blocking `work` in a real thread; the caller waits, nobody else does. Exceptions come through."""
        ...

    def post(self, work: Callable[..., object], *args: Any) -> None:
        """Run `work(*args)` on the loop soon; from any thread, in the order of the posts.

        The work must not wait, not even greenly: all that is posted after it would wait with it.
        """
        ...

    def wait(self, future: Future[T]) -> T:
        """The result of `future`, settled by another thread; the caller waits without holding a real thread."""
        ...

    def connection(self, environ: dict[str, Any]) -> socket.socket | None:
        """The connection that a WSGI request came over, so that it can be cut; None where there is none to have."""
        ...

    def send_now(self, websocket: Any, frame: bytes) -> bool:
        """Write a finished frame to a WebSocket that is ready for it; never waits.

        False when it is not ready, or when this mode can't tell: nothing was written, so queue the message.
        """
        ...

    def every(self, interval_ms: int, work: Callable[[], object]) -> None:
        """Run `work` each `interval_ms`, from when `serve` starts until it stops; it may wait, and delays no other."""
        ...

    def serve(
        self, listener: socket.socket, opening: Callable[[], Served], *, connections: int, tls: Tls | None = None
    ) -> None:
        """Answer `listener` until SIGTERM or SIGINT, then close within 5 s and return.

        Args:
            listener: an open listening socket.
            opening: builds what is served; called once, in the process and before the first request. Threads and
                database connections must not be made earlier: a mode may fork before it calls.
            connections: how many WebSockets may be open at once; plain requests come on top.
            tls: what is spoken with everybody; None for plain HTTP. A handshake is part of a connection's first head.
        """
        ...


def guarded(work: Callable[..., object], *args: Any) -> None:
    """Run `work(*args)` on the loop's behalf: its failure is logged and stops nothing else."""
    try:
        work(*args)
    except Exception:
        log.exception("Work on the loop failed: %s", getattr(work, "__qualname__", work))


def cut(connection: Any) -> None:
    """End a connection both ways, whoever is reading from it or writing to it."""
    # An SSLSocket's own `shutdown` forgets the TLS that others still read; green sockets hold a real one.
    line = getattr(connection, "fd", connection)
    try:
        socket.SocketType.shutdown(line, socket.SHUT_RDWR)
    except OSError:
        log.debug("A connection was gone before it could be cut")
