"""The order in which people see jobs: those that are open first, then those that have ended, the newest on top of each.

A page goes on where the last one ended, by that job's state and number: no row is skipped and none is counted.

No index leads to what a search looks for. So that none takes long, it goes through so many jobs that have ended, the
newest from where it begins, and says from where to go on; those that are open are few.
"""

from dataclasses import dataclass, replace
from typing import Final

from app.jobs.fold import ENDED, OPEN, STATUSES
from app.storage.base import EventStore, Job, JobFilter

LOOKED: Final = 100_000
"""Jobs that one page of a search goes through at most: some 150 ms."""
OVER: Final = tuple(status for status in STATUSES if status in ENDED)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins.

    Attributes:
        over: whether among those that have ended.
        before: after the job of this number; None for the first.
    """

    over: bool = False
    before: int | None = None


FIRST: Final = Place()


def page_of(
    events: EventStore, wanted: JobFilter, place: Place, limit: int, newest: int
) -> tuple[list[Job], Place | None]:
    """The jobs from there on, and where the next page begins; None after the last. `newest` is the greatest number."""
    found: list[Job] = []
    floor = 0
    for over, statuses in ((False, OPEN), (True, OVER)):
        within = _within(wanted, statuses)
        if within and over >= place.over and len(found) < limit:
            before = place.before if over == place.over else None
            floor = floor_of(wanted, newest + 1 if before is None else before) if over else 0
            asked = replace(wanted, statuses=within, after=floor or wanted.after)
            found += events.jobs(asked, before=before, limit=limit - len(found))
    if len(found) < limit:
        return found, Place(over=True, before=floor + 1) if floor else None
    return found, Place(found[-1].status in ENDED, found[-1].key)


def counts_of(events: EventStore, wanted: JobFilter, most: int, newest: int) -> tuple[dict[str, int], bool]:
    """Status to number of jobs, and whether there may be more: no more than `most` are counted, nor looked through."""
    if wanted == JobFilter():
        return events.job_counts(wanted), False
    still_open, ended = _within(wanted, OPEN), _within(wanted, OVER)
    floor = floor_of(wanted, newest + 1) if ended else 0
    counts = events.job_counts(replace(wanted, statuses=still_open), most) if still_open else {}
    if ended:
        counts |= events.job_counts(replace(wanted, statuses=ended, after=floor or wanted.after), most)
    return counts, floor > 0 or sum(counts.values()) >= most


def _within(wanted: JobFilter, statuses: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the states that are wanted; to a filter none at all would mean every one."""
    return tuple(status for status in statuses if not wanted.statuses or status in wanted.statuses)


def floor_of(wanted: JobFilter, before: int) -> int:
    """The number down to which jobs that have ended are gone through, not included; 0 for all the way."""
    led_to = replace(JobFilter(), of=wanted.of, keys=wanted.keys, after=wanted.after, source=wanted.source)
    floor = before - 1 - LOOKED
    return floor if floor > (wanted.after or 0) and replace(wanted, statuses=()) != led_to else 0
