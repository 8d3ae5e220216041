"""What goes over the socket: our JSON and our packet class, handed to python-socketio."""

from typing import Any

import msgspec
from socketio.packet import BINARY_ACK, BINARY_EVENT, Packet


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
            ValueError: it announces attachments; the socket that sent it gets closed.
        """
        if encoded_packet[:1] in {str(BINARY_EVENT), str(BINARY_ACK)}:
            raise ValueError("Binary packets are refused")
        return super().decode(encoded_packet)
