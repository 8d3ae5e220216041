"""Follows what all processes commit: the one thread through which everything live comes where there are several.

Whoever commits rings; who has heard nothing looks all the same, so that a lost ring costs a second and nothing else.
What is found is handed on in the order of its cursors, once, also what this process has committed itself: then readers
of every process see one and the same sequence.
"""

import logging
import threading
from collections.abc import Callable
from typing import Final

from app.core.clock import Clock
from app.core.errors import Unavailable
from app.storage.base import Commit
from app.storage.base_following import Following

log = logging.getLogger(__name__)

EVERY_MS: Final = 1_000
"""Longest time between two looks; viewers are promised 5 s while nothing rings."""
GAP_MS: Final = 33
"""Least time between two looks, however often it rings."""


class Follower:
    """See the module.

    Args:
        committed: told of every commit, in order; a failure of its is logged.
    """

    def __init__(self, following: Following, committed: Callable[[Commit], object], clock: Clock) -> None:
        self._following = following
        self._committed = committed
        self._clock = clock
        self._rung = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)

    def begin(self) -> None:
        """From here on nothing is passed over.

        Raises:
            Unavailable: the store is away.
        """
        self._following.begin()

    def start(self) -> None:
        """Hand on what there is, and what comes."""
        self._thread.start()

    def ring(self) -> None:
        """Something was committed; from any thread, and never waits."""
        self._rung.set()

    def close(self, timeout_s: float) -> bool:
        """Stop; False when that took longer than `timeout_s`."""
        self._closing.set()
        self._rung.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._closing.is_set():
            began_ms = self._clock.monotonic_ms()
            self._rung.clear()  # before the look: whoever rings meanwhile is looked after next time
            try:
                self._look()
            except Unavailable as refusal:
                log.debug("What was committed can't be read now: %s", refusal)
            except Exception:
                log.exception("What was committed could not be read")
            left_ms = GAP_MS - (self._clock.monotonic_ms() - began_ms)
            if left_ms > 0:
                self._closing.wait(left_ms / 1000)
            self._rung.wait(EVERY_MS / 1000)

    def _look(self) -> None:
        while not self._closing.is_set():
            commit = self._following.next()
            if commit is None:
                return
            try:
                self._committed(commit)
            except Exception:
                log.exception("A commit could not be told of")
