"""Who looks goes first: while a page is made, the writer waits a little.

Writer and pages share one interpreter. Where thousands of jobs report, the writer always has something to do and a page
would come at half the speed, just when somebody wants to see what is going on. Senders wait for their answers a little
longer instead, which costs them nothing: the next commit takes more of their events at once.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

T = TypeVar("T")

READING: Final = frozenset({"GET", "HEAD"})
LONGEST_S: Final = 0.1
"""For which the writer waits at most, at a time."""


class RightOfWay:
    """What readers take and the writer gives. Over any time it waits no longer than it works.

    Args:
        monotonic_ms: the time.
    """

    def __init__(self, monotonic_ms: Callable[[], float]) -> None:
        self._monotonic_ms = monotonic_ms
        self._changed = threading.Condition()
        self._taken = 0
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

    def around(self, app: Callable[..., T]) -> Callable[..., T]:
        """That WSGI application, which takes it while it makes the answer to a request that only reads."""
        reading = self.taken_by(app)

        def answer(environ: dict[str, Any], start_response: Any) -> T:
            return (reading if environ["REQUEST_METHOD"] in READING else app)(environ, start_response)

        return answer

    def taken_by(self, work: Callable[..., T]) -> Callable[..., T]:
        """That function, which takes it while it runs."""

        def taking(*args: Any, **kwargs: Any) -> T:
            with self.taken():
                return work(*args, **kwargs)

        return taking

    def give(self) -> None:
        """Called by the writer where it can wait: returns when nobody has it, or after so long."""
        if not self._taken:
            return
        began_ms = self._monotonic_ms()
        if began_ms < self._not_before_ms:
            return
        with self._changed:
            self._changed.wait_for(self._is_free, LONGEST_S)
        ended_ms = self._monotonic_ms()
        self._not_before_ms = max(self._not_before_ms, 2 * ended_ms - began_ms)

    def hurry(self) -> None:
        """Somebody waits for the writer, who may be the very reader it waits for: it goes on for a while."""
        with self._changed:
            self._not_before_ms = self._monotonic_ms() + LONGEST_S * 1_000
            self._changed.notify_all()

    def _is_free(self) -> bool:
        return not self._taken or self._monotonic_ms() < self._not_before_ms
