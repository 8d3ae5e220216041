"""Into the spool: numbers the events of each job, keeps what matters most when room is short, and counts the rest."""

import logging
from collections import OrderedDict, deque
from typing import Final

from scrapewatch.encoding import size
from scrapewatch.events import EVENTS
from scrapewatch.folders import Folders
from scrapewatch.ledger import Ledger
from scrapewatch.sampling import Sampling
from scrapewatch.settings import Settings
from scrapewatch.spool import ESSENTIAL, IMPORTANT, ORDINARY, Spool, rank
from scrapewatch.tally import Tally

log = logging.getLogger(__name__)

HEAD_BYTES: Final = 32  # `{"seq":9007199254740991,` and the comma between two events

NUMBERED_JOBS: Final = 10_000
"""Jobs whose last number is known; the one that has been silent for longest, most likely ended, is forgotten first."""

ITEM: Final = "item_scraped"
NO_JOB: Final = '""'

_RANKS: Final = {name: rank(name) for name in EVENTS}
_ENDS: Final = frozenset(name for name, row in EVENTS.items() if row.ends)


class Intake:
    """Where events of this process enter its spool; used under the lock of the buffer.

    Args:
        settings: where the spool is, how large it may grow, which items are sent.
        epoch: id of the sending process.
        ledger: where events are counted.

    Attributes:
        spool: made for the first event.
        folders: where spools of this sender are; None when memory is wanted.
        sampling: which items are only counted.
        written: events in the spool since the beginning.
    """

    def __init__(self, settings: Settings, epoch: str, ledger: Ledger) -> None:
        self.spool: Spool | None = None
        self.folders = _folders(settings)
        self.sampling = Sampling(settings.items)
        self.written = 0
        self._settings = settings
        self._epoch = epoch
        self._ledger = ledger
        self._tally = Tally(epoch, None)
        self._numbers: OrderedDict[str, int] = OrderedDict()
        self._busy = False
        self._late: deque[tuple[str, str, str, str]] = deque()

    def put(self, event_type: str, job: str, head: str, data: str) -> None:
        """Take in an event; see `Buffer.put`."""
        if self._busy:  # called by a signal's handler or the collector, in the middle of another
            self._late.append((event_type, job, head, data))
            return
        self._busy = True
        try:
            self._admit(event_type, job, head, data)
            while self._late:
                self._admit(*self._late.popleft())
        finally:
            self._busy = False

    def tell(self, *, everything: bool) -> None:
        """Put the summaries that are due, or all."""
        if not self._busy:
            for job in self._tally.jobs() if everything else self._tally.due():
                self._tell(job, IMPORTANT)

    def close(self, reason: str) -> int:
        """Let go of the files, and drop what is only in memory; how many events waited there."""
        spool = self.spool
        if spool is None:
            return 0
        lost = spool.line.waiting_in_memory()
        untold = self._tally.counted()
        if untold and not spool.on_disk:
            self._ledger.dropped["summarised"] -= untold
            self._ledger.dropped[reason] += untold
        spool.close(keep=bool(untold))
        self._tally.close(remove=not untold)
        return lost

    def abandon(self) -> None:
        """In a forked child: the files are the parent's."""
        if self.spool is not None:
            self.spool.abandon()
        self._tally.close(remove=False)

    def _admit(self, event_type: str, job: str, head: str, data: str) -> None:
        if event_type == ITEM:
            if self.sampling.only_counts(job):
                self._count(job, data)
                return
        elif self._tally and event_type in _ENDS:
            self._tell(job, ESSENTIAL)
        if self._append(job, head, data, _RANKS.get(event_type, ORDINARY)):
            self._ledger.waiting += 1
        elif event_type == ITEM:
            self._count(job, data)
        else:
            self._ledger.dropped["spool_full"] += 1

    def _append(self, job: str, head: str, data: str, share: float) -> bool:
        spool = self.spool or self._open()
        if job == NO_JOB:
            done = spool.append(f"{{{head}{data}}}".encode(), share)
        else:
            number = self._numbers.get(job, 0) + 1
            done = spool.append(f'{{"seq":{number},{head}{data}}}'.encode(), share)
            if done:
                self._numbers[job] = number
                self._numbers.move_to_end(job)
                if len(self._numbers) > NUMBERED_JOBS:
                    self._numbers.popitem(last=False)
        self.written += done
        return done

    def _count(self, job: str, data: str) -> None:
        """An item is told in a summary."""
        if self.spool is None:
            self._open()
        self._ledger.dropped["summarised"] += 1
        if self._tally.add(job, size(data)):
            self._tell(job, IMPORTANT)

    def _tell(self, job: str, share: float) -> None:
        """Put the summary of `job`; where there is no room, it waits for more items."""
        summary = self._tally.summary(job)
        if summary is not None and self._append(job, *summary.envelope(self._epoch), share):
            self._tally.told(summary)
            self._ledger.emitted += 1
            self._ledger.waiting += 1

    def _open(self) -> Spool:
        folder = None if self.folders is None else self.folders.ours
        self.spool = Spool(folder, self._epoch, self._settings.spool_bytes)
        self._tally = Tally(self._epoch, self.spool.path(".tally"))
        return self.spool


def _folders(settings: Settings) -> Folders | None:
    if not settings.spool_bytes or settings.spool_dir is None:
        return None
    return Folders(settings.spool_dir, settings.url, settings.token)
