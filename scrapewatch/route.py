"""The way to the server: a socket, and plain HTTP where no socket gets through."""

from typing import Final

from scrapewatch.clock import monotonic
from scrapewatch.link import Link, LinkDown, Ticket
from scrapewatch.post import Post

SOCKET_AGAIN_S: Final = 60.0
"""How long HTTP is used until a socket is tried again."""


class Route:
    """Sends batches one way or the other; used by the sender's thread alone.

    Args:
        url: address of the server.
        token: credential, or empty.
        epoch: id of the sending process.
    """

    def __init__(self, url: str, token: str, epoch: str) -> None:
        self._link = Link(url, token, epoch)
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
    def window(self) -> int:
        """Batches that may be in flight."""
        return 1 if self.by_http else self._link.window

    @property
    def share(self) -> float | None:
        """Of the items that the server wants whole; None if it didn't say."""
        return self._link.share

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

    def post(self, batch: str) -> Ticket:
        """Send a JSON list of envelopes.

        Raises:
            LinkDown: it could not be sent.
        """
        if not self.by_http:
            return self._link.post(batch)
        try:
            return self._post.post(batch)
        except LinkDown:
            self._by_http_until = 0.0
            raise

    def answer(self, ticket: Ticket) -> object:
        """The answer to what was sent under `ticket`.

        Raises:
            LinkDown: no answer came; whether the server stored the batch is unknown.
        """
        return self._link.answer(ticket)

    def resume(self) -> None:
        """Before all that was in flight is sent again: see `Link.hello`.

        Raises:
            LinkDown: the connection was lost.
        """
        if self._link.connected and self._link.window > 1:
            self._link.hello()

    def close(self) -> None:
        """Leave."""
        self._by_http_until = 0.0
        self._link.close()
