"""Who else serves: what each process tells of itself each second, and what it knows of the others.

A process that was not heard for `ALIVE_MS` is taken to be gone. While the others can't be asked for so long, nothing is
known of them, and whoever asks is told so rather than that nobody is there.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable, Mapping, Set
from typing import Final, Protocol

from app.core.clock import Clock
from app.core.errors import Unavailable
from app.storage.base_presence import PresenceStore, Told

log = logging.getLogger(__name__)

EVERY_MS: Final = 1_000
ALIVE_MS: Final = 10_000
FORGET_MS: Final = 60_000


class Sockets(Protocol):
    """What the watchdog asks of connections."""

    def is_open(self, eio_sid: str) -> bool:
        """Whether that socket is there."""
        ...

    def by_sender(self) -> Mapping[int, Set[str]]:
        """Each sender's open sockets."""
        ...


class Presence:
    """See the module; looked after by the scheduler, asked by any thread.

    Args:
        tell: what it tells of itself; `senders` are the numbers of their open sockets, by the sender's id.
    """

    def __init__(self, store: PresenceStore, clock: Clock, tell: Callable[[], Told]) -> None:
        self._store = store
        self._clock = clock
        self._process = f"{socket.gethostname()} {os.getpid()} {os.urandom(4).hex()}"
        self._tell = tell
        self._lock = threading.Lock()
        self._others: dict[str, Told] = {}
        self._looked_ms: int | None = None

    def look(self) -> None:
        """Tell of this process, and learn of the others.

        Raises:
            Unavailable: the store is away.
        """
        now_ms = self._clock.now_ms()
        self._store.tell(self._process, now_ms, self._tell(), now_ms - FORGET_MS)
        found = self._store.present(now_ms - ALIVE_MS)
        found.pop(self._process, None)
        with self._lock:
            self._others, self._looked_ms = found, self._clock.monotonic_ms()

    def others(self) -> dict[str, Told]:
        """What the other processes tell of themselves, by their names.

        Raises:
            Unavailable: nothing is known of them now.
        """
        with self._lock:
            if self._looked_ms is None or self._clock.monotonic_ms() - self._looked_ms >= ALIVE_MS:
                raise Unavailable("storage_down", ALIVE_MS)
            return dict(self._others)

    def leave(self, timeout_s: float) -> None:
        """This process ends; others who can't be told within that time find out by themselves."""
        telling = threading.Thread(target=self._leave, daemon=True)
        telling.start()
        telling.join(timeout_s)

    def _leave(self) -> None:
        try:
            self._store.leave(self._process)
        except Unavailable as refusal:
            log.debug("Other processes can't be told: %s", refusal)

    def senders(self) -> dict[int, set[str]]:
        """Senders with an open socket at another process, and the names of those.

        Raises:
            Unavailable: nothing is known of them now.
        """
        found: dict[int, set[str]] = {}
        for process, told in self.others().items():
            for sender_id in told.get("senders", {}):
                found.setdefault(int(sender_id), set()).add(process)
        return found


class AllSockets:
    """The sockets of all processes; `mine` are this one's."""

    def __init__(self, presence: Presence, mine: Sockets) -> None:
        self._presence = presence
        self._mine = mine

    def is_open(self, eio_sid: str) -> bool:
        """Whether that socket of this process is there."""
        return self._mine.is_open(eio_sid)

    def by_sender(self) -> Mapping[int, Set[str]]:
        """Each sender's open sockets; all of them at another process are one.

        Raises:
            Unavailable: nothing is known of the other processes now.
        """
        found = {sender_id: set(sockets) for sender_id, sockets in self._mine.by_sender().items()}
        for sender_id, processes in self._presence.senders().items():
            found.setdefault(sender_id, set()).update(processes)
        return found
