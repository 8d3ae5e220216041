"""The way to the server: a socket, and plain HTTP where no socket gets through."""

from collections.abc import Callable
from typing import Final

from scrapewatch.clock import monotonic
from scrapewatch.link import Link, LinkDown
from scrapewatch.post import Post

SOCKET_AGAIN_S: Final = 60.0
"""How long HTTP is used until a socket is tried again."""


class Route:
    """Sends batches one way or the other; used by the sender's thread alone.

    Args:
        url: address of the server.
        token: credential, or empty.
        epoch: id of the sending process.
        sample: see `Link`.
    """

    def __init__(self, url: str, token: str, epoch: str, sample: Callable[[float], None]) -> None:
        self._link = Link(url, token, epoch, sample)
        self._post = Post(url, token)
        self._failed = False  # the last try for a socket
        self._by_http_until = 0.0

    @property
    def connected(self) -> bool:
        """Whether, as far as is known, the server hears us."""
        return self._link.connected or self.by_http

    @property
    def by_http(self) -> bool:
        """Whether batches go by plain HTTP for now."""
        return monotonic() < self._by_http_until

    @property
    def sender(self) -> str:
        """Whose the credential is, as the server says; empty until it has, and by plain HTTP it does not."""
        return self._link.sender

    def asked_wait_ms(self) -> int:
        """What the server asked of all its senders since this was last called, 0 if nothing."""
        return self._link.asked_wait_ms()

    def open(self) -> None:
        """Connect; when that fails the second time in a row, and not by the server's own word, try HTTP.

        Raises:
            LinkDown: the server can't be reached, or refuses.
        """
        try:
            self._link.open()
        except LinkDown as down:
            again, self._failed = self._failed, True
            if down.code or not again:
                raise
            self._by_http_until = monotonic() + SOCKET_AGAIN_S
        else:
            self._failed = False

    def call(self, batch: str) -> object:
        """Send a JSON list of envelopes and wait for the answer.

        Raises:
            LinkDown: no answer came; whether the server stored the batch is unknown.
        """
        if not self.by_http:
            return self._link.call(batch)
        try:
            return self._post.call(batch)
        except LinkDown:
            self._by_http_until = 0.0
            raise

    def close(self) -> None:
        """Leave."""
        self._by_http_until = 0.0
        self._link.close()
