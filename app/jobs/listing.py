"""The order in which people see jobs: those that are open first, then those that have ended, the newest on top of each.

A page goes on where the last one ended, by that job's state and number: no row is skipped and none is counted.
"""

from dataclasses import dataclass, replace
from typing import Final

from app.jobs.fold import ENDED, OPEN, STATUSES
from app.storage.base import EventStore, Job, JobFilter

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


def page_of(events: EventStore, wanted: JobFilter, place: Place, limit: int) -> tuple[list[Job], Place | None]:
    """The jobs from there on, and where the next page begins; None after the last."""
    found: list[Job] = []
    for over, statuses in ((False, OPEN), (True, OVER)):
        within = tuple(status for status in statuses if not wanted.statuses or status in wanted.statuses)
        if within and over >= place.over and len(found) < limit:
            before = place.before if over == place.over else None
            found += events.jobs(replace(wanted, statuses=within), before=before, limit=limit - len(found))
    if len(found) < limit:
        return found, None
    return found, Place(found[-1].status in ENDED, found[-1].key)
