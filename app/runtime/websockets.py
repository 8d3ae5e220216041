"""What eventlet's WebSocket does not do by itself: unmask at speed, bound a message, leave out compression, take turns.

All of it replaces private parts, so eventlet is pinned exactly and each replacement has a test.
"""

from typing import Any, Final

import eventlet
from eventlet.greenio import GreenSocket
from eventlet.websocket import FailedConnectionError, RFC6455WebSocket, WebSocketWSGI

from app.runtime.base import cut
from app.runtime.unmask import apply_mask

TOO_BIG: Final = 1009
"""The close code of RFC 6455, 7.4.1."""
FRAGMENT_BYTES: Final = 64
"""What a fragment takes in memory beside its data, so that endless empty ones are too much, too."""
TURN: Final = 16
"""Frames that one connection may have read before all others have had a turn."""

_send: Final = RFC6455WebSocket.send
_receive_frame: Final = RFC6455WebSocket._recv_frame  # noqa: SLF001  (there is no other place to take turns)


class BoundedMessage(RFC6455WebSocket.Message):
    """A message whose fragments together stay within the limit of one frame; eventlet bounds each frame alone."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._size = -FRAGMENT_BYTES  # the first one is none

    def push(self, data: bytes, final: bool = False) -> None:  # noqa: FBT001, FBT002  (the replaced method's)
        """Take a fragment.

        Raises:
            FailedConnectionError: the message is too big; the connection is closed.
        """
        self._size += len(data) + FRAGMENT_BYTES
        if self._size > self.max_frame_length:
            raise FailedConnectionError(TOO_BIG, f"A message may have {self.max_frame_length} bytes.")
        super().push(data, final=final)


def install(*, compression: bool) -> None:
    """Put the replacements in place; `compression` leaves per-message deflate to be negotiated."""
    RFC6455WebSocket.Message = BoundedMessage
    RFC6455WebSocket._apply_mask = staticmethod(apply_mask)  # noqa: SLF001  (see `unmask`)
    RFC6455WebSocket.send = send_framed
    RFC6455WebSocket._recv_frame = _take_turns  # noqa: SLF001  (see there)
    if not compression:
        WebSocketWSGI._negotiate_permessage_deflate = _decline  # noqa: SLF001  (there is no option for it)


def send_framed(websocket: Any, message: Any, **options: Any) -> None:
    """Send a message; one that has its `frame` is not copied, however many who don't read it are being sent it."""
    frame = getattr(message, "frame", None)
    if frame is None or websocket.extensions:
        _send(websocket, message, **options)
    else:
        websocket._send(memoryview(frame))  # noqa: SLF001  (the second half of what `send` does)


def send_now(websocket: Any, frame: bytes) -> bool:
    """See `Runtime.send_now`: a queue, a green thread and a timer for each message cost five times as much.

    What the kernel does not take of the frame is sent by a green thread that holds the WebSocket's lock meanwhile.
    """
    line, lock = websocket.socket, websocket._sendlock  # noqa: SLF001  (what `send` takes, too)
    if websocket.extensions or type(line) is not GreenSocket or lock.counter < 1 or lock._waiters:  # noqa: SLF001
        return False
    try:
        sent = line.fd.send(frame)
    except OSError:
        return False  # it is full, or gone, which the one who reads from it will notice
    if sent < len(frame):
        lock.acquire()  # it is free, so this does not wait
        eventlet.spawn_n(_finish, websocket, memoryview(frame)[sent:])
    return True


def _finish(websocket: Any, rest: memoryview) -> None:
    try:
        websocket.socket.sendall(rest)
    except OSError:
        cut(websocket.socket)  # half a frame was sent, so nothing can follow
    finally:
        websocket._sendlock.release()  # noqa: SLF001  (see `send_now`)


def _take_turns(websocket: Any, message: Any = None) -> Any:
    """Receive a frame; a client that sends faster than it is read would otherwise never let anyone else have a turn."""
    websocket.frames = getattr(websocket, "frames", 0) + 1
    if not websocket.frames % TURN:
        eventlet.sleep(0)
    return _receive_frame(websocket, message)


def _decline(_self: object, _extensions: object) -> None:
    return None
