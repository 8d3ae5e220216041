"""Who looks goes first: while a page is made, the writer waits a little.

Writer and pages share one interpreter. Where thousands of jobs report, the writer always has something to do and a page
would come at half the speed, just when somebody wants to see what is going on. Senders wait for their answers a little
longer instead; the next commit takes more of their events at once.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

T = TypeVar("T")

LONGEST_S: Final = 0.1
"""For which the writer waits at most, at a time."""


class RightOfWay:
    """What readers take and the writer gives. Over any time it waits no longer than it works.

    Args:
        monotonic_ms: the time.
        may_wait: whether there is room for what comes meanwhile; with none the writer goes on.
    """

    def __init__(self, monotonic_ms: Callable[[], float], may_wait: Callable[[], bool] = lambda: True) -> None:
        self._monotonic_ms = monotonic_ms
        self._may_wait = may_wait
        self._changed = threading.Condition()
        self._taken = 0
        self._pressed = 0
        self._not_before_ms = 0.0

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Let the writer wait during the block."""
        with self._changed:
            self._taken += 1
        try:
            yield
        finally:
            with self._changed:
                self._taken -= 1
                self._changed.notify_all()

    def taken_by(self, work: Callable[..., T]) -> Callable[..., T]:
        """That function, which takes it while it runs."""

        def taking(*args: Any, **kwargs: Any) -> T:
            with self.taken():
                return work(*args, **kwargs)

        return taking

    @contextmanager
    def pressed(self) -> Iterator[None]:
        """Let it go on during the block: somebody waits for the writer, maybe the very reader that it waits for."""
        with self._changed:
            self._pressed += 1
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._pressed -= 1

    def give(self) -> None:
        """Called by the writer where it can wait: returns when nobody has it, or after so long."""
        if self._is_free():
            return
        began_ms = self._monotonic_ms()
        if began_ms < self._not_before_ms or not self._may_wait():
            return
        self._wait()
        ended_ms = self._monotonic_ms()
        self._not_before_ms = 2 * ended_ms - began_ms

    def _wait(self) -> None:
        with self._changed:
            self._changed.wait_for(self._is_free, LONGEST_S)

    def _is_free(self) -> bool:
        return not self._taken or self._pressed > 0
