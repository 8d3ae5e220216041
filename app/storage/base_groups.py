"""What the house asks of a store of error groups: the errors of a job, those alike counted together.

A group is fed from committed events, after the fact: `grouped` says up to which cursor. What makes errors alike is the
business of whoever feeds them, `app.jobs.grouping`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from app.storage.base_keeping import Ages
from app.storage.base_series import MINUTE_MS

MOST_CELLS: Final = 60
"""Cells that the course of a group has at most."""

MOST_GROUPS: Final = 1_000
"""Groups of a job that are told apart; errors of yet another are counted in the group `OTHERS`."""

OTHERS: Final = ""
"""Its fingerprint, which no error has."""


@dataclass(slots=True, frozen=True)
class Sighting:
    """An error as its group sees it; `count` is of how many it tells, `cursor` its event."""

    job_id: str
    job_key: int
    fingerprint: str
    kind: str
    place: str
    url_template: str
    title: str
    at_ms: int
    count: int
    cursor: int


class Course(NamedTuple):
    """Counts over time: the first cell begins at `first * step_ms` ms since 1970."""

    step_ms: int
    first: int
    cells: tuple[int, ...]

    @classmethod
    def of(cls, at_ms: int, count: int) -> "Course":
        """Of one moment."""
        return cls(MINUTE_MS, at_ms // MINUTE_MS, (count,))

    def joined(self, other: "Course") -> "Course":
        """Both together, in minutes or as coarse as it takes to have no more than `MOST_CELLS`."""
        step_ms = max(self.step_ms, other.step_ms)
        ends = [(course.first * course.step_ms, course.last * course.step_ms) for course in (self, other)]
        begin_ms, end_ms = min(begin for begin, _ in ends), max(end for _, end in ends)
        while end_ms // step_ms - begin_ms // step_ms >= MOST_CELLS:
            step_ms *= 2
        first = begin_ms // step_ms
        cells = [0] * (end_ms // step_ms - first + 1)
        for course in (self, other):
            for place, count in enumerate(course.cells, course.first):
                cells[place * course.step_ms // step_ms - first] += count
        return Course(step_ms, first, tuple(cells))

    @property
    def last(self) -> int:
        """The number of the last cell."""
        return self.first + len(self.cells) - 1


@dataclass(slots=True, frozen=True)
class Mute:
    """Who said that errors of a kind are no news, and when."""

    by: str
    at_ms: int


@dataclass(slots=True, frozen=True, kw_only=True)
class ErrorGroup:
    """Errors of one job that are alike; times are the events' own, in ms since 1970 UTC.

    Attributes:
        count: of how many errors its events tell.
        sample: the cursor of its newest event.
        course: how many there were over time.
        new: whether the spider has run before and none of its earlier runs had such an error.
        muted: for all runs of the spider; None if it is not.
    """

    job_key: int
    fingerprint: str
    kind: str
    place: str
    url_template: str
    title: str
    first_ms: int
    last_ms: int
    count: int
    sample: int
    course: Course
    new: bool = False
    muted: Mute | None = None


class GroupStore(Protocol):
    """The error groups of all jobs; those of a job go with it."""

    def grouped(self) -> int:
        """The cursor up to which events are in their groups; 0 for none."""
        ...

    def group(self, sightings: Sequence[Sighting], after: int, upto: int) -> bool:
        """Count these, all that there are between the two cursors; False if `grouped` is not `after` any more.

        That and the counts are one transaction. A sighting of a job that has been deleted is passed over.

        Raises:
            app.core.errors.Unavailable: nothing was counted.
        """
        ...

    def of_job(self, job_id: str, limit: int = 200) -> list[ErrorGroup]:
        """Those with the most errors first."""
        ...

    def one(self, job_id: str, fingerprint: str) -> ErrorGroup | None:
        """One of a job's groups, None when there is none."""
        ...

    def mute(self, job_id: str, fingerprint: str, mute: Mute) -> bool:
        """Mute such errors in all runs of the job's spider; the last word counts. False when there is no such job."""
        ...

    def unmute(self, job_id: str, fingerprint: str) -> bool:
        """Undo that; False when they were not muted."""
        ...

    def forget(self, ages: Ages, limit: int) -> int:
        """Delete up to `limit` groups that are older than events of their jobs are kept; returns how many went."""
        ...
