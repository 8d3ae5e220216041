"""What the house asks of a store of events, and the records that pass through: no behaviour, no SQL.

Two ports are interchangeable by STORAGE_URL: `EventStore` (events and jobs) and `SeriesStore` (figures over time, in
`base_series`). Storage knows nothing of scraping: what an event means for its job is the `Fold`'s business, handed in
by the factory and run inside the same transaction on the events that are really new.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, Protocol

import msgspec

from app.storage.base_counts import Counted, Excess
from app.storage.base_jobs import Job as Job  # noqa: PLC0414  (of this port; told apart for its length)
from app.storage.base_jobs import JobFilter as JobFilter  # noqa: PLC0414
from app.storage.base_keeping import Ages
from app.storage.base_levels import Levels
from app.storage.base_runs import Run, Runs, Spider
from app.storage.base_series import Cells, Point

Tallies = Mapping[tuple[int, str, str], int]
"""How many events: by sender, by outcome (``stored``, ``duplicate``, ``rejected``), by code; and `Excess`."""

REPLAY: Final = 1 << 12
"""A bit of `Event.flags` that nobody is shown: the event comes from a spool, after an outage."""

UNKNOWN_DIGEST: Final = 0
"""In the place of `Event.digest`."""


class Event(msgspec.Struct, gc=False):
    """An event, checked and normalised; `cursor`, `job_key` and `received_ms` are filled by the store.

    A struct of msgspec's rather than a dataclass: they come by the hundred thousand, and it is made in C.

    Attributes:
        at_ms: the event's own time.
        data: the body as JSON text, an object.
        digest: a number that differs when type, time or data differ; events of before there were any have
            `UNKNOWN_DIGEST`, and are taken for the same as any of their id.
        body: the same as `data`, decoded; None for a type whose body means nothing to the server.
        id: 16 bytes made by the sender, or None.
        flags: bits in the order of `scrapewatch.events.FLAGS`, and those of `app.ingest.fields` that nobody is shown.
        level: index into `scrapewatch.events.LEVELS` for log and error events, else None.
        origin: the socket that it came over, "" for HTTP and for the server's own; kept by no store.
        job_key: the store's number for its job; minus its sender's id where there is no job.
    """

    sender_id: int
    type: str
    job_id: str
    at_ms: int
    data: str
    digest: int
    body: Mapping[str, Any] | None = None
    id: bytes | None = None
    seq: int | None = None
    epoch: bytes | None = None
    flags: int = 0
    level: int | None = None
    origin: str = ""
    received_ms: int = 0
    cursor: int = 0
    job_key: int = 0


_place_of: Final[Callable[[Event], tuple[str, int, int]]] = attrgetter("job_id", "at_ms", "received_ms")


@dataclass(slots=True, frozen=True)
class Outcome:
    """What became of one event: stored, or refused by `code`: `id_conflict`, `forbidden_job`, `invalid`."""

    state: Literal["stored", "duplicate", "refused"]
    code: str = ""
    field: str = ""


UNSTORABLE: Final = Outcome("refused", "invalid")


class Reach(NamedTuple):
    """How far a store's cursors go.

    Attributes:
        newest: the last one that was given, whatever became of its event; 0 for none.
        removed: the last one of an event that was stored and is no longer; 0 for none.
    """

    newest: int
    removed: int


@dataclass(frozen=True)
class Commit:
    """One transaction's result.

    Attributes:
        outcomes: one an event given, in the same order.
        events: those really stored, in the order of their cursors.
        jobs: the jobs that changed, as they stand now.
        prev: cursor of the last event before `events`, over all jobs.
        tails: for each of `jobs` the cursor of its last event before these, 0 for none.
        excess: figures that met a limit, as the fold tells; counted with the tallies.
    """

    outcomes: list[Outcome]
    events: list[Event]
    jobs: list[Job]
    prev: int
    tails: Mapping[str, int] = field(default_factory=dict)
    excess: Excess = field(default_factory=Counter)

    @cached_property
    def telling(self) -> list[Event]:
        """Those of `events` whose body means something to the server."""
        return [event for event in self.events if event.body is not None]

    @cached_property
    def counted(self) -> Mapping[tuple[str, int], int]:
        """How many of the other events there are, by job and by the second since 1970 in which they count.

        That is the second of an event's own time, but none after it was received. Nearly all events are of this kind,
        so they are gone through once, here, for all who count them.
        """
        events = self.events if not self.telling else [event for event in self.events if event.body is None]
        counts: Counter[tuple[str, int]] = Counter()
        for (job_id, at_ms, received_ms), count in Counter(map(_place_of, events)).items():
            counts[job_id, min(at_ms, received_ms) // 1000] += count
        return counts

    @classmethod
    def joined(cls, outcomes: list[Outcome], parts: "Sequence[Commit]") -> "Commit":
        """Commits that follow one another, as the one that they are to their readers; `outcomes` are of all events."""
        jobs: dict[str, Job] = {}
        tails: dict[str, int] = {}
        for part in parts:
            for job in part.jobs:
                if job.id in jobs:
                    job.news = job.news or jobs[job.id].news
                    job.begun += jobs[job.id].begun
                jobs[job.id] = job
                tails.setdefault(job.id, part.tails[job.id])
        events = [event for part in parts for event in part.events]
        return cls(outcomes, events, list(jobs.values()), parts[0].prev if parts else 0, tails)


class Fold(Protocol):
    """Turns new events into changes of their jobs and into points; pure but for the jobs and flags it changes."""

    def __call__(self, commit: Commit, jobs: Mapping[str, Job]) -> list[Point]:
        """Change `jobs` (id to job, those of the commit) in place and return the points to record."""
        ...


@dataclass(slots=True, frozen=True, kw_only=True)
class EventFilter:
    """Which events; None is any; `of` is the jobs that they are of. Times are of the event, both ends included."""

    of: Runs | None = None
    job_id: str | None = None
    cursors: tuple[int, ...] = ()
    types: tuple[str, ...] = ()
    min_level: int | None = None
    levels: Levels | None = None
    q: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None


class EventStore(Protocol):
    """Events and the jobs they make."""

    @property
    def durable(self) -> bool:
        """Whether an acknowledged event survives the loss of power, as far as the store knows."""
        ...

    def append(self, events: Sequence[Event], fold: Fold, refused: Tallies = MappingProxyType({})) -> Commit:
        """Store what is new of `events` and what `fold` makes of it, in one transaction.

        `refused` is what was rejected before it came here; it is added to the tallies, as is each outcome.

        Raises:
            app.core.errors.Unavailable: `storage_full` or `storage_down`; nothing was stored.
        """
        ...

    def append_singly(self, events: Sequence[Event], fold: Fold, refused: Tallies = MappingProxyType({})) -> Commit:
        """The same for a batch of which something can't be stored: that alone is refused, by `UNSTORABLE`.

        Raises:
            Exception: of whatever is no event's fault; nothing was stored.
        """
        ...

    def events(self, wanted: EventFilter, *, before: int | None = None, limit: int = 100) -> list[Event]:
        """Newest first, from `before` (not included) backwards."""
        ...

    def events_after(self, wanted: EventFilter, *, after: int, limit: int = 500) -> list[Event]:
        """Oldest first, from `after` (not included) onwards."""
        ...

    def reach(self) -> Reach:
        """The cursors that have been given, and up to which events may be missing."""
        ...

    def jobs(self, wanted: JobFilter, *, before: int | None = None, limit: int = 100) -> list[Job]:
        """Newest first by `key`, from `before` (not included) backwards."""
        ...

    def job(self, job_id: str) -> Job | None:
        """One job, or None."""
        ...

    def job_counts(self, wanted: JobFilter, most: int | None = None) -> dict[str, int]:
        """Status to number of jobs, for every status that occurs; of the newest `most` alone, if that is given.

        Where nothing is filtered it takes no time however many there are.
        """
        ...

    def latest_runs(self, spiders: Sequence[Spider], limit: int) -> dict[Spider, list[Run]]:
        """Of each of at most 100 spiders the newest runs, newest first."""
        ...

    def count(self, wanted: EventFilter | JobFilter, over: Cells, most: int) -> Counted:
        """How many of the newest `most` there are in each of the cells: events by their times, jobs by their start."""
        ...

    def last_seqs(self, sender_id: int, epoch: bytes) -> dict[str, int]:
        """Greatest stored `seq` of each job of that sender in that epoch."""
        ...

    def tallies(self) -> dict[tuple[int, str, str], int]:
        """What became of all that was ever received, exactly: see `Tallies`."""
        ...

    def delete_job(self, job_id: str, *, later: bool = False) -> bool:
        """Forget a job and its events; False when there is none.

        Its events are out of sight at once and go in slices: other writes never wait long. By `later` they are left to
        `prune`. One that comes meanwhile makes a new job.
        """
        ...

    def prune(self, ages: Ages, limit: int) -> int:
        """Delete up to `limit` events that are older than they are kept; returns how many went.

        Those of a job go by how it is now: of pinned ones none goes.

        Before those go the events that a deletion of their job has left behind.
        What was passed over is not looked at again until its job is kept no longer, so that it is cheap where there is
        nothing to do. With nothing left to delete, what is kept of numbers of jobs is made right.
        """
        ...
