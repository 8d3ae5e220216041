"""When a job will end, and how sure that is.

Two paces are known: that of the whole attempt, which a slow page hardly moves, and that of the last five minutes, which
notices a job that has slowed down or waits. Where both lead to about the same time, it is one; otherwise the job will
end between the two.
"""

from typing import Final

from app.storage.base import Job

FARTHEST_MS: Final = 10 * 366 * 86_400_000
"""An estimate that lies further ahead is none."""
_NEAR_MS: Final = 60_000
_NEAR: Final = 0.1
"""Ends that lie no further apart than a minute, or than this share of the time until the later, are one."""


def estimated_end_ms(job: Job, now_ms: int) -> int | None:
    """When the job will end if it goes on at its average pace; None without a basis for it or beyond `FARTHEST_MS`.

    The pace is that of the whole attempt: a shorter window swings with every slow page.
    """
    if job.started_at is None or not job.done:
        return None
    return _end_at(job, job.done / max(1, job.last_event_at - job.started_at), now_ms)


def ends_between(job: Job, pace: float | None, now_ms: int) -> tuple[int, int | None] | None:
    """The earlier and the later end of a job that goes on at its average pace or at that of the last minutes.

    One of the two is `estimated_end_ms`. The later is None where the job is stalled, has done nothing of its total
    lately, or so little that it would never end.

    Args:
        job: the job as it stands.
        pace: what it has done by the millisecond lately, None when not known.
        now_ms: the present.

    Returns:
        None where there is no estimate, only the average to go by, or no difference worth telling.
    """
    average = estimated_end_ms(job, now_ms)
    if average is None:
        return None
    if job.status == "stalled":
        return average, None
    if pace is None:
        return None
    lately = _end_at(job, pace, now_ms)
    if lately is None:
        return average, None
    first, last = sorted((average, lately))
    return None if last - first <= max(_NEAR_MS, _NEAR * (last - now_ms)) else (first, last)


def _end_at(job: Job, pace: float, now_ms: int) -> int | None:
    """When a job that goes on at a pace by the millisecond has reached its total."""
    if not job.done or not job.total or job.done >= job.total or not pace > 0:
        return None
    left = (job.total - job.done) / pace
    return max(now_ms, round(job.last_event_at + left)) if left <= FARTHEST_MS else None
