"""Receivers on the loopback address: honest ones that remember what they got, and ones that behave badly."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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


@dataclass
class Authority:
    """A certificate authority of the test's own."""

    file: Path
    folder: Path
    _key: Any
    _certificate: Any

    def context(self, name: str, *, days: int = 1) -> ssl.SSLContext:
        """The TLS of a server called `name`; expired when `days` is negative."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _signed(name, key, self._certificate.subject, self._key, days)
        file = self.folder / f"{name}.{days}.pem"
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def authority(folder: Path) -> Authority:
    """A new one; whoever trusts its file trusts its servers."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the tests' own authority")])
    certificate = _signed("", key, subject, key, 1)
    file = folder / "authority.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(file, folder, key, certificate)


def _signed(name: str, key: Any, issuer: x509.Name, issuing: Any, days: int) -> x509.Certificate:
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) if name else issuer
    begin, end = sorted((now + timedelta(days=days), now - timedelta(minutes=5)))
    begin = min(begin, now - timedelta(days=2)) if days < 0 else begin
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(now - timedelta(days=1) if days < 0 else end)
        .add_extension(x509.BasicConstraints(ca=not name, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing.public_key()), critical=False)
    )
    if name:
        known = x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
        builder = builder.add_extension(x509.SubjectAlternativeName([known]), critical=False)
    else:
        usage = x509.KeyUsage(
            digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
            key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
            decipher_only=False,
        )  # fmt: skip
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(issuing, hashes.SHA256())
