"""ASYNC_MODE=threading: every request and WebSocket has a thread of its own, under gunicorn's gthread worker.

The "loop" is one dispatcher thread, where what is posted runs in order; each timer has a thread of its own.
"""

import os
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any

import simple_websocket
from engineio.async_drivers import threading as driver
from engineio.async_drivers._websocket_wsgi import SimpleWebSocketWSGI
from gunicorn.app.base import BaseApplication
from gunicorn.http.errors import InvalidHeader, InvalidRequestLine, ParseException
from gunicorn.workers.gthread import TConn, ThreadWorker
from wsproto.extensions import PerMessageDeflate

from app.core.clock import CLOCK
from app.runtime.base import HEAD_S, Net, P, Served, T, cut, guarded
from app.runtime.listen import raise_file_limit
from app.runtime.tls import LOOK_MS, Tls

_PLAIN_REQUESTS = 32


def open_runtime(*, compression: bool) -> "ThreadingRuntime":
    """Return the process's runtime; WebSocket messages are bounded here, as engine.io does it too late."""
    driver._async["websocket"] = _BoundedWebSocket  # noqa: SLF001  (there is no option for it)
    simple_websocket.ws.PerMessageDeflate = PerMessageDeflate if compression else _NoDeflate
    return ThreadingRuntime()


class ThreadingRuntime:
    """See `app.runtime.base.Runtime`."""

    name = "threading"
    net = Net(socket, ssl)

    def __init__(self) -> None:
        self._posts: queue.SimpleQueue[tuple[Callable[..., object], tuple[Any, ...]]] = queue.SimpleQueue()
        self._timers: list[tuple[int, Callable[[], object]]] = []

    def call(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `Runtime`; the caller's thread is nobody else's."""
        return work(*args, **kwargs)

    def post(self, work: Callable[..., object], *args: Any) -> None:
        """See `Runtime`."""
        self._posts.put((work, args))

    def wait(self, future: Future[T]) -> T:
        """See `Runtime`."""
        try:
            return future.result()
        finally:
            del future  # its error leads to this frame: all of a request would stay until garbage is sought

    def connection(self, environ: dict[str, Any]) -> socket.socket | None:
        """See `Runtime`."""
        return environ.get("gunicorn.socket")

    def send_now(self, websocket: Any, frame: bytes) -> bool:  # noqa: ARG002  (a thread of its own writes to it)
        """See `Runtime`."""
        return False

    def every(self, interval_ms: int, work: Callable[[], object]) -> None:
        """See `Runtime`."""
        self._timers.append((interval_ms, work))

    def start(self) -> None:
        """Start the dispatcher and the timers; `serve` does it by itself."""
        threading.Thread(target=self._dispatch, name="dispatcher", daemon=True).start()
        for interval_ms, work in self._timers:
            threading.Thread(target=_repeat, args=(interval_ms / 1000, work), daemon=True).start()

    def serve(
        self, listener: socket.socket, opening: Callable[[], Served], *, connections: int, tls: Tls | None = None
    ) -> None:
        """See `Runtime`."""
        threads = connections + _PLAIN_REQUESTS
        raise_file_limit(threads)
        if tls:
            self.every(LOOK_MS, tls.look)

        def load() -> Served:
            served = opening()
            self.start()
            return served

        _Gunicorn(
            load,
            bind=f"fd://{listener.detach()}",
            workers=1,
            worker_class=_Worker,
            threads=threads,  # made as they are needed
            worker_connections=2 * threads,
            graceful_timeout=4,
            timeout=0,
            loglevel="warning",
            # Who is a proxy is TRUSTED_PROXIES' business; gunicorn believes the whole machine, paths included.
            forwarded_allow_ips="",
            secure_scheme_headers={},
            forwarder_headers="",
            **_of_tls(tls),
        ).run()

    def _dispatch(self) -> None:
        while True:
            work, args = self._posts.get()
            guarded(work, *args)


def _of_tls(tls: Tls | None) -> dict[str, Any]:
    """Gunicorn's settings for it."""
    if tls is None:
        return {}
    # It only asks whether there is a name of a certificate; what is in the file is in the context.
    return {"certfile": tls.certificate, "ssl_context": lambda _config, _default: tls.context}


def _repeat(interval_s: float, work: Callable[[], object]) -> None:
    pause = threading.Event()
    while not pause.wait(interval_s):
        guarded(work)


class _BoundedWebSocket(SimpleWebSocketWSGI):
    """A WebSocket whose messages are bounded as a whole; engine.io measures them when they are in memory."""

    def __init__(self, handler: Any, server: Any) -> None:
        super().__init__(handler, server, max_message_size=int(server.max_http_buffer_size))

    def wait(self) -> str | bytes | None:
        """Called by engine.io for the next message; an empty one, which is no packet, ends the connection like None."""
        message: str | bytes | None = super().wait()
        return message or None


class _NoDeflate(PerMessageDeflate):
    """Declines per-message deflate, which simple-websocket otherwise takes from everyone who offers it."""

    def accept(self, offer: str) -> None:
        """Called by wsproto in the handshake; None is no."""


class _Gunicorn(BaseApplication):
    """gunicorn with our settings alone: no command line, no configuration file."""

    def __init__(self, opening: Callable[[], Served], **options: Any) -> None:
        self._opening = opening
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> "_App":
        """Called by gunicorn in the worker process, after the fork."""
        return _App(self._opening())


class _App:
    """The WSGI application as the worker holds it, with its way to close."""

    def __init__(self, served: Served) -> None:
        self.served = served

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.input"] = _Body(environ["wsgi.input"])
        return self.served.app(environ, start_response)


class _Body:
    """A request's body; where it is cut wrongly, reading it fails as where the connection breaks off."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def read(self, size: int = -1) -> bytes:
        """The next bytes.

        Raises:
            OSError: it ends too early, or its chunks are none.
        """
        return self._read(self._source.read, size)

    def readline(self, size: int = -1) -> bytes:
        """The same up to the end of a line."""
        return self._read(self._source.readline, size)

    @staticmethod
    def _read(read: Callable[[int | None], bytes], size: int) -> bytes:
        try:
            return read(None if size < 0 else size)
        except ParseException as error:
            raise OSError(str(error)) from error


def _check(req: Any) -> None:
    """Refuse what gunicorn lets pass and a proxy may read otherwise."""
    if not req.uri.startswith(("/", "*")):
        raise InvalidRequestLine(req.uri)
    if req.version > (1, 0) and not any(name == "HOST" for name, _ in req.headers):
        raise InvalidHeader("Host")
    if [value.lower() for name, value in req.headers if name == "TRANSFER-ENCODING"] not in [[], ["chunked"]]:
        raise InvalidHeader("Transfer-Encoding")


class _Worker(ThreadWorker):
    """Says goodbye to the WebSockets as soon as it is told to stop; cuts who is slow to say what it wants."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._reading: dict[TConn, int] = {}

    def handle(self, conn: TConn) -> Any:
        """Called by gunicorn in a thread of the connection's own, to read a request and answer it."""
        self._reading[conn] = CLOCK.monotonic_ms()
        try:
            return super().handle(conn)
        finally:
            self._reading.pop(conn, None)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Called by gunicorn when the head has been read."""
        self._reading.pop(conn, None)
        _check(req)
        return super().handle_request(req, conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Called by gunicorn for what ends a connection; a handshake that fails is nothing to tell, nor to answer."""
        if not isinstance(exc, ssl.SSLError):
            super().handle_error(req, client, addr, exc)

    def notify(self) -> None:
        """Called by gunicorn about every second."""
        super().notify()
        limit = CLOCK.monotonic_ms() - HEAD_S * 1_000
        for conn in [conn for conn, since_ms in list(self._reading.items()) if since_ms < limit]:
            self._reading.pop(conn, None)
            cut(conn.sock)

    def is_parent_alive(self) -> bool:
        """Called by gunicorn every second; a killed parent takes this process with it at once.

        gunicorn only stops accepting and waits for the open connections, of which a WebSocket never ends: the process
        would go on taking events beside the one that was started in its place.
        """
        if not super().is_parent_alive():
            os._exit(1)
        return True

    def handle_exit(self, sig: int, frame: object) -> None:
        """Called by gunicorn on SIGTERM, in the main thread."""
        if self.alive:
            threading.Thread(target=self.wsgi.served.closing, name="closing").start()
        super().handle_exit(sig, frame)
