"""The SocketIO object, who may connect to it, and how it takes its leave."""

import logging
import random
from contextlib import nullcontext
from functools import partial
from typing import Any, Final

from flask import Flask, request
from flask_socketio import ConnectionRefusedError as Refused
from flask_socketio import SocketIO
from werkzeug.wsgi import get_host as host_of

from app.accounts import origins
from app.accounts.access import authenticate_socket
from app.accounts.principals import Principal
from app.core.errors import Forbidden, InvalidInput, Unauthorized, Unavailable
from app.ingest.fields import read_id
from app.services import Services
from app.websocket.broadcast import Broadcaster
from app.websocket.bulletin import Bulletin
from app.websocket.connections import Connections
from app.websocket.expulsion import Expulsion
from app.websocket.ingest import IngestGate
from app.websocket.lines import Lines
from app.websocket.live import Live
from app.websocket.rates import ConnectionRates, jitter_ms
from app.websocket.readers import LIVE, Readers
from app.websocket.refusals import FailedOften, refusal, too_many, too_often, turned_away
from app.websocket.wire import StrictJson, TextPacket
from scrapewatch.events import MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_DEPTH, MAX_EVENT_BYTES

log = logging.getLogger(__name__)

SCRAPERS: Final = "/"
MAX_MESSAGE_BYTES: Final = 1_000_000
FLOW_MS: Final = 250
SWEEP_MS: Final = 1_000
GOODBYE_S: Final = 0.1
GOODBYES: Final = 5
RETURN_MS: Final = 1_000
SPREAD_MS: Final = 120
"""How far the returns of two sockets are apart after a restart: fifty take six seconds."""
LONGEST_SPREAD_MS: Final = 15_000
NEEDS: Final = {SCRAPERS: "ingest", LIVE: "read"}
LIMITS: Final = {
    "maxEventBytes": MAX_EVENT_BYTES,
    "maxBatchEvents": MAX_BATCH_EVENTS,
    "maxBatchBytes": MAX_BATCH_BYTES,
    "maxDepth": MAX_DEPTH,
}


class Sockets:
    """Both namespaces, bound to one Flask application."""

    def __init__(self, app: Flask, services: Services) -> None:
        settings, runtime = services.settings, services.runtime
        self._services = services
        self._levels: dict[int, str] = {}  # of senders that are not to go as they like
        self.socketio = SocketIO(
            app,
            async_mode=runtime.name,
            async_handlers=False,  # the default reorders a client's messages
            manage_session=False,
            json=StrictJson,
            serializer=TextPacket,
            path=settings.websocket_path,
            transports=list(settings.websocket_transports),
            ping_interval=settings.websocket_ping_interval / 1000,
            ping_timeout=settings.websocket_ping_timeout / 1000,
            max_http_buffer_size=MAX_MESSAGE_BYTES,
            http_compression=False,
            cors_allowed_origins=self._is_own_page,
        )
        self._server: Any = self.socketio.server
        self._lines = Lines(self._server.eio, runtime, services.clock, self._admits)
        self.connections = Connections(services.clock, settings.websocket_max_connections)
        self.expulsion = Expulsion(services.accounts, self.connections, partial(runtime.post, self._lines.drop))
        self._rates = ConnectionRates(services.clock, settings.rate_limit_connections, settings.rate_limit_interval)
        self._readers = Readers(runtime, services.clock, settings.websocket_max_backlog)
        self.broadcaster = Broadcaster(
            self._readers, runtime, services.events, services.figures, clock=services.clock, settings=settings
        )
        self.bulletin = Bulletin(self._readers, runtime, services.alerts.standing)
        IngestGate(self.socketio, self.connections, services.ingest, runtime, self._lines.drop)
        reading = services.way.taken_by(runtime.call)
        Live(self.socketio, self.connections, self.broadcaster, reading, services.events)
        self._server.eio.on("connect", self._opened)
        self._server.eio._unauthorized = turned_away  # noqa: SLF001  (what it answers when `_opened` refuses)
        self._server.eio.on("disconnect", self._closed)
        for namespace in (SCRAPERS, LIVE):
            self.socketio.on_event("connect", self._connect, namespace=namespace)
            self.socketio.on_event("disconnect", self._disconnect, namespace=namespace)
        self.socketio.on_event("hello", self._hello, namespace=SCRAPERS)
        runtime.every(SWEEP_MS, self._sweep)
        runtime.every(FLOW_MS, self._tell_flow)
        runtime.every(settings.rate_limit_interval, self._rates.forget)
        runtime.every(FLOW_MS, self._sweep_idle)

    def figures(self) -> dict[str, Any]:
        """How the sockets stand, for the status page: sockets by namespace, readers that lag, refused, closed."""
        counts = self.connections.counts
        return {
            "sockets": self.connections.by_namespace(),
            "lagging": self._readers.lagging(),
            "refused": counts.refused(),
            "closed": counts.closed(),
        }

    def told(self) -> dict[str, Any]:
        """The same for other processes, and how many sockets each sender has open, as JSON can hold it."""
        senders = {str(sender_id): len(sockets) for sender_id, sockets in self.connections.by_sender().items()}
        return {**self.figures(), "senders": senders}

    def say_goodbye(self) -> None:
        """Tell everyone that the server goes and when to come back: each at a moment of its own."""
        leaving = list(self.connections.places().values())
        random.shuffle(leaving)
        apart_ms = min(SPREAD_MS, LONGEST_SPREAD_MS // max(1, len(leaving)))
        for place, keys in enumerate(leaving):
            after_ms = RETURN_MS + place * apart_ms + jitter_ms(apart_ms)
            for namespace, sid in keys:
                self._server.emit("server_closing", {"reconnectAfter": after_ms}, to=sid, namespace=namespace)

    def close(self) -> None:
        """Close every socket, and give what was said a moment to go out."""
        for eio_sid in list(self._server.eio.sockets):
            self._lines.drop(eio_sid, "shutdown")
        for _ in range(GOODBYES):
            self._server.sleep(GOODBYE_S)
            if not any(each.queue.qsize() > 1 for each in list(self._server.eio.sockets.values())):
                return

    def _opened(self, eio_sid: str, environ: dict[str, Any]) -> Any:
        address = environ.get("REMOTE_ADDR", "")
        wait_ms = self._rates.enter(address)
        if not self.connections.opened(eio_sid, wait_ms):
            refused = too_often(wait_ms) if wait_ms else too_many()
            self._note_refusal(refused, address)
            return refused
        self._lines.take_on(eio_sid)
        return self._server._handle_eio_connect(eio_sid, environ)  # noqa: SLF001  (what stood here before)

    def _closed(self, eio_sid: str, reason: str) -> None:
        self._server._handle_eio_disconnect(eio_sid, reason)  # noqa: SLF001  (what stood here before)
        self.connections.closed(eio_sid)
        self.connections.counts.close(self._lines.closed(eio_sid, reason))

    def _admits(self, eio_sid: str, address: str) -> bool:
        """Whether a session may be gone on with from `address`, by which all of it is judged from now on.

        A session of many requests began somewhere, but whoever has its id may ask from anywhere.
        """
        environ = self._server.environ.get(eio_sid)
        if environ is not None:
            environ["REMOTE_ADDR"] = address
        return self.connections.admits(eio_sid, address)

    def _is_own_page(self, origin: str, environ: dict[str, Any]) -> bool:
        """Whether a browser's socket comes from a page of ours; clients without a page send no Origin."""
        return origins.is_own(
            origin, f"{environ['wsgi.url_scheme']}://{host_of(environ)}/", self._services.settings.public_url
        )

    def _connect(self, auth: Any = None) -> None:
        reads = request.namespace == LIVE  # type: ignore[attr-defined]  # Flask-SocketIO puts it there
        try:
            with self._services.way.taken() if reads else nullcontext():
                self._admit(auth)
        except Refused as refused:
            self._note_refusal(refused, request.remote_addr or "")
            raise

    def _note_refusal(self, refused: Refused, address: str) -> None:
        """No job is lost because its sender was turned away; who fails to say who it is has only itself to blame."""
        code = refused.error_args["data"]["code"]
        self.connections.counts.refuse(code)
        refusals = self._services.ingest.refusals
        if isinstance(refused, FailedOften) or code in {"unauthorized", "forbidden"}:
            return
        if code == "rate_limited":
            for sender_id in self._rates.senders(address):
                refusals.note(sender_id, code)
        else:
            refusals.note(None, code)

    def _admit(self, auth: Any) -> None:
        namespace: str = request.namespace  # type: ignore[attr-defined]  # Flask-SocketIO puts both there
        sid: str = request.sid  # type: ignore[attr-defined]
        if self.connections.full():
            raise too_many()
        eio_sid: str = self._server.manager.eio_sid_from_sid(sid, namespace)
        seen = self.expulsion.revision
        principal = self._identify(auth, namespace, eio_sid)
        if not self.connections.joined((namespace, sid), eio_sid, principal):  # others came meanwhile
            raise too_many()
        if namespace == SCRAPERS and principal.sender_id is not None:
            self._rates.entered(request.remote_addr or "", principal.sender_id)
        if self._server.manager.eio_sid_from_sid(sid, namespace) is None:  # it went while it was being looked at
            self.connections.left((namespace, sid))
            self.connections.closed(eio_sid)
        elif seen != self.expulsion.revision and self._services.runtime.call(self.expulsion.is_out, seen, principal):
            self.connections.left((namespace, sid))
            raise refusal("unauthorized", "This access was just ended.", 0)

    def _identify(self, auth: Any, namespace: str, eio_sid: str) -> Principal:
        """Who connects; an address that does so too often is not even asked, one that fails too often is told so.

        A socket was counted when it opened, and that holds for the first namespace that it asks for.
        """
        address = request.remote_addr or ""
        wait_ms = self.connections.first_wait_ms(eio_sid)
        wait_ms = self._rates.enter(address) if wait_ms is None else wait_ms
        if wait_ms:
            raise too_often(wait_ms)
        try:
            return self._authenticate(auth, namespace)
        except (Unauthorized, Forbidden) as error:
            wait_ms = self._rates.failed(address)
            raise FailedOften(wait_ms) if wait_ms else refusal(error.code, error.detail, 0) from None
        except Unavailable as error:
            raise refusal(error.code, "Try again later.", error.retry_after_ms) from None

    def _authenticate(self, auth: Any, namespace: str) -> Principal:
        principal = authenticate_socket(auth, namespace)
        needed = NEEDS[namespace]
        if not principal.may(needed):
            raise Forbidden("This needs the permission to %(needed)s.", needed=needed)
        return principal

    def _disconnect(self, reason: str | None = None) -> None:  # noqa: ARG002  (Flask-SocketIO gives it)
        namespace: str = request.namespace  # type: ignore[attr-defined]
        sid: str = request.sid  # type: ignore[attr-defined]
        self.connections.left((namespace, sid))
        if namespace == LIVE:
            self._readers.gone(sid)

    def _hello(self, said: Any = None, *_extra: Any) -> dict[str, Any]:
        """What a client should know before it sends; `said` is its own ``{epoch, host, pid, clock}``."""
        services = self._services
        sid: str = request.sid  # type: ignore[attr-defined]
        principal = self.connections.principal(SCRAPERS, sid)
        if principal is None or principal.sender_id is None:
            return {"ok": False, "code": "unauthorized", "message": "Connect first."}
        epoch = said.get("epoch") if isinstance(said, dict) else None
        return {
            "sender": principal.name,
            "limits": LIMITS,
            "flow": services.ingest.flow(principal.sender_id),
            "clock": services.clock.now_ms(),
            "durable": services.events.durable,
            "lastSeq": services.runtime.call(self._last_seqs, principal.sender_id, epoch),
        }

    def _last_seqs(self, sender_id: int, epoch: Any) -> dict[str, int]:
        try:
            known, _ = read_id(epoch, "epoch")
        except InvalidInput:
            return {}
        return self._services.events.last_seqs(sender_id, known) if known else {}

    def _sweep(self) -> None:
        """Drop sockets that do not read, and whose principal may no longer stay."""
        self._lines.sweep()
        for eio_sid in self._lines.stuck():
            self._lines.drop(eio_sid, "not_reading")
        for eio_sid in self.connections.expired():
            self._lines.drop(eio_sid, "access_ended")
        self._services.runtime.call(self.expulsion.look)

    def _sweep_idle(self) -> None:
        """Drop sockets that never said who they are, and readers that do not read."""
        for eio_sid in self.connections.overdue():
            self._lines.drop(eio_sid, "unauthenticated")
        for eio_sid in self._readers.sweep():
            log.warning("A reader did not read and is closed")
            self._lines.drop(eio_sid, "not_reading")

    def _tell_flow(self) -> None:
        """Tell the sockets of each sender when it may go faster or should go slower."""
        levels = {
            sender_id: flow
            for sender_id in {*self._levels, *self._services.ingest.senders()}
            if (flow := self._services.ingest.flow(sender_id))["level"] != self._levels.get(sender_id, "ok")
        }
        for sender_id, flow in levels.items():
            self._levels[sender_id] = flow["level"]
            if flow["level"] == "ok":
                del self._levels[sender_id]
            for sid in self.connections.sids_of(SCRAPERS, sender_id):
                self._server.emit("flow", flow, to=sid, namespace=SCRAPERS)
