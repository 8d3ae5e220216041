"""How the alerts stand, told to all who read the room `alerts`: after each evaluation, and so every few seconds.

That an alert fires or is over is an event. That somebody looks after it, that it is kept quiet, and that rules are
evaluated at all, no event says: this does, and who was not heard of lately has not looked.
"""

import logging
import threading
from collections.abc import Callable
from typing import Final

from app.alerts.standing import Standing
from app.core.errors import Unavailable
from app.runtime.base import Runtime
from app.websocket.readers import Readers

log = logging.getLogger(__name__)

EVERY_MS: Final = 500
"""However often rules are evaluated, it is told no more often than that."""
_ROOM: Final = "alerts"


class Bulletin:
    """See the module; `read` is asked in a real thread."""

    def __init__(self, readers: Readers, runtime: Runtime, read: Callable[[], Standing]) -> None:
        self._readers = readers
        self._runtime = runtime
        self._read = read
        self._rung = threading.Event()
        runtime.every(EVERY_MS, self.look)

    def ring(self) -> None:
        """There is news; from any thread."""
        self._rung.set()

    def look(self) -> None:
        """Tell the news, if there is any and somebody reads it."""
        if not self._rung.is_set() or not self._readers.is_heard(_ROOM):
            return
        self._rung.clear()
        try:
            found = self._runtime.call(self._read)
        except Unavailable as refusal:  # nothing is known: pages will say how long that is so
            log.debug("How the alerts stand can't be told now: %s", refusal)
            self._rung.set()
            return
        self._readers.push_all(_ROOM, found.json(), events=0)
