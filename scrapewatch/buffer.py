"""Events between the scraper and the sender: in order, bounded, on disk, and every loss counted.

What is put here is in the spool when `put` returns, and stays until the server has answered for it. The sender takes
batches from the front. Leftovers, the spools of processes that are gone, take turns with our own events, but a job that
has events in a leftover waits: the order of each job is kept. Our own events go out first in, first out.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from scrapewatch.clearing import clear
from scrapewatch.events import MAX_BATCH_EVENTS
from scrapewatch.folders import Folders
from scrapewatch.intake import Intake
from scrapewatch.ledger import Ledger
from scrapewatch.leftovers import Leftover, adopt
from scrapewatch.line import Batch, address
from scrapewatch.settings import Settings

log = logging.getLogger(__name__)


class Buffer:
    """The events of one sending process; any thread may put, one takes.

    Args:
        settings: where the spool is, how large it may grow, which items are sent.
        epoch: id of the sending process.
        flush_interval: ms that an event may wait for company.
        batch_size: events of one batch at most.
    """

    def __init__(self, settings: Settings, epoch: str, flush_interval: int, batch_size: int) -> None:
        self.ledger = Ledger()
        self.epoch = epoch
        self._intake = Intake(settings, epoch, self.ledger)
        self._flush_s = flush_interval / 1000
        self._batch_size = max(1, min(batch_size, MAX_BATCH_EVENTS))
        # A job may end while the collector runs, in whatever thread. `put` needs it: files are read and removed outside
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._files = threading.RLock()  # held by whoever reads or closes them; taken before the other
        self._leftovers: list[Leftover] = []
        self._ours_next = False
        self._taken = 0  # of our own events, like the two below
        self._settled = 0
        self._waited = 0  # up to which they waited through an outage
        self._hurried = 0
        self._refusing = ""

    @property
    def refusing(self) -> str:
        """Why events are no longer taken in; empty while they are."""
        return self._refusing

    @property
    def folder(self) -> Path | None:
        """Where what waits outlives the process; None if it does not."""
        folders = self._folders
        return None if folders is None else folders.ours

    @property
    def unclaimed(self) -> bool:
        """Whether events wait on disk of which nobody has said yet whose they are."""
        folders = self._folders
        return folders is not None and not folders.owner and self.ledger.waiting > 0 and not self._refusing

    @property
    def _folders(self) -> Folders | None:
        spool = self._intake.spool
        return self._intake.folders if spool is not None and spool.on_disk else None

    def put(self, event_type: str, job: str, head: str, data: str) -> None:
        """Take in an event, or count why not.

        Args:
            event_type: its type.
            job: its job as JSON text, or `NO_JOB`.
            head: its JSON up to the data, without the opening brace, so that the number can be set in front.
            data: the JSON of its data.
        """
        with self._lock:  # faster than by the condition
            self.ledger.emitted += 1
            if self._refusing:
                self.ledger.dropped[self._refusing] += 1
                return
            try:
                self._intake.put(event_type, job, head, data)
            except Exception:
                self.ledger.dropped["error"] += 1
                log.exception("An event of type %s could not be put into the spool; it is dropped", event_type)
            if self._intake.written - self._taken in {1, self._batch_size}:
                self._changed.notify_all()

    def lose(self, reason: str) -> None:
        """Count an event that could not even be taken in."""
        with self._changed:
            self.ledger.emitted += 1
            self.ledger.dropped[reason] += 1

    def truncated(self) -> None:
        """Count an event that had to be cut."""
        with self._changed:
            self.ledger.truncated += 1

    def sample(self, share: float) -> None:
        """From now on, this share of the items is wanted whole."""
        with self._changed:
            self._intake.sampling.share = share

    def tell(self, *, everything: bool = False) -> None:
        """Put the summaries that are due, or all."""
        with self._changed:
            if not self._refusing:
                self._intake.tell(everything=everything)
                self._changed.notify_all()

    def adopt(self) -> None:
        """Look for spools of processes that are gone; the sender's thread calls this, before it takes."""
        folders = self._folders
        if folders is None or self._refusing:
            return
        for folder in folders.others():
            clear(folder)
        for found in adopt(folders.adoptable(), self.epoch):
            with self._files:
                with self._changed:
                    self.ledger.adopted += found.waiting + found.damaged
                    self.ledger.waiting += found.waiting
                    if found.damaged:
                        self.ledger.dropped["spool_corrupt"] += found.damaged
                    self._leftovers.append(found)
                self._let_go_of_empty()

    def claim(self, sender: str) -> None:
        """The events are this sender's, and so is what other credentials of it have left."""
        folders = self._folders
        if folders is not None and folders.claim(sender):
            self.adopt()

    def take(self, timeout: float) -> Batch | None:
        """The next batch; None when nothing came within `timeout` seconds."""
        with self._changed:
            if not any(leftover.unread for leftover in self._leftovers):
                self._await_batch(timeout)
        with self._files:
            return None if self._refusing else self._next()

    def settle(self, batch: Batch, account: Callable[[Ledger], None]) -> None:
        """`batch`, the oldest that was taken, is answered for; `account` enters the answer in the ledger."""
        with self._files:
            with self._changed:
                if self._refusing:
                    return
                account(self.ledger)
                self.ledger.waiting -= len(batch)
                batch.line.settle(batch)
                leftover = next((found for found in self._leftovers if found.line is batch.line), None)
                if leftover is None:
                    self._settled += len(batch)
                else:
                    leftover.waiting -= len(batch)
            batch.line.tidy()
            if leftover is not None:
                self._let_go_of_empty()
            with self._changed:
                self._changed.notify_all()

    def waited(self) -> None:
        """All that waits now does so because of an outage, and is sent as a replay."""
        with self._changed:
            self._waited = self._intake.written

    def refuse(self, reason: str) -> None:
        """Take nothing more in; what is on disk stays for the next process, what is in memory is dropped."""
        with self._files, self._changed:
            if self._refusing:
                return
            self._refusing = reason
            lost = self._intake.close(reason)
            if lost:
                self.ledger.waiting -= lost
                self.ledger.dropped[reason] += lost
            for leftover in self._leftovers:
                leftover.close()
            self._leftovers.clear()
            self._changed.notify_all()

    def abandon(self) -> None:
        """In a forked child: let go of what is the parent's."""
        self._intake.abandon()
        for leftover in self._leftovers:
            leftover.abandon()

    def hurry(self) -> None:
        """From now on no event waits for company."""
        with self._changed:
            self._hurried += 1
            self._changed.notify_all()

    def flush(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds until nothing waits that does so now; whether that came about."""
        self.tell(everything=True)
        with self._changed:
            last = self._intake.written
            self._hurried += 1
            self._changed.notify_all()
            try:
                self._changed.wait_for(lambda: self._settled >= last or self._refusing, timeout)
            finally:
                self._hurried -= 1
            return self._settled >= last

    def figures(self) -> dict[str, object]:
        """What became of the events, and what waits in the spool: fields of a `client_report`."""
        with self._files:
            with self._changed:
                lines = [leftover.line for leftover in self._leftovers]
                if self._intake.spool is not None and not self._refusing:
                    lines.append(self._intake.spool.line)
                waits = self.ledger.waiting > 0
            ages = [age for line in lines if (age := line.oldest_ms()) is not None] if waits else []
            with self._changed:
                spool = {"events": self.ledger.waiting, "bytes": sum(line.bytes for line in lines)}
                return {**self.ledger.figures(), "spool": {**spool, **({"oldest": min(ages)} if ages else {})}}

    def _await_batch(self, timeout: float) -> None:
        def unread() -> int:
            return self._intake.written - self._taken

        if self._changed.wait_for(lambda: unread() or self._hurried, timeout):
            self._changed.wait_for(lambda: unread() >= self._batch_size or self._hurried, self._flush_s)

    def _next(self) -> Batch | None:
        """A batch of a leftover or of ours, in turn."""
        self._ours_next = not self._ours_next
        batch = self._of_ours() if self._ours_next else self._of_leftovers()
        if batch is None:
            batch = self._of_leftovers() if self._ours_next else self._of_ours()
        return batch

    def _of_leftovers(self) -> Batch | None:
        for leftover in self._leftovers:
            batch = leftover.line.read(self._batch_size)
            if batch is not None:
                batch.replay = True
                leftover.unread -= len(batch)
                return batch
            self._lose_unread(leftover)
        return None

    def _of_ours(self) -> Batch | None:
        spool = self._intake.spool
        if spool is None:
            return None
        backlog = {job for leftover in self._leftovers for job in leftover.jobs}
        wanted = (lambda payload: address(payload)[1] not in backlog) if backlog else None
        batch = spool.line.read(self._batch_size, wanted)
        with self._changed:
            self._lose_ours(spool.line.pop_missing())
            if batch is not None:
                batch.replay = self._taken < self._waited
                self._taken += len(batch)
        return batch

    def _lose_ours(self, count: int) -> None:
        """Events of our own that can't be read back."""
        if count:
            self._taken += count
            self._settled += count
            self._lose_waiting(count)

    def _lose_unread(self, leftover: Leftover) -> None:
        """What a leftover held when it was found, and holds no more."""
        with self._changed:
            if leftover.unread:
                leftover.waiting -= leftover.unread
                self._lose_waiting(leftover.unread)
                leftover.unread = 0

    def _lose_waiting(self, count: int) -> None:
        self.ledger.waiting -= count
        self.ledger.dropped["spool_corrupt"] += count
        log.warning("%d events can not be read back from the spool in %s", count, self.folder)

    def _let_go_of_empty(self) -> None:
        with self._changed:
            empty = [found for found in self._leftovers if not found.waiting]
            self._leftovers = [found for found in self._leftovers if found.waiting]
            if self._intake.spool is not None:
                self._intake.spool.make_room(sum(leftover.line.bytes for leftover in self._leftovers))
        for leftover in empty:
            leftover.close()
