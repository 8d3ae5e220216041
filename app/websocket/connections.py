"""Who is connected: each socket's principal, and the order to leave for those who may not stay.

A socket that is in no namespace, because it has not authenticated or has left, is closed after `GRACE_MS` (Socket.IO
itself would keep it for ever). One whose address comes too often, or for whom there is no room, is let in so far only
as to be told so, and of those there may be `MOST_TOLD` at a time. When accounts change, everyone connected is looked at
again, so a revoked token is out within a second.
"""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.accounts import ranges
from app.accounts.principals import Principal
from app.core.clock import Clock
from app.websocket.counts import Counts

GRACE_MS: Final = 9_500
"""Promised are 10 s: the rest is for the sweep that looks, and for the closing itself."""
MOST_TOLD: Final = 100
Key = tuple[str, str]
"""(namespace, sid)"""


@dataclass(slots=True, frozen=True)
class Seat:
    """Someone's place in a namespace, on the engine.io socket `eio_sid`."""

    eio_sid: str
    principal: Principal


class Connections:
    """The register of sockets; safe to use from any thread."""

    def __init__(self, clock: Clock, most: int) -> None:
        self._clock = clock
        self._most = most
        self.counts = Counts()
        self._lock = threading.Lock()
        self._seats: dict[Key, Seat] = {}
        self._taken: dict[str, tuple[Key, ...]] = {}  # seats of each socket
        self._standing: dict[str, int] = {}  # sockets in no namespace, and since when
        self._waits: dict[str, int] = {}  # those of them that have not asked for one yet, and how long they are to wait
        self._beyond: set[str] = set()  # those that are there to be refused

    def opened(self, eio_sid: str, wait_ms: int = 0) -> bool:
        """A socket opens and nobody knows whose it is; whether it may stay to hear more.

        Args:
            eio_sid: the socket.
            wait_ms: after which its address may come again, 0 if it may be here.
        """
        with self._lock:
            is_beyond = wait_ms > 0 or len(self._seats) + len(self._standing) >= self._most
            if is_beyond and len(self._beyond) >= MOST_TOLD:
                return False
            if is_beyond:
                self._beyond.add(eio_sid)
            self._waits[eio_sid] = wait_ms
            self._standing[eio_sid] = self._clock.monotonic_ms()
            return True

    def first_wait_ms(self, eio_sid: str) -> int | None:
        """What `opened` was told of the socket, once: when it first asks for a namespace."""
        with self._lock:
            return self._waits.pop(eio_sid, None)

    def by_namespace(self) -> dict[str, int]:
        """How many are in each namespace."""
        with self._lock:
            return dict(Counter(namespace for namespace, _ in self._seats))

    def places(self) -> dict[str, list[Key]]:
        """Each socket and where it is in."""
        found: dict[str, list[Key]] = {}
        with self._lock:
            for key, seat in self._seats.items():
                found.setdefault(seat.eio_sid, []).append(key)
        return found

    def full(self) -> bool:
        """Whether as many sockets are in as may be."""
        return len(self._seats) >= self._most

    def joined(self, key: Key, eio_sid: str, principal: Principal) -> bool:
        """The socket has said who it is; whether there was room for it still."""
        with self._lock:
            if self.full():
                return False
            self._sit_down(eio_sid)
            self._seats[key] = Seat(eio_sid, principal)
            self._taken[eio_sid] = (*self._taken.get(eio_sid, ()), key)
            return True

    def left(self, key: Key) -> None:
        """The socket is out of the namespace; if it was its last, its time runs."""
        with self._lock:
            seat = self._seats.pop(key, None)
            if seat is None:
                return
            others = tuple(one for one in self._taken.pop(seat.eio_sid) if one != key)
            if others:
                self._taken[seat.eio_sid] = others
            else:
                self._standing[seat.eio_sid] = self._clock.monotonic_ms()

    def admits(self, eio_sid: str, address: str) -> bool:
        """Whether whoever is on the socket may come from `address`; who has not said who they are may from any."""
        with self._lock:
            seats = [self._seats[key] for key in self._taken.get(eio_sid, ())]
        return all(ranges.admits(seat.principal.allowed, address) for seat in seats)

    def closed(self, eio_sid: str) -> None:
        """The socket is gone."""
        with self._lock:
            self._sit_down(eio_sid)

    def _sit_down(self, eio_sid: str) -> None:
        """It no longer stands about."""
        self._standing.pop(eio_sid, None)
        self._waits.pop(eio_sid, None)
        self._beyond.discard(eio_sid)

    def eio_sid(self, namespace: str, sid: str) -> str | None:
        """The engine.io socket that it sits on."""
        seat = self._seats.get((namespace, sid))
        return None if seat is None else seat.eio_sid

    def is_open(self, eio_sid: str) -> bool:
        """Whether the socket is there and in a namespace."""
        return eio_sid in self._taken

    def by_sender(self) -> dict[int, set[str]]:
        """Each sender's open sockets, of those that send."""
        found: dict[int, set[str]] = {}
        with self._lock:
            for (namespace, _), seat in self._seats.items():
                if namespace == "/" and seat.principal.sender_id is not None:
                    found.setdefault(seat.principal.sender_id, set()).add(seat.eio_sid)
        return found

    def principal(self, namespace: str, sid: str) -> Principal | None:
        """Whose socket it is."""
        seat = self._seats.get((namespace, sid))
        return None if seat is None else seat.principal

    def sids_of(self, namespace: str, sender_id: int) -> list[str]:
        """The sockets over which a sender sends."""
        with self._lock:
            seats = list(self._seats.items())
        return [sid for (where, sid), seat in seats if where == namespace and seat.principal.sender_id == sender_id]

    def overdue(self) -> list[str]:
        """Sockets that were in no namespace for too long; each is named once."""
        limit = self._clock.monotonic_ms() - GRACE_MS
        with self._lock:
            found = [eio_sid for eio_sid, since in self._standing.items() if since <= limit]
            for eio_sid in found:
                self._sit_down(eio_sid)
        return found

    def expired(self) -> set[str]:
        """Sockets whose token has run out."""
        now_ms = self._clock.now_ms()
        with self._lock:
            seats = list(self._seats.values())
        return {seat.eio_sid for seat in seats if seat.principal.expires_at and seat.principal.expires_at <= now_ms}

    def no_longer_valid(self, still_valid: Callable[[Principal], bool]) -> set[str]:
        """Sockets whose principal may not stay; asks once a principal."""
        with self._lock:
            seats = list(self._seats.values())
        verdicts = {principal: still_valid(principal) for principal in {seat.principal for seat in seats}}
        return {seat.eio_sid for seat in seats if not verdicts[seat.principal]}
