"""ASYNC_MODE=eventlet: one loop of green threads owns the sockets, real threads do what blocks.

Importing this module patches the standard library, all but threads: with threads patched too, locks, connection pools
and logging deadlock as soon as two real threads meet. So locks here are real ones and must never be held across I/O.
"""

import logging
import signal
import socket
import ssl
import threading
import warnings
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, Final

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its retirement notice; docs/decisions/0003 says what we do about it
    import eventlet
    import eventlet.event
    import eventlet.hubs
    import eventlet.patcher
    import eventlet.tpool
    import eventlet.wsgi
    from eventlet.green.ssl import GreenSSLSocket
    from eventlet.greenio import GreenSocket

    from app.runtime import websockets

from app.runtime.base import HEAD_S, Net, P, Served, T, cut, guarded
from app.runtime.heads import flaw
from app.runtime.listen import is_exhausted, raise_file_limit
from app.runtime.tls import LOOK_MS, Tls

log = logging.getLogger(__name__)

_READERS = 8
_PLAIN_REQUESTS = 1_000
_CLOSE_S = 4.2
_SHORTAGE_S = 0.2
_PATIENCE_S = 30
"""How long a plain request may keep the server waiting for its bytes; WebSockets set their own, by the ping."""
_REFUSAL: Final = (
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nX-Content-Type-Options: nosniff\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s\n"
)
_os: Any = eventlet.patcher.original("os")
_NET: Final = Net(eventlet.patcher.original("socket"), eventlet.patcher.original("ssl"))
"""Copies made before the patch: it changes the modules that others import, not these."""


def open_runtime(*, compression: bool) -> "EventletRuntime":
    """Patch the process and return its runtime."""
    eventlet.monkey_patch(thread=False)
    eventlet.tpool.set_num_threads(_READERS)
    websockets.install(compression=compression)
    return EventletRuntime()


class EventletRuntime:
    """See `app.runtime.base.Runtime`."""

    name = "eventlet"
    net = _NET

    def __init__(self) -> None:
        self._loop_thread = threading.get_ident()
        self._posts: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._bell = _Bell()
        self._timers: list[tuple[int, Callable[[], object]]] = []

    def call(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `Runtime`."""
        if threading.get_ident() != self._loop_thread:
            return work(*args, **kwargs)
        outcome: tuple[T, None] | tuple[None, Exception] = eventlet.tpool.execute(_outcome, work, *args, **kwargs)
        if outcome[1] is None:
            return outcome[0]
        try:
            raise outcome[1]
        finally:
            del outcome  # it leads here, and this to it: all of a request would stay until garbage is sought

    def post(self, work: Callable[..., object], *args: Any) -> None:
        """See `Runtime`."""
        self._posts.append((work, args))
        self._bell.ring()

    def wait(self, future: Future[T]) -> T:
        """See `Runtime`; only the green thread that asks waits, no real one is held."""
        if threading.get_ident() == self._loop_thread and not future.done():
            done = eventlet.event.Event()
            future.add_done_callback(lambda _: self.post(done.send))
            done.wait()
        try:
            return future.result()
        finally:
            del future  # as in `call`

    def connection(self, environ: dict[str, Any]) -> socket.socket | None:
        """See `Runtime`."""
        source = environ.get("eventlet.input")
        return source.get_socket() if source is not None else None

    def send_now(self, websocket: Any, frame: bytes) -> bool:
        """See `Runtime`."""
        return websockets.send_now(websocket, frame)

    def every(self, interval_ms: int, work: Callable[[], object]) -> None:
        """See `Runtime`."""
        self._timers.append((interval_ms, work))

    def serve(
        self, listener: socket.socket, opening: Callable[[], Served], *, connections: int, tls: Tls | None = None
    ) -> None:
        """See `Runtime`."""
        stop = _Bell()
        # A handler alone does not wake the loop; a byte in a pipe does.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.ring())
        raise_file_limit(connections + _PLAIN_REQUESTS)
        served = opening()
        if tls:
            self.every(LOOK_MS, lambda: self.call(tls.look))
        eventlet.spawn(self._drain)
        for interval_ms, work in self._timers:
            eventlet.spawn(_repeat, interval_ms / 1000, work)
        serving = eventlet.spawn(
            eventlet.wsgi.server,
            _Listener(listener),
            served.app,
            log_output=False,
            debug=False,
            max_size=connections + _PLAIN_REQUESTS,
            environ={
                "wsgi.input_terminated": True,  # it ends a body by itself, a chunked one too, and does not say so
                "wsgi.url_scheme": "https" if tls else "http",
            },
            socket_timeout=_PATIENCE_S,
            protocol=partial(_TlsProtocol, tls) if tls else _Protocol,
        )
        serving.link(lambda _: stop.ring())  # a server that no longer accepts must not live on deaf
        stop.wait()
        with eventlet.Timeout(_CLOSE_S, exception=False):
            served.closing()
        if serving.dead:
            serving.wait()  # raises what ended it

    def _drain(self) -> None:
        while True:
            self._bell.wait()
            while self._posts:
                work, args = self._posts.popleft()
                guarded(work, *args)


class _Protocol(eventlet.wsgi.HttpProtocol):
    """HTTP of a connection that is cut if the head of a request takes too long, however slowly its bytes come in."""

    _patience_s = HEAD_S

    def handle_one_request(self) -> None:
        """Called by eventlet for each request of the connection."""
        late = eventlet.hubs.get_hub().schedule_call_global(self._patience_s, cut, self.request)
        self._late, self._patience_s = late, _PATIENCE_S
        try:
            super().handle_one_request()
        finally:
            late.cancel()
            self.environ: Any = None  # it leads back here: both would stay until garbage is sought, with their buffers

    def parse_request(self) -> bool:
        """Called by eventlet to read the head; one that a proxy could read otherwise ends the connection."""
        head = _Kept(self.rfile)
        self.rfile: Any = head  # eventlet puts its own back
        if not super().parse_request():
            return False
        if found := flaw(self.raw_requestline, head.lines):
            self.close_connection = True
            self.wfile.write(_REFUSAL % (len(found) + 1, found.encode()))
            return False
        if "transfer-encoding" in self.headers:
            # eventlet is not strict about chunks either: whatever comes behind them is no request.
            self.close_connection = True
        return True

    def get_environ(self) -> Any:
        """Called by eventlet when the head has been read."""
        self._late.cancel()
        return super().get_environ()


class _TlsProtocol(_Protocol):
    """The same over TLS: the handshake is made where the connection is read, so it holds up nobody else."""

    def __init__(self, tls: Tls, connection: list[Any], server: Any) -> None:
        late = None
        try:
            # eventlet gives the connection back by this list, whatever becomes of it.
            connection[1] = line = _green_tls(connection[1], tls)
            late = eventlet.hubs.get_hub().schedule_call_global(HEAD_S, cut, line)
            line.do_handshake()
            late.cancel()
            super().__init__(connection, server)
        except ssl.SSLError as error:
            log.debug("TLS with %s failed: %s", connection[0], error)
        finally:
            if late is not None:
                late.cancel()


def _green_tls(line: GreenSocket, tls: Tls) -> GreenSSLSocket:
    """A connection that is to shake hands."""
    wrapped = GreenSSLSocket(line, server_side=True, do_handshake_on_connect=False, _context=tls.context)
    wrapped.settimeout(_PATIENCE_S)
    return wrapped


class _Kept:
    """The lines of a head, kept as they are read."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self.lines: list[bytes] = []

    def readline(self, size: int = -1) -> bytes:
        """The next one."""
        line: bytes = self._source.readline(size)
        self.lines.append(line)
        return line


class _Listener:
    """A listening socket that outlives a shortage: with no file descriptor left it waits for one, and goes on."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener

    def accept(self) -> Any:
        """The next connection."""
        while True:
            try:
                return self._listener.accept()
            except OSError as error:
                if not is_exhausted(error):
                    raise
                log.warning("No connection can be accepted for now: %s", error.strerror)
                eventlet.sleep(_SHORTAGE_S)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._listener, name)


class _Bell:
    """Wakes a green thread from a real thread or a signal handler: a pipe that never blocks the one who rings."""

    def __init__(self) -> None:
        self._read, self._write = _os.pipe()
        _os.set_blocking(self._read, False)
        _os.set_blocking(self._write, False)

    def ring(self) -> None:
        """Wake the waiter; once is enough however often it rings before it looks."""
        try:
            _os.write(self._write, b"!")
        except BlockingIOError:
            return  # the pipe is full, so the waiter will wake anyway

    def wait(self) -> None:
        """Green wait for a ring."""
        eventlet.hubs.trampoline(self._read, read=True)
        _os.read(self._read, 65_536)


def _outcome(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> tuple[T, None] | tuple[None, Exception]:
    """The result of `work`, or what it raised; eventlet's own way keeps errors in a circle."""
    try:
        return work(*args, **kwargs), None
    except Exception as error:  # noqa: BLE001  (raised where it is waited for)
        return None, error


def _repeat(interval_s: float, work: Callable[[], object]) -> None:
    while True:
        eventlet.sleep(interval_s)
        guarded(work)
