"""The writer: the one OS thread that makes every write of the process, in groups.

What comes in is of two kinds. A *submission* is a message of events from one sender: submissions waiting at the same
time share one transaction (group commit), taken from the senders in turn so that a flood slows only its own sender;
each is answered after the commit. A *task* is any other write (a login, an alert, a roll-up), run alone in order.

If a group fails for another reason than the store being full or away, its submissions are tried one by one, and the
events of one that fails again too, so that an event that can't be stored takes no neighbour with it. A message stays
one transaction even then: what is answered as not taken was not, or an event without an id would come twice.
"""

import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Final

from app.core.clock import Clock
from app.core.errors import Unavailable
from app.storage.base import Commit, Event, EventStore, Fold, Outcome
from app.storage.turns import LARGEST_GROUP, Submission, Turns

log = logging.getLogger(__name__)

SMALL_GROUP: Final = 50
"""Events up to which the next commit waits half as long for company."""

LAGS: Final = 2_000
LAG_MS: Final = 60_000


class Writer:
    """See the module.

    Args:
        store: where events go.
        fold: what they mean.
        committed: told of every commit that stored something, in order, before the answers.
        turns: where events wait; beyond its capacity `submit` refuses with `busy`.
        clock: measures how long they do.
        gap_ms: least time between two commits while work keeps coming; the first after a pause goes at once.
    """

    def __init__(
        self,
        store: EventStore,
        fold: Fold,
        committed: Callable[[Commit], object],
        turns: Turns,
        *,
        clock: Clock,
        gap_ms: int,
    ) -> None:
        self._store = store
        self._fold = fold
        self._committed = committed
        self._clock = clock
        self._gap_ms = gap_ms
        self._turns = turns
        self._lags: deque[tuple[int, int]] = deque(maxlen=LAGS)
        self._tasks: deque[Callable[[], None]] = deque()
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
        return self._turns.waiting

    @property
    def capacity(self) -> int:
        """Events that may wait."""
        return self._turns.capacity

    def held(self) -> dict[int, int]:
        """Events that wait, by sender."""
        with self._wake:
            return dict(self._turns.held)

    def fill(self, sender_id: int) -> float:
        """See `Turns.fill`."""
        return self._turns.fill(sender_id)

    def lag(self) -> tuple[float, float]:
        """Median and 99th percentile of the ms from receipt to answer, of the last minute's messages; 0 for none."""
        since = self._clock.monotonic_ms() - LAG_MS
        lags = sorted(lag for at_ms, lag in list(self._lags) if at_ms >= since)
        return (float(lags[len(lags) // 2]), float(lags[len(lags) * 99 // 100])) if lags else (0.0, 0.0)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def submit(self, submission: Submission) -> None:
        """Queue a message of events; never waits.

        Raises:
            Unavailable: `closing`, or `busy` when too much of this sender waits already; nothing was queued.
        """
        with self._wake:
            if self._closing:
                raise Unavailable("closing", 2_000)
            self._turns.add(submission, self._clock.monotonic_ms())
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
                while not (self._tasks or self._turns or self._closing):
                    self._wake.wait()
                if not (self._tasks or self._turns):
                    self._stopped = True
                    return
                tasks, self._tasks = self._tasks, deque()
                group = self._turns.take()
            for task in tasks:
                task()
            if group:
                began = self._clock.monotonic_ms()
                self._commit([submission for _, submission in group])
                ended = self._clock.monotonic_ms()
                self._lags.extend((ended, ended - at_ms) for at_ms, _ in group)
                # While little comes, what it costs matters less than how soon it is seen.
                gap_ms = self._gap_ms if sum(each.size for _, each in group) > SMALL_GROUP else self._gap_ms / 2
                left_ms = gap_ms - (ended - began)
                if left_ms > 0 and self._turns.waiting < LARGEST_GROUP and not self._closing:
                    pause.wait(left_ms / 1000)  # the next commit waits for company

    def _commit(self, group: list[Submission]) -> None:
        read = [(submission, *_read(submission)) for submission in group]
        events = [event for _, some, _ in read for event in some]
        refused = Counter((submission.sender_id, "rejected", code) for submission, _, codes in read for code in codes)
        try:
            commit = self._store.append(events, self._fold, refused) if events or refused else Commit([], [], [], 0)
        except Unavailable as reason:
            for submission in group:
                _tell(submission, reason)
            return
        except Exception:
            if len(group) == 1:
                _tell(group[0], self._commit_singly(group[0]))
                return
            log.warning("A group of %d messages could not be stored; trying each alone", len(group), exc_info=True)
            for submission in group:
                self._commit([submission])
            return
        self._publish(commit)
        position = 0
        for submission, some, _ in read:
            _tell(submission, commit.outcomes[position : position + len(some)])
            position += len(some)

    def _commit_singly(self, submission: Submission) -> "list[Outcome] | Unavailable":
        """Store of a message what can be stored; only the rest is refused, and for good."""
        events, codes = _read(submission)
        refused = Counter((submission.sender_id, "rejected", code) for code in codes)
        try:
            commit = self._store.append_singly(events, self._fold, refused)
        except Unavailable as reason:
            return reason
        except Exception:
            log.exception("A message of events could not be stored")
            return Unavailable("storage_down", 5_000)
        self._publish(commit)
        return commit.outcomes

    def _publish(self, commit: Commit) -> None:
        """Tell of what was stored; whoever fails to listen must not end the only writer."""
        if commit.events:
            try:
                self._committed(commit)
            except Exception:
                log.exception("A commit could not be told of")


def _read(submission: Submission) -> tuple[Sequence[Event], Sequence[str]]:
    try:
        return submission.read()
    except Exception:
        log.exception("A message of events could not be read")
        return (), ()


def _tell(submission: Submission, result: "list[Outcome] | Unavailable") -> None:
    try:
        submission.answer(result)
    except Exception:
        log.exception("A sender could not be answered")
