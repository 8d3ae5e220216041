"""What the house asks of a store, and the records that pass through: no behaviour, no SQL.

Two ports are interchangeable by STORAGE_URL: `EventStore` (events and jobs) and `SeriesStore` (figures over
time). Storage knows nothing of scraping: what an event means for its job is the `Fold`'s business, handed in
by the factory and run inside the same transaction on the events that are really new.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

Labels = tuple[tuple[str, str], ...]
"""Sorted (name, value) pairs."""

RAW_MS: Final = 10_000
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
STEPS_MS: Final = (RAW_MS, MINUTE_MS, HOUR_MS)
"""The resolutions in which series are kept, finest first."""


@dataclass(slots=True)
class Event:
    """An event, checked and normalised; `cursor`, `prev` and `received_ms` are filled by the store.

    Attributes:
        at_ms: the event's own time.
        data: the body as JSON text, an object.
        body: the same, decoded.
        id: 16 bytes made by the sender, or None.
        flags: bits in the order of `scrapewatch.events.FLAGS`.
        level: index into `scrapewatch.events.LEVELS` for log and error events, else None.
        digest: 16 bytes that differ when type, time or data differ.
        prev: cursor of the job's event before this one, 0 for none.
    """

    sender_id: int
    type: str
    job_id: str
    at_ms: int
    data: str
    body: Mapping[str, Any]
    digest: bytes
    id: bytes | None = None
    seq: int | None = None
    epoch: bytes | None = None
    replay: bool = False
    flags: int = 0
    level: int | None = None
    received_ms: int = 0
    cursor: int = 0
    prev: int = 0


@dataclass(slots=True)
class Job:
    """A job as it stands after its events so far; times in ms since 1970 UTC.

    Attributes:
        key: the store's number for the job, 0 before it is stored.
        items: distinct stored item events plus summaries, of this attempt.
        items_reported: the scraper's own figure.
        totals: figures reported since the attempt's start (requests, bytes, proxies, ...), as last seen.
        first_cursor: where this attempt begins.
    """

    id: str
    sender_id: int
    created_at: int
    key: int = 0
    source: str | None = None
    query: str | None = None
    tags: list[str] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    status: str = "running"
    attempt: int = 1
    done: float | None = None
    total: float | None = None
    unit: str | None = None
    items: int = 0
    items_reported: int | None = None
    errors: int = 0
    started_at: int | None = None
    finished_at: int | None = None
    duration: float | None = None
    last_event_at: int = 0
    worker: str | None = None
    reason: str | None = None
    totals: dict[str, Any] = field(default_factory=dict)
    first_cursor: int = 0
    last_cursor: int = 0


@dataclass(slots=True, frozen=True)
class Point:
    """What was measured of one series within one moment; merged into its buckets by the store."""

    name: str
    labels: Labels
    at_ms: int
    sum: float
    count: int
    min: float
    max: float


@dataclass(slots=True, frozen=True)
class Bucket:
    """A series over one step, beginning at `at_ms`."""

    at_ms: int
    sum: float
    count: int
    min: float
    max: float


@dataclass(slots=True, frozen=True)
class Outcome:
    """What became of one event: stored, or refused by `code`.

    A store refuses by `id_conflict` or `forbidden_job`, the writer by `invalid` what no store could take.
    """

    state: Literal["stored", "duplicate", "refused"]
    code: str = ""
    field: str = ""


@dataclass(slots=True, frozen=True)
class Commit:
    """One transaction's result.

    Attributes:
        outcomes: one an event given, in the same order.
        events: those really stored, in the order of their cursors.
        jobs: the jobs that changed, as they stand now.
        prev: cursor of the last event before `events`, over all jobs.
    """

    outcomes: list[Outcome]
    events: list[Event]
    jobs: list[Job]
    prev: int


class Fold(Protocol):
    """Turns new events into changes of their jobs and into points; pure but for the jobs and flags it changes."""

    def __call__(self, events: Sequence[Event], jobs: Mapping[str, Job]) -> list[Point]:
        """Change `jobs` (id to job, one for each jobId but "") in place and return the points to record."""
        ...


@dataclass(slots=True, frozen=True, kw_only=True)
class EventFilter:
    """Which events; None is any. Times are of the event, both ends included."""

    job_id: str | None = None
    types: tuple[str, ...] = ()
    min_level: int | None = None
    q: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None


@dataclass(slots=True, frozen=True, kw_only=True)
class JobFilter:
    """Which jobs; None is any. `q` is looked for in id, source and query; times are of the start."""

    statuses: tuple[str, ...] = ()
    source: str | None = None
    q: str | None = None
    tag: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None


class EventStore(Protocol):
    """Events and the jobs they make."""

    durable: bool
    """Whether an acknowledged event survives the loss of power."""

    def append(self, events: Sequence[Event], fold: Fold) -> Commit:
        """Store what is new of `events` and what `fold` makes of it, in one transaction.

        Raises:
            app.core.errors.Unavailable: `storage_full` or `storage_down`; nothing was stored.
        """
        ...

    def events(self, wanted: EventFilter, *, before: int | None = None, limit: int = 100) -> list[Event]:
        """Newest first, from `before` (not included) backwards."""
        ...

    def events_after(self, wanted: EventFilter, *, after: int, limit: int = 500) -> list[Event]:
        """Oldest first, from `after` (not included) onwards."""
        ...

    def head(self) -> int:
        """The newest cursor, 0 for none."""
        ...

    def jobs(self, wanted: JobFilter, *, before: int | None = None, limit: int = 100) -> list[Job]:
        """Newest first by `key`, from `before` (not included) backwards."""
        ...

    def job(self, job_id: str) -> Job | None:
        """One job, or None."""
        ...

    def job_counts(self, wanted: JobFilter) -> dict[str, int]:
        """Status to number of jobs, for every status that occurs."""
        ...

    def last_seqs(self, sender_id: int, epoch: bytes) -> dict[str, int]:
        """Greatest stored `seq` of each job of that sender in that epoch."""
        ...

    def delete_job(self, job_id: str) -> bool:
        """Forget a job and its events; False when there is none.

        Its events go in slices after the job, so that other writes never wait long; one that comes meanwhile makes a
        new job.
        """
        ...

    def prune(self, *, events_before_ms: int, logs_before_ms: int, limit: int) -> int:
        """Delete up to `limit` events received before those times, logs at the earlier of both; returns how many went.

        Looks at the oldest alone, so that it is cheap where there is nothing to do.
        """
        ...


class SeriesStore(Protocol):
    """Figures over time, kept in the resolutions of `STEPS_MS`."""

    def record(self, points: Iterable[Point]) -> None:
        """Merge points into their buckets of `RAW_MS` and `MINUTE_MS`; counts saturate at `MAX_SAFE_INTEGER`."""
        ...

    def roll_up(self, from_ms: int, to_ms: int) -> None:
        """Compute the hours that begin within the span anew from their minutes; twice does no harm."""
        ...

    def read(
        self, name: str, labels: Mapping[str, str], *, from_ms: int, to_ms: int, step_ms: int
    ) -> dict[Labels, list[Bucket]]:
        """The buckets of every series of that name that carries all `labels`, oldest first."""
        ...

    def prune(self, *, raw_before_ms: int, minutes_before_ms: int, hours_before_ms: int) -> int:
        """Delete older buckets; returns how many went."""
        ...
