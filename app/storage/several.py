"""How what is committed comes to the parts of a process: directly, or by way of the store that it shares with others.

A process alone hears its own commits as it makes them. One of several hears what all of them commit, its own commits
too, through its `Follower` alone: then everything comes in the order of the cursors. What is no event is rung with the
doorbell, and published on the bus of every process.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any, Final, Protocol

from app.core.bus import Bus
from app.core.clock import Clock
from app.core.errors import Unavailable
from app.storage.base import Commit
from app.storage.base_doorbell import COMMITTED, SHARED, Doorbell
from app.storage.base_presence import Told
from app.storage.follower import Follower
from app.storage.presence import AllSockets, Presence, Sockets
from app.storage.sql.database import Database
from app.storage.sql.following import SqlFollowing
from app.storage.sql.presence import SqlPresenceStore

log = logging.getLogger(__name__)

CLOSE_S: Final = 0.3
RING_ONCE_S: Final = 2.0
Snapshot = Callable[[], AbstractContextManager[object]]


class House(Protocol):
    """What a process asks of its way to hear of commits."""

    presence: Presence | None
    """Who else serves; None for a process alone."""

    def committed(self, commit: Commit) -> None:
        """This process has committed; called by its writer, and never waits."""
        ...

    def begin(self) -> AbstractContextManager[object]:
        """For the time of the block the parts read what there is, and hear afterwards of all that comes after it.

        Raises:
            app.core.errors.Unavailable: the store is away.
        """
        ...

    def start(self) -> None:
        """Hand on commits: once the parts are ready."""
        ...

    def leading(self, leads: Callable[[], bool]) -> Callable[[], bool]:
        """Whether this process does what one does for all; `leads` says so where there are several."""
        ...

    def sockets(self, mine: Sockets) -> Sockets:
        """Those of all processes; `mine` are this one's."""
        ...

    def others(self) -> Sequence[Told]:
        """What other processes tell of themselves, as far as that is known now."""
        ...

    def close(self) -> None:
        """Hand on and ring no more, and tell the others; while this process can still write."""
        ...


class Alone:
    """The only process."""

    presence: Presence | None = None

    def __init__(self, bus: Bus) -> None:
        self.committed = partial(bus.publish, "committed")

    def begin(self) -> AbstractContextManager[object]:
        """Nobody commits yet."""
        return nullcontext()

    def start(self) -> None:
        """Commits are handed on as they are made."""

    def leading(self, leads: Callable[[], bool]) -> Callable[[], bool]:  # noqa: ARG002  (nobody else does it)
        """See `House`."""
        return lambda: True

    def sockets(self, mine: Sockets) -> Sockets:
        """See `House`."""
        return mine

    def others(self) -> Sequence[Told]:
        """Nobody else is there."""
        return ()

    def close(self) -> None:
        """Nobody else is there."""


class Several:
    """One of several processes; see the module. `snapshot` shows this thread one state of what all have written."""

    def __init__(
        self, bus: Bus, doorbell: Doorbell, follower: Follower, presence: Presence, snapshot: Snapshot
    ) -> None:
        self._bus = bus
        self._doorbell = doorbell
        self._follower = follower
        self._snapshot = snapshot
        self._present = presence
        self.presence: Presence | None = presence
        self._hearing = threading.local()
        self._lock = threading.Lock()
        self._missed: list[tuple[str, Any]] | None = []
        for word in SHARED:
            bus.subscribe(word, partial(self._ring, word))

    def committed(self, commit: Commit) -> None:
        """See `House`."""
        self._follower.ring()
        self._doorbell.ring(COMMITTED, commit.events[-1].cursor)

    @contextmanager
    def begin(self) -> Iterator[None]:
        """See `House`; others commit meanwhile, and what they ring is heard when the parts are ready."""
        self._present.look()
        self._doorbell.start(self._heard)
        with self._snapshot():
            self._follower.begin()
            yield

    def start(self) -> None:
        """See `House`."""
        self._follower.start()
        with self._lock:
            missed, self._missed = self._missed or [], None
        for word, about in missed:
            self._pass_on(word, about)

    def leading(self, leads: Callable[[], bool]) -> Callable[[], bool]:
        """See `House`."""
        return leads

    def sockets(self, mine: Sockets) -> Sockets:
        """See `House`."""
        return AllSockets(self._present, mine)

    def others(self) -> Sequence[Told]:
        """See `House`."""
        try:
            return list(self._present.others().values())
        except Unavailable as refusal:
            log.debug("Nothing is known of other processes: %s", refusal)
            return ()

    def close(self) -> None:
        """See `House`."""
        self._follower.close(CLOSE_S)
        self._doorbell.close(CLOSE_S)
        self._present.leave(CLOSE_S)

    def _ring(self, word: str, about: Any) -> None:
        if not getattr(self._hearing, "now", False):  # what was rung by another is not rung again
            self._doorbell.ring(word, about)

    def _heard(self, word: str, about: Any) -> None:
        if word == COMMITTED:
            self._follower.ring()
        elif word in SHARED:
            with self._lock:
                if self._missed is not None:
                    self._missed.append((word, about))
                    return
            self._pass_on(word, about)

    def _pass_on(self, word: str, about: Any) -> None:
        self._hearing.now = True
        self._bus.publish(word, about)
        self._hearing.now = False


def open_house(message_queue_url: str, database: Database, bus: Bus, clock: Clock, tell: Callable[[], Told]) -> House:
    """The way of one of several processes if there is a doorbell, else of one alone; `tell` is that of `Presence`.

    Raises:
        app.core.errors.ScrapewatchError: MESSAGE_QUEUE_URL can't be read.
    """
    if not message_queue_url:
        return Alone(bus)
    presence = Presence(SqlPresenceStore(database), clock, tell)
    follower = Follower(SqlFollowing(database), partial(bus.publish, "committed"), clock)
    return Several(bus, _doorbell(message_queue_url), follower, presence, partial(database.snapshot, long=True))


def ring_once(message_queue_url: str, word: str) -> None:
    """Tell the processes that serve something from a command; where they can't be, they find out within a second.

    Raises:
        app.core.errors.ScrapewatchError: MESSAGE_QUEUE_URL can't be read.
    """
    doorbell = _doorbell(message_queue_url)
    doorbell.start(lambda word, about: None)  # noqa: ARG005  (a command hears nothing)
    doorbell.ring(word, None)
    doorbell.close(RING_ONCE_S)


def _doorbell(message_queue_url: str) -> Doorbell:
    from app.storage.redis.doorbell import RedisDoorbell  # noqa: PLC0415  (a process alone need not wait for its client)

    return RedisDoorbell(message_queue_url)
