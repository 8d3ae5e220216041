"""Cuts what a server sends into WebSocket frames, so that single messages of it can be lost."""

from collections.abc import Iterator

HEAD_END = b"\r\n\r\n"
SWITCHING = b"HTTP/1.1 101"


class Frames:
    """One connection's stream, fed in whatever pieces it comes; what is no WebSocket passes as it is."""

    def __init__(self) -> None:
        self._held = b""
        self._state = "head"

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The answer to the upgrade and then whole frames; all else piece by piece."""
        self._held += data
        if self._state == "head":
            yield from self._head()
        if self._state == "frames":
            while (length := _length(self._held)) and len(self._held) >= length:
                frame, self._held = self._held[:length], self._held[length:]
                yield frame
        elif self._state == "other":
            data, self._held = self._held, b""
            yield data

    def _head(self) -> Iterator[bytes]:
        if not SWITCHING.startswith(self._held[: len(SWITCHING)]):
            self._state = "other"
        elif HEAD_END in self._held:
            end = self._held.index(HEAD_END) + len(HEAD_END)
            head, self._held = self._held[:end], self._held[end:]
            self._state = "frames"
            yield head

    @staticmethod
    def is_ack(frame: bytes) -> bool:
        """Whether it is a Socket.IO acknowledgement of events: the text message `43…`, with a count of them."""
        return frame[:1] == b"\x81" and frame[_head_length(frame) :].startswith(b"43") and b'"accepted"' in frame


def _head_length(frame: bytes) -> int:
    return 2 + {126: 2, 127: 8}.get(frame[1] & 0x7F, 0)


def _length(held: bytes) -> int:
    """Bytes of the first frame in `held`, head included; 0 while that is not known. Servers do not mask."""
    if len(held) < 2 or len(held) < _head_length(held):
        return 0
    head = _head_length(held)
    size = held[1] & 0x7F
    return head + (size if head == 2 else int.from_bytes(held[2:head]))
