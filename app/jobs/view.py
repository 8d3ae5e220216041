"""A job as outsiders see it: the object of the API, the pages and the live rooms."""

import math
from typing import Any, Final

from app.core.clock import rfc3339_or_none
from app.jobs.fold import ENDED
from app.storage.base import Job
from scrapewatch.events import MAX_SAFE_INTEGER

FARTHEST_MS: Final = 10 * 366 * 86_400_000
"""An estimate that lies further ahead is none."""


def job_json(job: Job, rate: float | None, now_ms: int) -> dict[str, Any]:
    """The contract's job object.

    Args:
        job: the job as it stands.
        rate: its items per second over the last minute, None when not known; an ended job shows its average.
        now_ms: the present, for the running duration.
    """
    ended = job.status in ENDED
    duration = job.duration if ended else _running_for(job, now_ms)
    if ended:
        rate = _finite(round(job.items / duration * 1000, 3)) if duration else 0.0
    return {
        "id": job.id,
        "source": job.source,
        "query": job.query,
        "tags": job.tags,
        "status": job.status,
        "attempt": job.attempt,
        "progress": {"done": _plain(job.done), "total": _plain(job.total), "unit": job.unit, "ratio": _ratio(job)},
        "items": job.items,
        "itemsReported": job.items_reported,
        "errors": job.errors,
        "itemsPerSecond": rate,
        "eta": None if ended or job.status == "lost" else rfc3339_or_none(estimated_end_ms(job, now_ms)),
        "startedAt": rfc3339_or_none(job.started_at),
        "finishedAt": rfc3339_or_none(job.finished_at),
        "duration": _plain(duration),
        "lastEventAt": rfc3339_or_none(job.last_event_at),
        "worker": job.worker,
        "verdict": None,
        "reason": job.reason,
    }


def estimated_end_ms(job: Job, now_ms: int) -> int | None:
    """When the job will end if it goes on at its average pace; None without a basis for it or beyond `FARTHEST_MS`.

    The pace is that of the whole attempt: a shorter window swings with every slow page.
    """
    if job.started_at is None or not job.done or not job.total or job.done >= job.total:
        return None
    elapsed = max(1, job.last_event_at - job.started_at)
    left = elapsed * ((job.total - job.done) / job.done)
    return max(now_ms, round(job.last_event_at + left)) if left <= FARTHEST_MS else None


def _running_for(job: Job, now_ms: int) -> int | None:
    return None if job.started_at is None else max(0, now_ms - job.started_at)


def _plain(number: float | None) -> float | None:
    """Stores keep amounts as floats; a whole one is shown as it was sent."""
    if number is None or not float(number).is_integer() or abs(number) > MAX_SAFE_INTEGER:
        return _finite(number)
    return int(number)


def _finite(number: float | None) -> float | None:
    """JSON knows no other numbers."""
    return number if number is not None and math.isfinite(number) else None


def _ratio(job: Job) -> float | None:
    if job.done is None or not job.total:
        return None
    return min(1.0, job.done / job.total)
