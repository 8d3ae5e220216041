"""The incidents of a job, in every state, newest first: those that are about it, and those that it had a share in."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from app.dashboard.alerts import acting, told
from app.dashboard.job_tabs.base import Look
from app.storage.base_alerts import OPEN, Entry, Incident, IncidentFilter
from app.storage.base_series import DAY_MS, HOUR_MS

MOST: Final = 200
"""Incidents that began from a day before the job until an hour after it, which are gone through."""

Timeline = Callable[[int], list[Entry]]
"""See `Alerts.timeline`."""


def content(look: Look) -> dict[str, Any]:
    """All that name the job, with what can be done about them."""
    return {"incidents": told(incidents(look), look.services.alerts.list_rules()), **acting()}


def incidents(look: Look) -> list[Incident]:
    """Those of the job, newest first."""
    alerts, job = look.services.alerts, look.job
    until = None if job.finished_at is None else job.finished_at + HOUR_MS
    found = alerts.incidents(IncidentFilter(from_ms=job.created_at - DAY_MS, to_ms=until), limit=MOST)
    return [
        one for one in found if job.id in (dict(one.group).get("job"), *_jobs(alerts.timeline, one.id, one.version))
    ]


def are_open(found: list[Incident]) -> bool:
    """Whether one of them is not over."""
    return any(one.state in OPEN for one in found)


@lru_cache(maxsize=1_000)
def _jobs(timeline: Timeline, incident_id: int, version: int) -> frozenset[str]:  # noqa: ARG001 - what it holds for
    """The jobs that an incident's timeline names."""
    members = [member for entry in timeline(incident_id) for member in entry.detail.get("instances", ())]
    return frozenset(member["labels"]["job"] for member in members if "job" in member["labels"])
