"""Whether a job is wanted, for stores that go through them one by one."""

import operator
from collections.abc import Callable
from typing import Any, Final

from app.storage.base import Job, JobFilter
from app.storage.base_jobs import Condition
from app.storage.base_runs import Runs
from app.storage.counting import began
from app.storage.matching import is_within

_COMPARED: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def is_wanted_job(job: Job, wanted: JobFilter) -> bool:
    """Whether the job meets all that is asked."""
    return (
        (wanted.of is None or wanted.of.take(job.id, job.source, job.query))
        and (not wanted.keys or job.key in wanted.keys)
        and (wanted.after is None or job.key > wanted.after)
        and (not wanted.statuses or job.status in wanted.statuses)
        and (wanted.source is None or job.source == wanted.source)
        and (not wanted.q or _holds(job, wanted.q))
        and (wanted.tag is None or wanted.tag in job.tags)
        and is_within(began(job), wanted.from_ms, wanted.to_ms)
        and all(_meets(job, condition) != condition.negated for condition in wanted.conditions)
    )


def _meets(job: Job, condition: Condition) -> bool:
    """Whether it does, were the condition not negated."""
    match condition.field:
        case "text":
            return all(_holds(job, str(value)) for value in condition.values)
        case "tag":
            return any(value in job.tags for value in condition.values)
        case "spider":
            return any(Runs(spider=str(name)).take(job.id, job.source, job.query) for name in condition.values)
        case "pinned":
            return job.pinned
        case field:
            held = began(job) if field == "began" else getattr(job, field)
            return held is not None and _compares(held, condition)


def _compares(held: Any, condition: Condition) -> bool:
    if condition.sign == "=":
        return held in condition.values
    if condition.sign == "^":
        return any(held.lower().startswith(str(stem).lower()) for stem in condition.values)
    return _COMPARED[condition.sign](held, condition.values[0])


def _holds(job: Job, text: str) -> bool:
    return any(text.lower() in known.lower() for known in (job.id, job.source or "", job.query or ""))
