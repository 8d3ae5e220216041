"""A job as outsiders see it: the object of the API, the pages and the live rooms."""

import math
from typing import Any

from app.core.clock import rfc3339_or_none
from app.jobs.ending import ends_between, estimated_end_ms
from app.jobs.fold import ENDED
from app.storage.base import Job
from scrapewatch.events import MAX_SAFE_INTEGER


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
        "pinned": job.pinned,
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


def detailed_json(job: Job, rate: float | None, pace: float | None, now_ms: int) -> dict[str, Any]:
    """The job object of one job alone, with the doubt about its end.

    Args:
        job: the job as it stands.
        rate: its items per second over the last minute, None when not known.
        pace: what it has done of its total by the millisecond lately, None when not known.
        now_ms: the present.

    Returns:
        `job_json`, and `etaRange`: ``{from, to, sure}``, the times between which it will end, `to` None where nobody
        can tell, and the share that is done by `from` at the slower pace; None where `eta` is all that there is to say.
    """
    shown = job_json(job, rate, now_ms)
    doubt = ends_between(job, pace, now_ms) if shown["eta"] is not None else None
    return {**shown, "etaRange": None if doubt is None else _range_json(doubt, shown["progress"]["ratio"], now_ms)}


def _range_json(doubt: tuple[int, int | None], ratio: float, now_ms: int) -> dict[str, Any]:
    first, last = doubt
    gained = (1 - ratio) * (first - now_ms) / (last - now_ms) if last is not None else 0.0
    return {"from": rfc3339_or_none(first), "to": rfc3339_or_none(last), "sure": round(ratio + gained, 4)}


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
