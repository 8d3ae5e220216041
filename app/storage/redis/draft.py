"""A transaction of events while it is thought about: judged, numbered and folded in this process, written at its end.

What was added stays as it was where the next addition fails, so that a batch can also be added event by event.
"""

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.storage.base import UNKNOWN_DIGEST, Commit, Event, Fold, Job, Outcome, Tallies
from app.storage.base_series import Point
from app.storage.redis.server import Head

Id = tuple[int, str, bytes]
"""Of a sender, a job ("" for none) and an event."""

STORED = Outcome("stored")
DUPLICATE = Outcome("duplicate")
FORBIDDEN = Outcome("refused", "forbidden_job", "jobId")
CONFLICT = Outcome("refused", "id_conflict", "id")


def id_of(event: Event) -> Id:
    """Under which an event with an id is remembered."""
    return event.sender_id, event.job_id, event.id or b""


@dataclass(slots=True)
class Held:
    """What the store holds of a batch: its jobs, and the digests of those of its events that are stored already."""

    jobs: dict[str, Job]
    digests: dict[Id, int]


@dataclass(slots=True)
class Draft:
    """See the module; all that is to be written is in its attributes.

    Attributes:
        jobs: those that changed, by id.
        digests: of the new events that have an id.
        cursor: the last that was given.
        job_key: the last that was given.
    """

    head: Head
    held: Held
    now_ms: int
    events: list[Event] = field(default_factory=list)
    jobs: dict[str, Job] = field(default_factory=dict)
    digests: dict[Id, int] = field(default_factory=dict)
    points: list[Point] = field(default_factory=list)
    tallies: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    cursor: int = 0
    job_key: int = 0

    def __post_init__(self) -> None:
        self.cursor, self.job_key = self.head.cursor, self.head.job

    def add(self, events: Sequence[Event], fold: Fold) -> Commit:
        """Add events; what `fold` raises comes through, and then nothing is added."""
        jobs, digests = dict[str, Job](), dict[Id, int]()
        outcomes = [self._judge(event, jobs, digests) for event in events]
        new = [event for event, outcome in zip(events, outcomes, strict=True) if outcome is STORED]
        changed = {event.job_id: jobs[event.job_id] for event in new if event.job_id}
        commit = Commit(outcomes, new, list(changed.values()), self.cursor, _tails(changed))
        cursor, job_key = self._number(new, changed)
        points = fold(commit, changed)
        self.cursor, self.job_key = cursor, job_key
        self.events += new
        self.jobs |= changed
        self.digests |= digests
        self.points += points
        self.count(_outcomes(events, outcomes))
        self.count(commit.excess)
        return commit

    def count(self, tallies: Tallies) -> None:
        """Add to the tallies."""
        self.tallies.update(dict(tallies))

    def _judge(self, event: Event, jobs: dict[str, Job], digests: dict[Id, int]) -> Outcome:
        """Say what becomes of an event, noting its job (a copy, or a new one) and its id."""
        if event.job_id:
            job = jobs.get(event.job_id) or jobs.setdefault(event.job_id, self._job_of(event))
            if job.sender_id != event.sender_id:
                return FORBIDDEN
        if event.id is None:
            return STORED
        key = id_of(event)
        known = digests.get(key, self.digests.get(key, self.held.digests.get(key)))
        if known is None:
            digests[key] = event.digest
            return STORED
        return DUPLICATE if known in (event.digest, UNKNOWN_DIGEST) else CONFLICT

    def _job_of(self, event: Event) -> Job:
        """A copy, so that what was added before stays as it was told."""
        known = self.jobs.get(event.job_id) or self.held.jobs.get(event.job_id)
        if known is None:
            return Job(event.job_id, event.sender_id, created_at=self.now_ms, last_event_at=self.now_ms)
        found = copy.copy(known)
        found.news, found.begun = False, 0
        return found

    def _number(self, new: Sequence[Event], changed: Mapping[str, Job]) -> tuple[int, int]:
        job_key = self.job_key
        for job in changed.values():
            if not job.key:
                job_key += 1
                job.key = job_key
        cursor = self.cursor
        for cursor, event in enumerate(new, self.cursor + 1):
            event.cursor, event.received_ms, event.job_key = cursor, self.now_ms, -event.sender_id
            if event.job_id:
                job = changed[event.job_id]
                event.job_key, job.last_cursor, job.origin = job.key, cursor, event.origin
        return cursor, job_key


def _tails(jobs: Mapping[str, Job]) -> dict[str, int]:
    return {job_id: job.last_cursor for job_id, job in jobs.items()}


def _outcomes(events: Sequence[Event], outcomes: Sequence[Outcome]) -> Tallies:
    if outcomes.count(STORED) == len(outcomes):
        return {(sender_id, "stored", ""): n for sender_id, n in Counter(event.sender_id for event in events).items()}
    return Counter(
        (event.sender_id, "rejected" if outcome.code else outcome.state, outcome.code)
        for event, outcome in zip(events, outcomes, strict=True)
    )
