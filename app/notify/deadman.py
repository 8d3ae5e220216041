"""The dead man's switch: an address outside that is called while alerts are evaluated, and that raises the alarm else.

Nobody can tell of his own death; a service that expects to be called can.
"""

import logging
from collections.abc import Callable
from typing import Final

from app.core.clock import Clock
from app.notify.door import Door
from app.notify.reply import Undelivered

log = logging.getLogger(__name__)

EVERY_MS: Final = 60_000


class Deadman:
    """Calls the address while all is well.

    Args:
        url: the address; "" for none.
        evaluated: when rules were last evaluated by anybody, in ms since 1970 UTC; None for never.
    """

    def __init__(self, url: str, door: Door, evaluated: Callable[[], int | None], clock: Clock) -> None:
        self._url = url
        self._door = door
        self._evaluated = evaluated
        self._clock = clock

    def look(self) -> None:
        """Call, if rules were evaluated since the last look; from a real thread."""
        at_ms = self._evaluated() if self._url else None
        if at_ms is None or self._clock.now_ms() - at_ms >= EVERY_MS:
            return
        try:
            self._door.post(self._url, b"", {})
        except Undelivered as failure:
            log.warning("The dead man's switch could not be reached: %s", failure)
