"""One Socket.IO connection to the server, made and given up as a whole.

Reconnecting is the sender's business, not the library's: only the sender knows what was answered for.
"""

import importlib.util
import json
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import socketio
from socketio.packet import Packet

from scrapewatch.answers import asked_share, asked_wait, count
from scrapewatch.clock import monotonic, now_ms
from scrapewatch.patience import Patience

CONNECT_S: Final = 10.0

WELCOME_S: Final = 2.0
"""Longest wait to be told whose events these are."""

HOPELESS: Final = frozenset({"unauthorized", "forbidden"})
"""Refusals that a wait of seconds won't change."""


class LinkDown(Exception):
    """There is no connection, or none any more.

    Attributes:
        code: the server's reason, if it gave one.
        retry_after_ms: when the server wants to hear of us again; 0 if it didn't say.
        cut: whether the connection broke while a message was on its way.
    """

    def __init__(self, message: str, code: str = "", retry_after_ms: int = 0, *, cut: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after_ms = retry_after_ms
        self.cut = cut


def why(error: BaseException) -> str:
    """What is wrong with the network, in the words of what met it: libraries call all of it a connection error."""
    first = error
    for cause in _causes(error):
        first = cause if isinstance(cause, OSError) else first
    if isinstance(first, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {first.verify_message}; SSL_CERT_FILE names another authority"
    return str(first) or type(first).__name__


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """It and what it came of, the oldest at the end; one that is raised again can be its own."""
    seen = set[int]()
    while error and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


class Verbatim(str):
    """JSON text that goes into a packet as it is: it was encoded when the event was made."""

    __slots__ = ()


class _Json:
    loads = staticmethod(Packet.json.loads)

    @staticmethod
    def dumps(value: Any, **options: Any) -> str:
        if isinstance(value, list) and value and isinstance(value[-1], Verbatim):
            return f"[{json.dumps(value[0])},{value[-1]}]"
        return json.dumps(value, **options)


class _Packet(Packet):
    json = _Json
    uses_binary_events = False


class Link:
    """A connection to the namespace for scrapers.

    Args:
        url: address of the server; its path, if it has one, is that of the socket.
        token: credential, or empty.
        epoch: id of the sending process.
        sample: called, from whatever thread, with the share of the items that the server wants whole.

    Attributes:
        sender: whose the credential is, as the server says; empty until it has.
    """

    def __init__(self, url: str, token: str, epoch: str, sample: Callable[[float], None]) -> None:
        self.sender = ""
        self._epoch = epoch
        self._sample = sample
        parts = urlsplit(url)
        self._origin = urlunsplit((parts.scheme, parts.netloc, "", "", ""))
        self._path = parts.path.strip("/") or "socket.io"
        self._auth = {"token": token} if token else {}
        self._client: Any = None
        self._up = False
        self._answers: SimpleQueue[tuple[Any, ...] | None] = SimpleQueue()  # to one batch; None once the link is lost
        self._patience = Patience()
        self._asked_ms = 0
        self._tries = 0

    @property
    def connected(self) -> bool:
        """Whether, as far as is known, the server hears us."""
        return self._up

    def asked_wait_ms(self) -> int:
        """What the server asked of all its senders since this was last called, 0 if nothing."""
        asked, self._asked_ms = self._asked_ms, 0
        return asked

    def open(self) -> None:
        """Connect.

        Raises:
            LinkDown: the server can't be reached, or refuses.
        """
        self.close()
        self._client = client = self._make_client()
        welcome: SimpleQueue[tuple[object, ...]] = SimpleQueue()
        client.on("connect", lambda: welcome.put(()))
        client.on("connect_error", lambda *reason: welcome.put(reason or ("refused",)))
        try:
            client.connect(
                self._origin, auth=self._auth, transports=self._transports(), socketio_path=self._path, wait=False
            )
            refusal = welcome.get(timeout=CONNECT_S)
        except Exception as error:  # whatever is wrong with the network, a try has failed
            self.close()
            raise LinkDown(why(error)) from error
        if refusal:
            self.close()
            raise _refused(refusal[0])
        self._tries = 0
        self._up = client.connected
        self._introduce(client)

    def call(self, batch: str) -> object:
        """Send a JSON list of envelopes and wait for the answer; if none comes in time, the connection counts as lost.

        Raises:
            LinkDown: no answer came; whether the server stored the batch is unknown.
        """
        answers = self._answers = SimpleQueue()  # before the look: whoever loses the connection says so here
        if not self._up:
            raise LinkDown("The connection was closed")
        sent_at = monotonic()
        try:
            self._client.emit("events", Verbatim(batch), callback=lambda *arguments: answers.put(arguments))
            answer = answers.get(timeout=self._patience.seconds)
        except socketio.exceptions.SocketIOError as error:
            self.close()
            raise LinkDown(str(error)) from error
        except Empty:
            self._patience.missed()
            self.close()
            raise LinkDown("The server did not answer") from None
        if answer is None:
            raise LinkDown("The connection was closed", cut=True)
        self._patience.answered(monotonic() - sent_at)
        return answer[0] if answer else None

    def close(self) -> None:
        """Leave, without waiting: the library may take seconds to say goodbye."""
        client, self._client = self._client, None
        self._up = False
        if client is not None:
            threading.Thread(target=_leave, args=(client,), name="scrapewatch-close", daemon=True).start()

    def _introduce(self, client: Any) -> None:
        """Say who sends; the first time, wait to hear in whose name."""
        heard = threading.Event()

        def welcomed(said: object = None) -> None:
            if isinstance(said, dict) and self._client is client:
                self._heed(said.get("flow"))
                self.sender = str(said.get("sender") or self.sender)
            heard.set()

        who = {"epoch": self._epoch, "host": socket.gethostname(), "pid": os.getpid(), "clock": now_ms()}
        try:
            client.emit("hello", who, callback=welcomed)
        except socketio.exceptions.SocketIOError as error:
            self.close()
            raise LinkDown(str(error)) from error
        if not self.sender:
            heard.wait(WELCOME_S)

    def _make_client(self) -> Any:
        client = socketio.Client(
            reconnection=False,
            handle_sigint=False,  # the signal is the scraper's
            serializer=_Packet,
            request_timeout=CONNECT_S,
            websocket_extra_options={"suppress_origin": True},  # a browser's header; servers check it
        )

        def lost(*_: object) -> None:
            if self._client is client:
                self._up = False
                self._answers.put(None)

        def asked(message: object = None) -> None:
            self._asked_ms = max(self._asked_ms, asked_wait(message))
            self._heed(message)

        def closing(message: object = None) -> None:
            if isinstance(message, dict):
                self._asked_ms = max(self._asked_ms, count(message.get("reconnectAfter")))

        for event, handler in (
            ("disconnect", lost),
            ("flow", asked),
            ("server_closing", closing),
        ):
            client.on(event, handler)
        return client

    def _heed(self, flow: object) -> None:
        share = asked_share(flow)
        if share is not None:
            self._sample(share)

    def _transports(self) -> list[str]:
        """WebSocket; every third try begins by polling, for networks that let nothing else through."""
        self._tries += 1
        if self._tries % 3 == 0 and importlib.util.find_spec("requests"):
            return ["polling", "websocket"]
        return ["websocket"]


def _leave(client: Any) -> None:
    client.disconnect()
    socket = getattr(client.eio, "ws", None)
    if socket is not None:
        socket.shutdown()  # the library leaves it open when the server went first


def _refused(reason: object) -> LinkDown:
    """What a refusal says: ``{"message": …, "data": {"code": …, "message": …, "retryAfter": …}}``."""
    if not isinstance(reason, dict):
        return LinkDown(str(reason))
    inner = reason.get("data")
    data = {**reason, **inner} if isinstance(inner, dict) else reason
    message = str(data.get("message") or "refused")
    known = message if message in HOPELESS else ""
    return LinkDown(message, str(data.get("code") or known), count(data.get("retryAfter")))
