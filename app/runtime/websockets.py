"""What eventlet's WebSocket does not do by itself: unmask at speed, bound a message, leave out compression.

All of it replaces private parts, so eventlet is pinned exactly and each replacement has a test.
"""

from typing import Any

from eventlet.websocket import FailedConnectionError, RFC6455WebSocket, WebSocketWSGI

from app.runtime.unmask import apply_mask

TOO_BIG = 1009
"""The close code of RFC 6455, 7.4.1."""


class BoundedMessage(RFC6455WebSocket.Message):
    """A message whose fragments together stay within the limit of one frame; eventlet bounds each frame alone."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._size = 0

    def push(self, data: bytes, final: bool = False) -> None:  # noqa: FBT001, FBT002  (the replaced method's)
        """Take a fragment.

        Raises:
            FailedConnectionError: the message is too big; the connection is closed.
        """
        self._size += len(data)
        if self._size > self.max_frame_length:
            raise FailedConnectionError(TOO_BIG, f"A message may have {self.max_frame_length} bytes.")
        super().push(data, final=final)


def install(*, compression: bool) -> None:
    """Put the replacements in place; `compression` leaves per-message deflate to be negotiated."""
    RFC6455WebSocket.Message = BoundedMessage
    RFC6455WebSocket._apply_mask = staticmethod(apply_mask)  # noqa: SLF001  (see `unmask`)
    if not compression:
        WebSocketWSGI._negotiate_permessage_deflate = _decline  # noqa: SLF001  (there is no option for it)


def _decline(_self: object, _extensions: object) -> None:
    return None
