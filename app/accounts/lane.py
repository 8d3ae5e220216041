"""A thread apart for one kind of work, so that a flood of it holds up nothing else."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import ParamSpec, TypeVar

from app.core.errors import Unavailable

P = ParamSpec("P")
T = TypeVar("T")

IDLE_S = 60


class Lane:
    """Does one thing after another in a thread of its own, which goes when there was nothing to do for a while.

    Not at once: to hash a password takes 20 MB, which the memory's manager keeps at hand for each thread that did.

    Args:
        name: the thread's.
        length: how much may wait.
    """

    def __init__(self, name: str, length: int) -> None:
        self._name = name
        self._length = length
        self._waiting: deque[Callable[[], None]] = deque()
        self._turn = threading.Condition()
        self._running = False

    def submit(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queue `work`; never waits.

        Raises:
            Unavailable: `busy`, as much waits already as may.
        """
        future: Future[T] = Future()

        def settle() -> None:
            try:
                future.set_result(work(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001  (carried to whoever waits)
                future.set_exception(error)

        with self._turn:
            if len(self._waiting) >= self._length:
                raise Unavailable("busy")
            self._waiting.append(settle)
            self._turn.notify()
            if not self._running:
                # A daemon: a database that hangs must not keep the process from ending.
                threading.Thread(target=self._run, name=self._name, daemon=True).start()
                self._running = True
        return future

    def _run(self) -> None:
        while True:
            with self._turn:
                if not self._turn.wait_for(lambda: self._waiting, IDLE_S):
                    self._running = False
                    return
                settle = self._waiting.popleft()
            settle()
            del settle  # what it holds need not wait for the next one
