"""What senders report of their own events: the part of the ledger that only they can keep.

Each sending process of the client package tells by `client_report` what became of its events so far; the last report
of an epoch counts. For every process, at the moment of its report::

    emitted + adopted = accepted + duplicates + rejected + dropped + waiting

where `adopted` came from the spool of a process that had ended. The sums over a sender's processes say whether
anything is missing. Clients other than ours report nothing.
"""

import threading
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from app.ingest.fields import read_time
from app.storage.base import Commit, Event, EventFilter, EventStore, Job, JobFilter

MOST_PROCESSES: Final = 5_000
"""Epochs told apart; of older ones the sum is kept."""
MOST_AWAY: Final = 20_000
"""Of those, how many are remembered, so that one that reports again is not counted twice."""
MOST_READ: Final = 20_000
"""Reports looked at when the process starts, newest first."""
MOST_JOBS: Final = 1_000
"""Jobs looked at when the process starts, newest first, for when their senders were last heard."""
MOST_REASONS: Final = 32
LONGEST: Final = 200
"""Characters of a name that a client made up."""
_PAGE: Final = 500
_TYPE: Final = "client_report"
_COUNTS: Final = ("emitted", "adopted", "stored", "duplicates", "truncated", "waiting", "spool_bytes")


@dataclass(slots=True)
class Report:
    """A process's last report, or the sum of several; `waiting` is what lies in its spool.

    Attributes:
        at_ms: when it came.
        stored: answered for as accepted, or as a duplicate of an earlier try.
        oldest_ms: the time of the oldest event in the spool, None when it is empty.
    """

    at_ms: int = 0
    host: str = ""
    pid: int | None = None
    emitted: int = 0
    adopted: int = 0
    stored: int = 0
    duplicates: int = 0
    truncated: int = 0
    waiting: int = 0
    spool_bytes: int = 0
    oldest_ms: int | None = None
    rejected: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Report") -> None:
        """Add the counts of another process."""
        self.at_ms = max(self.at_ms, other.at_ms)
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.rejected.update(other.rejected)
        self.dropped.update(other.dropped)

    def take_off(self, other: "Report") -> None:
        """Take off the counts of a process that were added before."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) - getattr(other, name))
        self.rejected -= other.rejected
        self.dropped -= other.dropped


@dataclass(slots=True, frozen=True)
class SenderReport:
    """What a sender's processes have reported together.

    Attributes:
        processes: those whose report is known, the last heard first.
        total: the sum over all, also over processes that are no longer told apart.
        waiting: what lies in spools; what others adopted of them is taken off.
        difference: events of which no report says what became of them; below 0, of which none says that they were
            emitted, because a process ended before it could.
    """

    processes: list[Report]
    total: Report
    waiting: int
    difference: int


class Reports:
    """See the module; commits come from the writer thread, questions from anywhere."""

    def __init__(self, events: EventStore) -> None:
        self._events = events
        self._lock = threading.Lock()
        self._last: OrderedDict[tuple[int, bytes], Report] = OrderedDict()
        self._earlier: dict[int, Report] = defaultdict(Report)
        self._away: OrderedDict[tuple[int, bytes], Report] = OrderedDict()
        self._heard: dict[int, int] = {}

    def rebuild(self) -> None:
        """Read what the store keeps of it; before the first commit is handed in."""
        jobs = self._events.jobs(JobFilter(), limit=MOST_JOBS)
        found: dict[tuple[int, bytes], Event] = {}
        for event in self._newest_first():
            if event.epoch is not None:
                found.setdefault((event.sender_id, event.epoch), event)
        self._take(jobs, reversed(found.values()))

    def on_commit(self, commit: Commit) -> None:
        """Take what one transaction stored."""
        self._take(commit.jobs, (event for event in commit.telling if event.type == _TYPE))

    def heard_ms(self, sender_id: int) -> int | None:
        """When a job or a process of the sender was last heard, ms since 1970; None for not lately."""
        return self._heard.get(sender_id)

    def by_sender(self) -> dict[int, SenderReport]:
        """What each sender's processes have reported; senders of which none has are left out."""
        processes: dict[int, list[Report]] = defaultdict(list)
        totals: dict[int, Report] = defaultdict(Report)
        with self._lock:
            for (sender_id, _), report in reversed(self._last.items()):
                processes[sender_id].append(report)
                totals[sender_id].add(report)
            for sender_id, report in self._earlier.items():
                totals[sender_id].add(report)
        return {sender_id: _balance(processes[sender_id], total) for sender_id, total in totals.items()}

    def _newest_first(self) -> Iterator[Event]:
        wanted, before, left = EventFilter(types=(_TYPE,)), None, MOST_READ
        while left > 0 and (page := self._events.events(wanted, before=before, limit=_PAGE)):
            yield from page
            before = page[-1].cursor
            left -= len(page)

    def _note(self, sender_id: int, at_ms: int) -> None:
        self._heard[sender_id] = max(at_ms, self._heard.get(sender_id, 0))

    def _take(self, jobs: Iterable[Job], events: Iterable[Event]) -> None:
        with self._lock:
            for job in jobs:
                self._note(job.sender_id, job.last_event_at)
            for event in events:
                if event.epoch is not None:
                    self._put((event.sender_id, event.epoch), _read(event))
                    self._note(event.sender_id, event.received_ms)

    def _put(self, process: tuple[int, bytes], report: Report) -> None:
        """Make it the last report of the process, whose former one may be in the sum already."""
        back = self._away.pop(process, None)
        if back is not None:
            self._earlier[process[0]].take_off(back)
        self._last[process] = report
        self._last.move_to_end(process)
        if len(self._last) > MOST_PROCESSES:
            gone, last = self._last.popitem(last=False)
            self._earlier[gone[0]].add(last)
            self._away[gone] = last
            if len(self._away) > MOST_AWAY:
                self._away.popitem(last=False)


def _balance(processes: list[Report], total: Report) -> SenderReport:
    waiting = max(0, total.waiting - total.adopted)
    accounted = total.stored + total.rejected.total() + total.dropped.total() + waiting
    return SenderReport(processes, total, waiting, total.emitted - accounted)


def _read(event: Event) -> Report:
    """The figures of a report; what is absent counts as nothing."""
    body = event.body or {}
    spool = body.get("spool") or {}
    oldest = spool.get("oldest")
    duplicates = _count(body, "duplicates")
    return Report(
        at_ms=event.received_ms,
        host=str(body.get("host") or "")[:LONGEST],
        pid=body.get("pid"),
        emitted=_count(body, "emitted"),
        adopted=_count(body, "adopted"),
        stored=_count(body, "accepted") + duplicates,
        duplicates=duplicates,
        truncated=_count(body, "truncated"),
        waiting=_count(spool, "events"),
        spool_bytes=_count(spool, "bytes"),
        oldest_ms=None if oldest is None else min(max(0, read_time(oldest)), event.received_ms),
        rejected=_counts(body, "rejected"),
        dropped=_counts(body, "dropped"),
    )


def _count(body: Mapping[str, Any], name: str) -> int:
    return int(body.get(name) or 0)


def _counts(body: Mapping[str, Any], name: str) -> Counter[str]:
    found = ((reason[:LONGEST], int(count)) for reason, count in (body.get(name) or {}).items())
    return Counter(dict(islice(((reason, count) for reason, count in found if count), MOST_REASONS)))
