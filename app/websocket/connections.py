"""Who is connected: each socket's principal, and the order to leave for those who may not stay.

A socket that has not authenticated within `GRACE_MS` is closed (Socket.IO itself would keep it for ever). When accounts
change, everyone connected is looked at again, so a revoked token is out within a second.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Final

from app.accounts.principals import Principal
from app.core.clock import Clock

log = logging.getLogger(__name__)

GRACE_MS: Final = 10_000
Key = tuple[str, str]
"""(namespace, sid)"""


class Connections:
    """The register of sockets; safe to use from any thread."""

    def __init__(self, clock: Clock, most: int) -> None:
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._principals: dict[Key, Principal] = {}
        self._waiting: dict[str, int] = {}

    def opened(self, eio_sid: str) -> None:
        """A socket is open and nobody knows whose it is."""
        with self._lock:
            self._waiting[eio_sid] = self._clock.monotonic_ms()

    def full(self) -> bool:
        """Whether as many sockets are in as may be."""
        return len(self._principals) >= self._most

    def joined(self, key: Key, eio_sid: str, principal: Principal) -> None:
        """The socket has said who it is."""
        with self._lock:
            self._waiting.pop(eio_sid, None)
            self._principals[key] = principal

    def left(self, key: Key) -> None:
        """The socket is out of the namespace."""
        with self._lock:
            self._principals.pop(key, None)

    def closed(self, eio_sid: str) -> None:
        """The socket is gone."""
        with self._lock:
            self._waiting.pop(eio_sid, None)

    def principal(self, namespace: str, sid: str) -> Principal | None:
        """Whose socket it is."""
        return self._principals.get((namespace, sid))

    def overdue(self) -> list[str]:
        """Sockets that stayed silent about themselves for too long; each is named once."""
        limit = self._clock.monotonic_ms() - GRACE_MS
        with self._lock:
            found = [eio_sid for eio_sid, since in self._waiting.items() if since <= limit]
            for eio_sid in found:
                del self._waiting[eio_sid]
        return found

    def expired(self) -> list[Key]:
        """Sockets whose token has run out."""
        now_ms = self._clock.now_ms()
        with self._lock:
            return [key for key, who in self._principals.items() if who.expires_at and who.expires_at <= now_ms]

    def no_longer_valid(self, still_valid: Callable[[Principal], bool]) -> Iterable[Key]:
        """Sockets whose principal may not stay; asks once a principal."""
        with self._lock:
            everyone = list(self._principals.items())
        verdicts = {principal: still_valid(principal) for principal in {who for _, who in everyone}}
        return [key for key, principal in everyone if not verdicts[principal]]
