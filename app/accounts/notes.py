"""What is good to know of accounts and held against nobody: when they were last used, written while nobody waits."""

import logging
from collections.abc import Callable
from typing import Final

from app.accounts.lane import Lane
from app.core.errors import Unavailable

log = logging.getLogger(__name__)

WAITING: Final = 1_000


class Notes:
    """Writes one after another in a thread of its own; no failure shuts anyone out."""

    def __init__(self) -> None:
        self.lane = Lane("notes", WAITING)

    def take(self, change: Callable[[], object]) -> None:
        """Do `change` soon."""
        try:
            self.lane.submit(_tried, change)
        except Unavailable as error:
            log.warning("The last use of an account could not be noted: %s", error)


def _tried(change: Callable[[], object]) -> None:
    try:
        change()
    except Unavailable as error:
        log.warning("The last use of an account could not be noted: %s", error)
    except Exception:
        log.exception("The last use of an account could not be noted")
