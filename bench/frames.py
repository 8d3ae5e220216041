"""WebSocket frames by hand: made before the clock runs, read without being understood more than need be."""

import base64
import os
import socket
from typing import Final
from urllib.parse import urlsplit

PATIENCE_S: Final = 60.0
_MASK: Final = b"\x37\xfa\x21\x3d"
_TEXT: Final = 0x81
_CLOSE: Final = 0x88


class Closed(Exception):
    """The other side ended the connection."""


def frame(text: str) -> bytes:
    """`text` as a client's whole frame, masked as a server must find it."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        head = bytes((_TEXT, 0x80 | size))
    elif size < 2**16:
        head = bytes((_TEXT, 0x80 | 126)) + size.to_bytes(2)
    else:
        head = bytes((_TEXT, 0x80 | 127)) + size.to_bytes(8)
    mask = (_MASK * (size // 4 + 1))[:size]
    return head + _MASK + (int.from_bytes(payload) ^ int.from_bytes(mask)).to_bytes(size)


class Reader:
    """Takes what a server sent, in whatever pieces, and gives its messages."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that `data` completes, text as UTF-8.

        Raises:
            Closed: a close frame is among them.
        """
        held = self._held
        held += data
        start = 0
        messages: list[bytes] = []
        while len(held) - start >= 2:
            first, size, body = held[start], held[start + 1], start + 2
            if size == 126:
                size, body = int.from_bytes(held[body : body + 2]), body + 2
            elif size == 127:
                size, body = int.from_bytes(held[body : body + 8]), body + 8
            if len(held) < body + size:
                break
            if first == _CLOSE:
                raise Closed(bytes(held[body + 2 : body + size]).decode(errors="replace"))
            messages.append(bytes(held[body : body + size]))
            start = body + size
        del held[:start]
        return messages


def connect(address: str, namespace: str, token: str) -> tuple[socket.socket, Reader]:
    """A blocking connection that has entered `namespace` (``/`` or ``/live``) of the Socket.IO server at `address`.

    Raises:
        RuntimeError: the server refused; holds its words.
    """
    parts = urlsplit(address)
    sock = socket.create_connection((parts.hostname, parts.port), PATIENCE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(
        b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
        b"Host: %b\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %b\r\n\r\n"
        % (parts.netloc.encode(), base64.b64encode(os.urandom(16)))
    )
    head = b""
    while b"\r\n\r\n" not in head:
        head += _received(sock)
    if b" 101 " not in head[:20]:
        raise RuntimeError(f"The server refused a WebSocket: {head[:200].decode(errors='replace')}")
    reader = Reader()
    rest = head.partition(b"\r\n\r\n")[2]
    name = "" if namespace == "/" else f"{namespace},"
    sock.sendall(frame(f'40{name}{{"token":"{token}"}}'))
    answer = _answer(sock, reader, rest)
    if not answer.startswith(b"40"):
        raise RuntimeError(f"The server refused the connection: {answer.decode()}")
    return sock, reader


def _answer(sock: socket.socket, reader: Reader, rest: bytes) -> bytes:
    """The first packet after engine.io's ``0{…}``; a server says no more before it is asked."""
    while True:
        for message in reader.feed(rest):
            if not message.startswith(b"0"):
                return message
        rest = _received(sock)


def _received(sock: socket.socket) -> bytes:
    data = sock.recv(2**16)
    if not data:
        raise Closed("The server ended the connection")
    return data
