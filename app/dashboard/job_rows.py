"""Jobs as rows of the list: beside each job its pace, its errors, its alerts and the last runs of its spider.

All of it takes six looks into the stores however many rows there are.
"""

from collections.abc import Sequence
from typing import Any, Final

from app.alerts.badges import Badge, badges
from app.alerts.states import OPEN as OPEN_INSTANCES
from app.dashboard.sparks import RUNS
from app.dashboard.wording import is_number, part
from app.jobs.fold import ENDED
from app.jobs.view import job_json
from app.metrics.points import labels_of, spider_of
from app.services import Services
from app.storage.base import Job
from app.storage.base_runs import Spider
from app.storage.base_series import RAW_MS, Cells, Stretch

MOST_ROWS: Final = 100
STEP_MS: Final = 10_000
STEPS: Final = 30
"""The pace is told of the last five minutes, in steps of ten seconds."""


def rows(services: Services, found: Sequence[Job], now_ms: int) -> list[dict[str, Any]]:
    """The rows of at most `MOST_ROWS` jobs; waits for the stores.

    Returns:
        of each job `job` (as the API gives it), `key`, `pace` (items per second by step; None for one that has ended
        or waits), `recent` (errors of five minutes; None as before), `success` (a ratio, or None), `alerts` (see
        `_alerts`), `runs` (status and items, oldest first), `spider`, `late` (whether nothing
        was heard for half of the time after which it counts as stalled).
    """
    working = [job for job in found if job.status not in ENDED and job.status != "queued"]
    end = now_ms - now_ms % STEP_MS
    paces = _counted(services, "items", working, Cells(end - STEPS * STEP_MS, STEP_MS, STEPS))
    errors = _counted(services, "errors", working, Cells(end - STEPS * STEP_MS, (STEPS + 1) * STEP_MS, 1))
    marked = badges_of(services, found)
    runs = services.events.latest_runs(list({_spider(job): None for job in found if spider_of(job)}), RUNS)
    return [
        {
            "job": job_json(job, services.figures.job_rate(job.id), now_ms),
            "key": job.key,
            "pace": [count * 1_000 / STEP_MS for count in paces[job.id]] if job.id in paces else None,
            "recent": sum(errors[job.id]) if job.id in errors else None,
            "success": success(job),
            "alerts": _alerts(marked.get(job.id, Badge())),
            "runs": runs.get(_spider(job), [])[::-1],
            "spider": spider_of(job),
            "late": job.status == "running" and now_ms - job.last_event_at > services.settings.job_stalled_after / 2,
        }
        for job in found
    ]


def badges_of(services: Services, found: Sequence[Job]) -> dict[str, Badge]:
    """The open incidents about these jobs, by the jobs' ids."""
    return badges(services.alerts, services.alerts.instances(OPEN_INSTANCES), {job.id for job in found})


def success(job: Job) -> float | None:
    """The ratio of its requests that were answered; None where nobody told."""
    requests = part(job.totals, "requests")
    total, failed = requests.get("total"), requests.get("failed")
    if not is_number(total) or not is_number(failed) or total <= 0:
        return None
    return min(1.0, max(0.0, 1 - failed / total))


def _counted(services: Services, name: str, jobs: Sequence[Job], cells: Cells) -> dict[str, list[float]]:
    """What the counter of that name gained in each cell, of each job."""
    found = {job.id: [0.0] * cells.steps for job in jobs}
    if not jobs:
        return found
    by_place = list(found.values())
    groups = {labels_of(job.id, job): place for place, job in enumerate(jobs)}
    within = [Stretch(RAW_MS, cells.from_ms, cells.from_ms + cells.steps * cells.step_ms)]
    for cell, total in services.series.combine(name, groups, within, cells, ("sum",)):
        place, step = divmod(cell, cells.steps)
        by_place[place][step] = total
    return found


def _spider(job: Job) -> Spider:
    return job.source, job.query


def _alerts(badge: Badge) -> dict[str, Any]:
    """How many fire, how many are looked after, and where they are."""
    ids = badge.ids
    path = f"/alerts/incidents/{ids[0]}" if len(ids) == 1 else "/alerts"
    return {"firing": len(badge.firing), "acknowledged": len(badge.acknowledged), "path": path}
