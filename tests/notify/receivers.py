"""Receivers on the loopback address: honest ones that remember what they got, and ones that behave badly."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

WAIT_S = 30


@dataclass
class Got:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


@dataclass
class Receiver:
    """What came in, and what is answered: status, headers, body."""

    answer: tuple[int, dict[str, str], bytes] = (200, {}, b"ok")
    got: list[Got] = field(default_factory=list)
    url: str = ""
    before: Callable[[], object] = lambda: None
    """Done before the answer."""
    _came: threading.Condition = field(default_factory=threading.Condition)

    def take(self, got: Got) -> None:
        with self._came:
            self.got.append(got)
            self._came.notify_all()

    def wait(self, number: int = 1) -> list[Got]:
        """What came in, when it is as much as that."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.got) >= number, WAIT_S), f"only {len(self.got)} came"
            return list(self.got)


@contextmanager
def receiver(tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[Receiver]:
    """An HTTP server that remembers."""
    known = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            known.take(Got(self.path, dict(self.headers.items()), body))
            known.before()
            status, headers, text = known.answer
            self.send_response(status)
            for name, value in {"Content-Length": str(len(text)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((host, 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    known.url = f"{'https' if tls else 'http'}://{host}:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield known
    finally:
        server.shutdown()
        server.server_close()


Behave = Callable[[socket.socket, threading.Event], None]


@contextmanager
def rough(behave: Behave) -> Iterator[str]:
    """A server that reads a request and then does as it likes; gives its address."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=one, args=(connection,), daemon=True).start()

    def one(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65_536)
            behave(connection, over)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
    finally:
        over.set()
        listener.close()


def hang(connection: socket.socket, over: threading.Event) -> None:
    """Take the request and say nothing."""
    over.wait(WAIT_S * 3)


def drip(connection: socket.socket, over: threading.Event) -> None:
    """Answer a byte at a time, for ever."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not over.wait(0.05):
        connection.sendall(b"X")


def drip_body(connection: socket.socket, over: threading.Event) -> None:
    """Accept, and then send the body a byte at a time, for ever."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not over.wait(0.05):
        connection.sendall(b"X")


def flood(connection: socket.socket, over: threading.Event) -> None:
    """Accept, with a gigabyte of body."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
    block = b"X" * 1_048_576
    for _ in range(1024):
        if over.is_set():
            return
        connection.sendall(block)


def vanish(connection: socket.socket, over: threading.Event) -> None:
    """Take the request and hang up."""


def babble(connection: socket.socket, over: threading.Event) -> None:
    """Answer what is no HTTP."""
    connection.sendall(b"220 hello, this is mail\r\n")
