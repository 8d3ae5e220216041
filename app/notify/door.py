"""The one way out: every connection of a channel is made here.

The name is resolved, every address that it has is checked, and the connection goes to an address that was checked,
so a name that changes its mind meanwhile gains nothing. Redirects are not followed, a reply is read up to a bound,
and ten seconds after the beginning the connection is cut, however slowly bytes come in.

Call from real threads only. The sockets are the library's own (`Net`), not those of an event loop.
"""

import http.client
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from email.utils import parsedate_to_datetime
from queue import Empty, SimpleQueue
from typing import Any, Final
from urllib.parse import SplitResult, quote, unquote, urlsplit

from app.core.clock import Clock
from app.core.said import said
from app.notify.addresses import is_public
from app.notify.failures import BROKEN, NO_ANSWER, NO_CERTIFICATE, PRIVATE, SLOWLY_RESOLVED, UNREACHED, UNRESOLVED
from app.notify.reply import Reply, Undelivered, judge
from app.runtime.base import Net, cut

DEADLINE_MS: Final = 10_000
CONNECT_MS: Final = 5_000
"""For one of a name's addresses."""

ASK_MS: Final = 2_000
"""For a name's addresses while somebody waits to hear whether it can be kept."""

MAX_BODY: Final = 65_536
PORTS: Final = {"http": 80, "https": 443}
AGENT: Final = "Scrapewatch"
_ASCII: Final = "".join(map(chr, range(0x20, 0x7F)))

Address = tuple[Any, ...]


class Line:
    """An open connection that is cut when its time is up.

    Attributes:
        socket: the connection; a caller that wraps it in TLS puts the wrapped one here.
        said: whether anything of the message went out.
        late: whether its time was up.
    """

    def __init__(self, connection: Any) -> None:
        self.socket = connection
        self.said = False
        self.late = False
        # A second handle: TLS takes the first one over, and who shuts that one down breaks whoever reads from it.
        self._handle = connection.dup()

    def cut(self) -> None:
        """End it, whoever waits for it."""
        self.late = True
        cut(self._handle)

    def close(self) -> None:
        """Give it back."""
        self.socket.close()
        self._handle.close()


class Door:
    """Opens connections to the outside.

    Args:
        allow_private: whether addresses that are not public may be reached.
        deadline_ms: the most that one message may take, from the first question to the last byte.
    """

    def __init__(self, net: Net, clock: Clock, *, allow_private: bool, deadline_ms: int = DEADLINE_MS) -> None:
        self._net = net
        self._clock = clock
        self._allow_private = allow_private
        self._deadline_ms = deadline_ms

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """The answer to a POST, when it accepts.

        Raises:
            Undelivered: it refuses, or there is none.
        """
        parts = urlsplit(url)
        host, tls = parts.hostname or "", parts.scheme == "https"
        with self.line(host, parts.port or PORTS[parts.scheme], tls=tls) as line:
            call = _Call(host, parts.port, line)
            line.said = True
            told = {name: _ascii(value) for name, value in headers.items()}
            call.request("POST", _ascii(_target(parts)), body, {**_own(parts), **told})
            with closing(call.getresponse()) as response:
                if line.late:  # the library takes headers that break off for complete ones
                    raise TimeoutError
                reply = Reply(response.status, _text(response))
                retry_after_ms = self._retry_after(response.headers.get("Retry-After"))
        return judge(reply, retry_after_ms)

    def check(self, host: str) -> None:
        """Make sure that no address of `host`, as its name stands now, is one that nothing goes to.

        A name that is not resolved within `ASK_MS` passes: it is looked at again with each message.

        Raises:
            Undelivered: one is.
        """
        if self._allow_private:
            return
        try:
            found = self._resolved(host, 0, self._clock.monotonic_ms() + ASK_MS)
        except Undelivered:
            return
        self._check_public(host, found)

    @contextmanager
    def line(self, host: str, port: int, *, tls: bool) -> Iterator[Line]:
        """A connection to `host`, over TLS at once if so wished, that lasts for the block and no longer than it may.

        Raises:
            Undelivered: it can't be had, or what goes on in the block fails as connections do.
        """
        until_ms = self._clock.monotonic_ms() + self._deadline_ms
        line = Line(self._connected(host, port, until_ms))
        timer = threading.Timer(max(0, until_ms - self._clock.monotonic_ms()) / 1000, line.cut)
        timer.daemon = True
        timer.start()
        try:
            line.socket.settimeout(self._deadline_ms / 1000)
            if tls:
                self.secure(line, host)
            yield line
        except (OSError, http.client.HTTPException, EOFError) as error:
            raise self._failure(error, line) from error
        finally:
            timer.cancel()
            line.close()

    def secure(self, line: Line, host: str) -> None:
        """Go over to TLS, with a certificate that is `host`'s."""
        line.socket = self.context().wrap_socket(line.socket, server_hostname=host)

    def context(self) -> Any:
        """TLS as the library recommends: certificates are checked against the machine's authorities."""
        return self._net.ssl.create_default_context()

    def _failure(self, error: Exception, line: Line) -> Undelivered:
        if line.late or isinstance(error, TimeoutError):
            return Undelivered(said(NO_ANSWER, span=f"{self._deadline_ms / 1000:g}"), uncertain=line.said)
        if isinstance(error, self._net.ssl.SSLCertVerificationError):
            return Undelivered(said(NO_CERTIFICATE, why=error.verify_message))
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return Undelivered(said(BROKEN, why=reason), uncertain=line.said)

    def _connected(self, host: str, port: int, until_ms: int) -> Any:
        failure = "it has no address"
        for family, address in self._checked(host, port, until_ms):
            left_ms = min(CONNECT_MS, until_ms - self._clock.monotonic_ms())
            if left_ms <= 0:
                break
            connection = self._net.socket.socket(family, socket.SOCK_STREAM)
            try:
                connection.settimeout(left_ms / 1000)
                connection.connect(address)
            except OSError as error:
                connection.close()
                failure = "no answer in time" if isinstance(error, TimeoutError) else error.strerror or str(error)
            else:
                return connection
        raise Undelivered(said(UNREACHED, host=host, port=port, why=failure))

    def _checked(self, host: str, port: int, until_ms: int) -> list[tuple[int, Address]]:
        """The addresses of `host`, all of which may be reached."""
        found = self._resolved(host, port, until_ms)
        if not self._allow_private:
            self._check_public(host, found)
        return found

    @staticmethod
    def _check_public(host: str, found: list[tuple[int, Address]]) -> None:
        for _, address in found:
            if not is_public(str(address[0])):
                raise Undelivered(said(PRIVATE, host=host, address=address[0]))

    def _resolved(self, host: str, port: int, until_ms: int) -> list[tuple[int, Address]]:
        """What the resolver says in time; it can't be interrupted, so it is left behind when it takes too long."""
        answer: SimpleQueue[Any] = SimpleQueue()

        def ask() -> None:
            try:
                answer.put(self._net.socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
            except (OSError, UnicodeError) as error:
                answer.put(error)

        threading.Thread(target=ask, name="resolver", daemon=True).start()
        try:
            found = answer.get(timeout=max(0, until_ms - self._clock.monotonic_ms()) / 1000)
        except Empty:
            raise Undelivered(said(SLOWLY_RESOLVED, host=host)) from None
        if isinstance(found, Exception):
            reason = getattr(found, "strerror", None) or str(found)
            raise Undelivered(said(UNRESOLVED, host=host, why=reason))
        return [(family, address) for family, _, _, _, address in found]

    def _retry_after(self, value: str | None) -> int:
        """Ms from now, of seconds or a date; 0 for what is neither."""
        if not value:
            return 0
        if value.isascii() and value.isdigit():
            return int(value[:9]) * 1_000
        try:
            return max(0, round(parsedate_to_datetime(value).timestamp() * 1_000) - self._clock.now_ms())
        except ValueError:
            return 0


class _Call(http.client.HTTPConnection):
    """HTTP over a line that is open already."""

    def __init__(self, host: str, port: int | None, line: Line) -> None:
        super().__init__(host, port)
        self._line = line

    def connect(self) -> None:
        """Called by the library before the request."""
        self.sock = self._line.socket


def _target(parts: SplitResult) -> str:
    path = parts.path or "/"
    return f"{path}?{parts.query}" if parts.query else path


def _ascii(text: str) -> str:
    """`text` as a request's head may hold it: what is not ASCII is percent-encoded, as in addresses."""
    return text if text.isascii() else quote(text, safe=_ASCII)


def _own(parts: SplitResult) -> dict[str, str]:
    """The headers of every request; the address's user and password become Basic credentials."""
    headers = {"User-Agent": AGENT, "Connection": "close", "Accept-Encoding": "identity"}
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    return headers


def _text(response: http.client.HTTPResponse) -> str:
    """The beginning of the body; that the rest does not come changes nothing about the status."""
    try:
        body = response.read(MAX_BODY)
    except http.client.IncompleteRead as error:
        body = error.partial
    except (OSError, http.client.HTTPException):
        body = b""
    return body.decode(errors="replace")
