"""The errors of a job, those alike as one: what they are, where, since when, how many, and whether that is news."""

from typing import Any, Final

from app.accounts.access import current_principal
from app.core.clock import rfc3339
from app.dashboard.filters import as_text
from app.dashboard.job_tabs.base import Look
from app.dashboard.wording import shown
from app.storage.base import EventFilter, Job
from app.storage.base_groups import Course, ErrorGroup

MOST: Final = 200
"""Groups that are shown, those with the most errors; muted ones after all others."""

_WIDTH: Final = 100
_HEIGHT: Final = 22
"""Of a sparkline, as it is drawn; see `parts.html`."""


def content(look: Look) -> dict[str, Any]:
    """The groups; their samples are read for those alone."""
    groups = look.services.groups.of_job(look.job.id, limit=MOST)
    ordered = sorted(groups, key=lambda one: (one.muted is not None, not one.new))
    return {
        "groups": [_shown(look, one) for one in ordered],
        "is_behind": look.services.groups.grouped() < _newest(look),
        "may_operate": current_principal().may("operate"),
        "may_mute": current_principal().may("operate") and has_spider(look.job),
    }


def has_spider(job: Job) -> bool:
    """Whether a job says what it scrapes, so that there can be other runs of the same."""
    return bool(job.source or job.query)


def spark(course: Course) -> str:
    """The path of a sparkline, from the left to the right; the greatest count touches the top."""
    cells = course.cells if len(course.cells) > 1 else (0, *course.cells)
    greatest, step = max(*cells, 1), _WIDTH / (len(cells) - 1)
    points = [f"{at * step:.1f} {_HEIGHT - 1 - (_HEIGHT - 2) * count / greatest:.1f}" for at, count in enumerate(cells)]
    return "M" + " L".join(points)


def _newest(look: Look) -> int:
    """The cursor of the job's newest error, 0 for none."""
    found = look.services.events.events(EventFilter(job_id=look.job.id, types=("error",)), limit=1)
    return found[0].cursor if found else 0


def _shown(look: Look, group: ErrorGroup) -> dict[str, Any]:
    return {
        "fingerprint": group.fingerprint,
        "kind": group.kind,
        "title": group.title,
        "place": group.place,
        "url": group.url_template,
        "first": rfc3339(group.first_ms),
        "last": rfc3339(group.last_ms),
        "count": group.count,
        "spark": spark(group.course),
        "new": group.new,
        "muted": group.muted and {"by": group.muted.by, "at": rfc3339(group.muted.at_ms)},
        "sample": _sample(look, group),
    }


def _sample(look: Look, group: ErrorGroup) -> dict[str, Any] | None:
    """Its newest error; None where that is no longer kept."""
    wanted = EventFilter(job_id=look.job.id, types=("error",))
    found = look.services.events.events_after(wanted, after=group.sample - 1, limit=1)
    if not found or found[0].cursor != group.sample:
        return None
    event = shown(found[0])
    data = event["data"]
    return {**event, "stack": as_text(data.get("stack")), "url": as_text(data.get("url"))}
