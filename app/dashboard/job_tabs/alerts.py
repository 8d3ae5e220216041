"""The incidents of a job, in every state, newest first: those that are about it, and those that it had a share in."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from app.alerts.badges import Badge
from app.dashboard.alerts import acting, told
from app.dashboard.job_rows import badges_of
from app.dashboard.job_tabs.base import Look
from app.storage.base_alerts import Entry, Incident, IncidentFilter
from app.storage.base_series import DAY_MS, HOUR_MS

MOST: Final = 200
"""Incidents that began from a day before the job until an hour after it, which are gone through for its own."""

Timeline = Callable[[int], list[Entry]]
"""See `Alerts.timeline`."""


def content(look: Look) -> dict[str, Any]:
    """All that name the job, with what can be done about them."""
    return {"incidents": told(incidents(look), look.services.alerts.list_rules()), **acting()}


def incidents(look: Look) -> list[Incident]:
    """Those of the job, newest first: all that are open, and of those that are over the newest."""
    found = {one.id: one for one in _lately(look)}
    found |= {number: look.services.alerts.incident(number) for number in still_open(look)}
    return [found[number] for number in sorted(found, reverse=True)]


def still_open(look: Look) -> tuple[int, ...]:
    """The ids of those that are not over, found by what fires for the job, however many others there are."""
    return badges_of(look.services, [look.job]).get(look.job.id, Badge()).ids


def _lately(look: Look) -> list[Incident]:
    alerts, job = look.services.alerts, look.job
    until = None if job.finished_at is None else job.finished_at + HOUR_MS
    found = alerts.incidents(IncidentFilter(from_ms=job.created_at - DAY_MS, to_ms=until), limit=MOST)
    return [
        one for one in found if job.id in (dict(one.group).get("job"), *_jobs(alerts.timeline, one.id, one.version))
    ]


@lru_cache(maxsize=1_000)
def _jobs(timeline: Timeline, incident_id: int, version: int) -> frozenset[str]:  # noqa: ARG001 - what it holds for
    """The jobs that an incident's timeline names."""
    members = [member for entry in timeline(incident_id) for member in entry.detail.get("instances", ())]
    return frozenset(member["labels"]["job"] for member in members if "job" in member["labels"])
