"""The writer: the one OS thread that makes every write of the process, in groups.

What comes in is of two kinds. A *submission* is a message of events from one sender: submissions waiting at the same
time share one transaction (group commit), taken from the senders in turn so that a flood slows only its own sender;
each is answered after the commit. A *task* is any other write (a login, an alert, a roll-up), run alone in order.

If a group fails for another reason than the store being full or away, its submissions are tried one by one, and the
events of one that fails again too, so that an event that can't be stored takes no neighbour with it.
"""

import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from app.core.errors import Unavailable
from app.storage.base import Commit, Event, EventStore, Fold, Outcome

log = logging.getLogger(__name__)

UNSTORABLE: Final = Outcome("refused", "invalid")

Answer = Callable[["list[Outcome] | Unavailable"], object]


@dataclass(slots=True, frozen=True)
class Submission:
    """Events of one message and who waits for the answer; `answer` runs in the writer thread and must be quick.

    `size` is what it counts for while it waits: about its events, more for one of few but long ones.
    `read` gives the events when their turn comes: checking them here rather than on the event loop saves the loop
    the time and the two threads their struggle for the interpreter.
    """

    sender_id: int
    size: int
    read: Callable[[], Sequence[Event]]
    answer: Answer


class Writer:
    """See the module.

    Args:
        store: where events go.
        fold: what they mean.
        committed: told of every commit that stored something, in order, before the answers.
        capacity: events that may wait; beyond it `submit` refuses with `busy`.
        per_sender: events a sender may have in one group.
        gap_ms: least time between two commits while work keeps coming; the first after a pause goes at once.
    """

    def __init__(
        self,
        store: EventStore,
        fold: Fold,
        committed: Callable[[Commit], object],
        *,
        capacity: int,
        per_sender: int,
        gap_ms: int,
    ) -> None:
        self._store = store
        self._fold = fold
        self._committed = committed
        self._capacity = capacity
        self._per_sender = per_sender
        self._gap_ms = gap_ms
        self._queues: OrderedDict[int, deque[Submission]] = OrderedDict()
        self._tasks: deque[Callable[[], None]] = deque()
        self._waiting = 0
        self._closing = False
        self._stopped = False
        self._wake = threading.Condition(threading.Lock())
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether what is queued now will be written."""
        return self._thread.is_alive() and not self._stopped

    @property
    def waiting(self) -> int:
        """Events that wait for their turn."""
        return self._waiting

    @property
    def capacity(self) -> int:
        """Events that may wait."""
        return self._capacity

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def submit(self, submission: Submission) -> None:
        """Queue a message of events; never waits.

        Raises:
            Unavailable: `closing`, or `busy` when too much waits already; nothing was queued.
        """
        with self._wake:
            if self._closing:
                raise Unavailable("closing", 2_000)
            if self._waiting and self._waiting + submission.size > self._capacity:
                raise Unavailable("busy", 500)
            self._queues.setdefault(submission.sender_id, deque()).append(submission)
            self._waiting += submission.size
            self._wake.notify()

    def run(self, task: Callable[[], Any]) -> Future[Any]:
        """Queue another write and return its future; run at once when called by the writer itself."""
        future: Future[Any] = Future()

        def settle() -> None:
            try:
                future.set_result(task())
            except BaseException as error:  # noqa: BLE001  (carried to whoever waits)
                future.set_exception(error)

        if threading.current_thread() is self._thread:
            settle()
            return future
        with self._wake:
            if self._stopped:
                raise Unavailable("closing", 2_000)
            self._tasks.append(settle)
            self._wake.notify()
        return future

    def close(self, timeout_s: float) -> bool:
        """Take nothing more, write what waits, stop; False when that took longer than `timeout_s`."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        pause = threading.Event()  # never set: its wait is a sleep that no patching touches
        while True:
            with self._wake:
                while not (self._tasks or self._queues or self._closing):
                    self._wake.wait()
                if not (self._tasks or self._queues):
                    self._stopped = True
                    return
                tasks, self._tasks = self._tasks, deque()
                group = self._take()
            for task in tasks:
                task()
            if group:
                self._commit(group)
                if not (self._queues or self._closing):
                    pause.wait(self._gap_ms / 1000)  # the next commit waits for company

    def _take(self) -> list[Submission]:
        """One turn: from every sender its oldest submissions, up to the share of one group."""
        group: list[Submission] = []
        for sender_id in list(self._queues):
            queue = self._queues[sender_id]
            taken = 0
            while queue and (not taken or taken + queue[0].size <= self._per_sender):
                taken += queue[0].size
                group.append(queue.popleft())
            if not queue:
                del self._queues[sender_id]
        self._waiting -= sum(submission.size for submission in group)
        return group

    def _commit(self, group: list[Submission]) -> None:
        read = [(submission, _read(submission)) for submission in group]
        events = [event for _, some in read for event in some]
        try:
            commit = self._store.append(events, self._fold) if events else Commit([], [], [], 0)
        except Unavailable as reason:
            for submission in group:
                _tell(submission, reason)
            return
        except Exception:
            if len(group) == 1:
                _tell(group[0], self._commit_singly(_read(group[0])))
                return
            log.warning("A group of %d messages could not be stored; trying each alone", len(group), exc_info=True)
            for submission in group:
                self._commit([submission])
            return
        if commit.events:
            self._committed(commit)
        position = 0
        for submission, some in read:
            _tell(submission, commit.outcomes[position : position + len(some)])
            position += len(some)

    def _commit_singly(self, events: Sequence[Event]) -> "list[Outcome] | Unavailable":
        """Store a message's events each by itself, so that only what can't be stored is refused, and for good."""
        outcomes: list[Outcome] = []
        for event in events:
            try:
                commit = self._store.append([event], self._fold)
            except Unavailable as reason:
                return reason
            except Exception as error:
                log.exception("An event could not be stored")
                if not _is_of_the_event(error):
                    return Unavailable("storage_down", 5_000)
                outcomes.append(UNSTORABLE)
            else:
                outcomes += commit.outcomes
                if commit.events:
                    self._committed(commit)
        return outcomes


def _is_of_the_event(error: Exception) -> bool:
    """Whether an event is at fault: a broken database must not make its sender throw it away."""
    return isinstance(error, DataError | IntegrityError) or not isinstance(error, DBAPIError)


def _read(submission: Submission) -> Sequence[Event]:
    try:
        return submission.read()
    except Exception:
        log.exception("A message of events could not be read")
        return ()


def _tell(submission: Submission, result: "list[Outcome] | Unavailable") -> None:
    try:
        submission.answer(result)
    except Exception:
        log.exception("A sender could not be answered")
