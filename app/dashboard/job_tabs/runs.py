"""The runs of a job's spider: the newest to choose from, and those before and after this one."""

from dataclasses import dataclass, replace
from typing import Final

from app.metrics.points import spider_of
from app.services import Services
from app.storage.base import Job, JobFilter
from app.storage.base_runs import Runs

MOST: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Siblings:
    """Other runs of the same spider, newest first; `previous` began before this one, `next` after it."""

    others: tuple[Job, ...] = ()
    previous: Job | None = None
    next: Job | None = None


def siblings(services: Services, job: Job) -> Siblings:
    """Of a job that says what it scrapes; none of another."""
    if not job.source:
        return Siblings()
    wanted = JobFilter(source=job.source, of=Runs(spider=spider_of(job)))
    newest = services.events.jobs(wanted, limit=MOST + 1)
    earlier = [one for one in newest if one.key < job.key] or services.events.jobs(wanted, before=job.key, limit=MOST)
    later = [one for one in newest if one.key > job.key]
    found = Siblings(others=tuple([*later, *earlier][:MOST]), previous=earlier[0] if earlier else None)
    return replace(found, next=later[-1]) if later and len(later) <= MOST else found


def last_completed(services: Services, job: Job) -> Job | None:
    """The last run of the same spider before this one that completed, or else the newest that did; None for none."""
    if not job.source:
        return None
    wanted = JobFilter(source=job.source, statuses=("completed",), of=Runs(spider=spider_of(job)))
    earlier = services.events.jobs(wanted, before=job.key, limit=1)
    found = earlier or [one for one in services.events.jobs(wanted, limit=2) if one.key != job.key]
    return found[0] if found else None
