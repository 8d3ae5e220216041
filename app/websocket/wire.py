"""What goes over the socket: our JSON and our packet class, handed to python-socketio."""

import struct
from typing import Any, Final

import msgspec
from engineio.packet import MESSAGE
from socketio.packet import BINARY_ACK, BINARY_EVENT, EVENT, Packet

_TEXT: Final = 0x81
"""First byte of a text message in one frame (RFC 6455, 5.2); a server does not mask."""


class StrictJson:
    """A `json` object that neither reads nor writes NaN: one bare NaN disconnects every JavaScript reader."""

    @staticmethod
    def dumps(value: Any, **_: object) -> str:
        """JSON text; `msgspec.Raw` inside is passed through."""
        return msgspec.json.encode(value).decode()

    @staticmethod
    def loads(text: str | bytes) -> Any:
        """Python values.

        Raises:
            ValueError: it is no JSON; `msgspec.DecodeError` is one.
        """
        try:
            return msgspec.json.decode(text)
        except RecursionError:
            raise ValueError("JSON nests too deep") from None


class TextPacket(Packet):
    """A Socket.IO packet that has no binary form: attachments would pile up in memory, and no event needs them."""

    uses_binary_events = False

    def decode(self, encoded_packet: str) -> Any:
        """Read the text form.

        Raises:
            ValueError: it announces attachments, or an event has no name; the socket that sent it gets closed.
        """
        attachments = super().decode(encoded_packet)
        if self.packet_type in {BINARY_EVENT, BINARY_ACK}:  # by whatever digit that Python reads as this number
            raise ValueError("Binary packets are refused")
        if self.packet_type == EVENT and not (isinstance(self.data, list) and self.data):
            raise ValueError("An event is a list that begins with its name")
        return attachments


class Message:
    """A Socket.IO event for many readers: encoded once, and framed once for those who have a WebSocket.

    Attributes:
        body: the engine.io message.
        frame: the same as one WebSocket frame.
    """

    __slots__ = ("_text", "body", "frame")

    def __init__(self, namespace: str, name: str, payload: Any) -> None:
        self.body = f"{MESSAGE}2{namespace},".encode() + msgspec.json.encode([name, payload])
        self.frame = text_frame(self.body)
        self._text: FramedText | None = None

    @property
    def text(self) -> str:
        """The body, for those who are sent it through their queue."""
        if self._text is None:
            self._text = FramedText(self.body.decode())
            self._text.frame = self.frame
        return self._text


class FramedText(str):
    """A text that brings its frame along: see `runtime.websockets.send_framed`."""

    __slots__ = ("frame",)
    frame: bytes


def text_frame(body: bytes) -> bytes:
    """`body` as the one frame of a text message from a server."""
    size = len(body)
    if size < 126:
        return struct.pack("!BB", _TEXT, size) + body
    if size < 65_536:
        return struct.pack("!BBH", _TEXT, 126, size) + body
    return struct.pack("!BBQ", _TEXT, 127, size) + body
