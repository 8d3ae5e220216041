"""``/live``: readers subscribe to rooms, catch up by cursor, and can always find a gap."""

import logging
from collections.abc import Callable
from typing import Any, Final

from flask import request
from flask_socketio import SocketIO

from app.core.errors import Forbidden, InvalidInput, ScrapewatchError
from app.ingest.wire import event_json
from app.storage.base import EventFilter, EventStore
from app.websocket.broadcast import Broadcaster
from app.websocket.connections import Connections
from app.websocket.jobs_room import JOBS
from app.websocket.readers import LIVE
from app.websocket.rooms import WALL, room_filter, wanted_room
from scrapewatch.events import MAX_SAFE_INTEGER

log = logging.getLogger(__name__)

MOST_REPLAYED: Final = 500
MOST_SHOWN: Final = 500
"""Jobs that a reader of the room `jobs` may name."""


class Live:
    """The handlers of the namespace."""

    def __init__(
        self,
        socketio: SocketIO,
        connections: Connections,
        broadcaster: Broadcaster,
        read: Callable[..., Any],
        store: EventStore,
    ) -> None:
        self._server: Any = socketio.server
        self._connections = connections
        self._broadcaster = broadcaster
        self._read = read
        self._store = store
        socketio.on_event("subscribe", self.subscribe, namespace=LIVE)
        socketio.on_event("unsubscribe", self.unsubscribe, namespace=LIVE)
        socketio.on_event("*", self.unknown, namespace=LIVE)

    def subscribe(self, payload: Any = None, *extra: Any) -> dict[str, Any]:
        """Enter a room, then read what is after `since`: whatever comes in between arrives twice rather than never."""
        return self._answer(lambda sid: self._enter(sid, payload), extra)

    def unsubscribe(self, payload: Any = None, *extra: Any) -> dict[str, Any]:
        """Leave a room."""
        return self._answer(lambda sid: self._leave(sid, payload), extra)

    def unknown(self, name: str, *_payload: Any) -> dict[str, Any]:
        """Whatever else is sent."""
        return {"ok": False, "code": "invalid", "field": "event", "message": f"there is no event {name[:64]!r} here"}

    def _answer(self, work: Callable[[str], dict[str, Any]], extra: tuple[Any, ...]) -> dict[str, Any]:
        sid: str = request.sid  # type: ignore[attr-defined]  # Flask-SocketIO puts it there
        try:
            self._permit(sid, extra)
            return work(sid)
        except InvalidInput as error:
            return {"ok": False, "code": error.code, "field": error.field, "message": error.detail}
        except ScrapewatchError as error:
            return {"ok": False, "code": getattr(error, "code", "unavailable"), "message": str(error)}
        except Exception:
            log.exception("A subscription failed")
            return {"ok": False, "code": "internal", "message": "something went wrong here; the log knows what"}

    def _permit(self, sid: str, extra: tuple[Any, ...]) -> None:
        if extra:
            raise InvalidInput("takes one argument")
        principal = self._connections.principal(LIVE, sid)
        if principal is None or not principal.may("read"):
            raise Forbidden("This needs the permission to read.")

    def _check_wall(self, sid: str, room: str) -> None:
        principal = self._connections.principal(LIVE, sid)
        if principal is not None and principal.is_wall and room not in WALL:
            raise Forbidden("A wall screen shows dashboards and nothing else.")

    def _enter(self, sid: str, payload: Any) -> dict[str, Any]:
        room = wanted_room(payload)
        self._check_wall(sid, room)
        since = _since(payload)
        batched = payload.get("batched", False)
        if not isinstance(batched, bool):
            raise InvalidInput("must be true or false", field="batched")
        shown = _shown(room, payload)
        socket = self._socket(sid)
        before = self._broadcaster.join(sid, socket, room, batched=batched)
        if room == JOBS:
            self._broadcaster.narrow(sid, shown)
        try:
            return {"ok": True, "room": room, **self._read(self._catch_up, room, since)}
        except Exception:  # it is told that it is not in; what it had of the room it keeps
            self._broadcaster.leave(sid, room)
            if before is not None:
                self._broadcaster.join(sid, socket, room, batched=before)
            raise
        finally:
            if self._connections.principal(LIVE, sid) is None:  # it went meanwhile, and was let go before it was in
                self._broadcaster.gone(sid)

    def _socket(self, sid: str) -> Any:
        socket = self._server.eio.sockets.get(self._connections.eio_sid(LIVE, sid))
        if socket is None:
            raise Forbidden("This socket is closed.")
        return socket

    def _leave(self, sid: str, payload: Any) -> dict[str, Any]:
        self._broadcaster.leave(sid, wanted_room(payload))
        return {"ok": True}

    def _catch_up(self, room: str, since: int | None) -> dict[str, Any]:
        wanted = room_filter(room)
        recent = self._broadcaster.recent(room) if since is None else []
        if wanted is None:
            return {"cursor": self._store.reach().newest, "replay": [], "reset": False, "recent": recent}
        if since is None:
            return {"cursor": self._newest(wanted), "replay": [], "reset": False, "recent": recent}
        missed = self._store.events_after(wanted, after=since, limit=MOST_REPLAYED + 1)
        if len(missed) > MOST_REPLAYED or self._has_holes(wanted, since):
            return {"cursor": self._newest(wanted), "replay": [], "reset": True, "recent": []}
        chain = [since, *(event.cursor for event in missed)]
        replay = [{**event_json(event), "prev": prev} for event, prev in zip(missed, chain, strict=False)]
        return {"cursor": chain[-1], "replay": replay, "reset": False, "recent": []}

    def _has_holes(self, wanted: EventFilter, since: int) -> bool:
        """Whether of what came after `since` something may be missing; asked after it was read.

        Who is at 0 has nothing, and is given what there is.
        """
        reach = self._store.reach()
        if since > reach.newest:  # of another store, or of one that has lost its end
            return True
        if not 0 < since < reach.removed:
            return False
        job = self._store.job(wanted.job_id) if wanted.job_id is not None else None
        return job is None or job.last_cursor > since

    def _newest(self, wanted: EventFilter) -> int:
        found = self._store.events(wanted, limit=1)
        return found[0].cursor if found else 0


def _shown(room: str, payload: dict[str, Any]) -> frozenset[str] | None:
    """The ids in `jobs`: those of the room `jobs` that the reader shows; None where it wants all."""
    named = payload.get("jobs")
    if room != JOBS or named is None:
        return None
    if not isinstance(named, list) or len(named) > MOST_SHOWN or not all(isinstance(one, str) for one in named):
        raise InvalidInput("must be a list of at most %(most)s ids of jobs", most=MOST_SHOWN, field="jobs")
    return frozenset(named)


def _since(payload: dict[str, Any]) -> int | None:
    since = payload.get("since")
    if since is None:
        return None
    if not isinstance(since, int) or isinstance(since, bool) or not 0 <= since <= MAX_SAFE_INTEGER:
        raise InvalidInput("must be a cursor", field="since")
    return since
