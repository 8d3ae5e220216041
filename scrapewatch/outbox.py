"""What stands between the emitters of a process and the server: one buffer and one sender, shared.

A scraper makes emitters as it likes, one for each job even; those with the same address, credential and sizes put
their events into the same outbox, and so one thread and one connection serve them all.
"""

import logging
import os
import sys
import threading
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from scrapewatch.buffer import Buffer
from scrapewatch.ids import uuid7
from scrapewatch.intake import NO_JOB
from scrapewatch.job import Job
from scrapewatch.reports import envelope
from scrapewatch.sender import Sender
from scrapewatch.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Way:
    """Where to and in what portions; equal ones share an outbox.

    Attributes:
        settings: address, credential, patience.
        flush_interval: ms that an event may wait for company.
        batch_size: events of one message at most.
    """

    settings: Settings
    flush_interval: int
    batch_size: int


class Outbox:
    """The events of all emitters that go one way, and the thread that sends them; made by `join`.

    Attributes:
        buffer: where the events wait.
        epoch: id of the sending process, or of this part of it.
    """

    buffer: Buffer
    epoch: str
    _sender: Sender | None
    _told: bool
    _lock: "threading.RLock"
    _jobs: weakref.WeakSet[Job]

    def __init__(self, way: Way) -> None:
        self._way: Final = way
        self._users: weakref.WeakSet[object] = weakref.WeakSet()
        self._closed = False
        self._begin()
        _outboxes.add(self)

    def put(self, event_type: str, job: str, head: str, data: str) -> None:
        """Queue an event, see `Buffer.put`; the first one starts the sender."""
        self.buffer.put(event_type, job, head, data)
        if self._sender is None:
            self._start()

    def attach(self, job: Job) -> None:
        """Call `job.beat` now and then, until it is detached."""
        with self._lock:
            self._jobs.add(job)

    def detach(self, job: Job) -> None:
        """No longer call it."""
        with self._lock:
            self._jobs.discard(job)

    def leave(self, user: object, timeout: float | None) -> bool:
        """Send what waits; the last to leave stops the sender.

        Args:
            user: who joined.
            timeout: seconds to wait at most; by default as the settings say.

        Returns:
            Whether the server has answered for every event.
        """
        with _sharing:
            self._users.discard(user)
            last = not self._users
            if last and _open.get(self._way) is self:
                del _open[self._way]
        if last:
            self.close(timeout)
            return not self.buffer.ledger.waiting and not self.buffer.ledger.dropped["closed"]
        return self.buffer.flush(self._patience(timeout))

    def close(self, timeout: float | None = None) -> None:
        """Send what waits, for up to `timeout` seconds, then stop, and say what was lost."""
        with self._lock:
            sender, self._sender, self._closed = self._sender, None, True
        if sender is not None:
            sender.stop(self._patience(timeout))
        self.give_up()

    def give_up(self) -> None:
        """Leave what waits to the next process, drop what only memory holds, and say so, once."""
        buffer = self.buffer
        folder = buffer.folder
        if buffer.ledger.waiting and folder is not None and not buffer.refusing:
            buffer.put("client_report", NO_JOB, *envelope(buffer))
        buffer.refuse("closed")
        ledger = buffer.ledger
        if self._told:
            return
        if ledger.lost:
            self._told = True
            log.warning("%d of %d events were lost: %s", ledger.lost, ledger.emitted, ledger.losses())
        if ledger.waiting:
            self._told = True
            log.warning(
                "%d events wait in %s; the next scraper with the same address and token sends them",
                ledger.waiting,
                folder,
            )

    def start_afresh(self) -> None:
        """Forget what waits and who sends it: a forked child shares neither with its parent."""
        for job in list(self._jobs):
            job.unlock()
        self.buffer.abandon()
        self._begin()

    def join(self, user: object) -> bool:
        """Let `user` in, unless this outbox takes no events any more; whether it does."""
        if self.buffer.refusing:
            return False
        self._users.add(user)
        return True

    def _begin(self) -> None:
        way = self._way
        self.epoch = uuid7()
        self.buffer = Buffer(way.settings, self.epoch, way.flush_interval, way.batch_size)
        self._sender = None
        self._told = False
        self._lock = threading.RLock()  # a job may end while the collector runs, in whatever thread
        self._jobs = weakref.WeakSet()

    def _start(self) -> None:
        with self._lock:
            if self._sender is None and not self._closed:
                _close_with_the_process()
                self._sender = Sender(self._way.settings, self.buffer, self._beat)
                self._sender.start()

    def _beat(self) -> None:
        with self._lock:
            jobs = list(self._jobs)
        for job in jobs:
            job.beat()

    def _patience(self, timeout: float | None) -> float:
        return self._way.settings.close_timeout / 1000 if timeout is None else timeout


_outboxes: weakref.WeakSet[Outbox] = weakref.WeakSet()
_open: dict[Way, Outbox] = {}
"""Those that an emitter may join."""
_guard: threading.Thread | None = None
_sharing = threading.RLock()


def join(way: Way, user: object) -> Outbox:
    """The outbox that goes `way`, now used by `user` too; one that gave up is replaced."""
    with _sharing:
        found = _open.get(way)
        if found is None or not found.join(user):
            found = _open[way] = Outbox(way)
            found.join(user)
        return found


def _close_with_the_process() -> None:
    """See to it that every outbox is closed when the main thread ends.

    A thread that waits for it, and not `atexit`: by then no thread can be started any more (Python 3.12),
    and without threads the library can't receive an acknowledgement. Processes of `multiprocessing`,
    which skip `atexit`, wait for threads too; those that a pool terminates wait for nothing.
    """
    global _guard  # noqa: PLW0603 - one for the process
    with _sharing:
        if _guard is None or not _guard.is_alive():
            _guard = threading.Thread(target=_wait_for_the_end, name="scrapewatch-guard", daemon=False)
            _guard.start()


def _wait_for_the_end() -> None:
    threading.main_thread().join()
    outboxes = list(_outboxes)
    sys.unraisablehook = _unless_interrupted(outboxes, sys.unraisablehook)
    for outbox in outboxes:
        outbox.close()


def _unless_interrupted(
    outboxes: list[Outbox], hook: "Callable[[sys.UnraisableHookArgs], object]"
) -> "Callable[[sys.UnraisableHookArgs], object]":
    """A hook for Ctrl-C while the interpreter waits for the guard: nothing of the scraper's is left to catch it."""

    def interrupted(unraisable: "sys.UnraisableHookArgs") -> None:
        if not issubclass(unraisable.exc_type, KeyboardInterrupt):
            hook(unraisable)
            return
        for outbox in outboxes:
            outbox.give_up()

    return interrupted


def _start_afresh() -> None:
    """In a forked child: its parent's threads, connection and waiting events are its parent's."""
    global _guard, _sharing
    _guard, _sharing = None, threading.RLock()
    for outbox in list(_outboxes):
        outbox.start_afresh()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_afresh)
