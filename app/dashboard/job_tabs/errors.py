"""The errors of a job, those alike as one: what they are, where, since when, how many, and whether that is news."""

from collections.abc import Sequence
from typing import Any, Final

from app.accounts.access import current_principal
from app.core.clock import rfc3339
from app.dashboard.filters import as_text
from app.dashboard.job_tabs.base import Look
from app.dashboard.sparks import spark
from app.dashboard.wording import shown
from app.metrics.points import errors_of
from app.storage.base import Event, EventFilter, Job
from app.storage.base_groups import ErrorGroup

MOST: Final = 200
"""Groups that are shown, those with the most errors; muted ones after all others."""

MOST_ASTRAY: Final = 200
"""Errors of a job that are counted while they wait to be grouped, a second at most unless the server has just begun."""

LONGEST_STACK: Final = 4_000
"""Characters of a stack; the whole is in its event."""


TOP: Final = 4
"""Groups on the first tab, the same first ones."""


def content(look: Look) -> dict[str, Any]:
    """The groups with their newest errors."""
    groups = _ordered(look)
    samples = _samples(look, groups[:MOST])
    return {
        "groups": [_shown(one, samples.get(one.sample)) for one in groups[:MOST]],
        "grouped": _grouped(look, groups),
        "is_behind": _is_behind(look),
        "may_mute": current_principal().may("operate") and has_spider(look.job),
    }


def top(look: Look) -> dict[str, Any]:
    """The first groups, without their errors, for the first tab."""
    groups = _ordered(look)
    return {"groups": [_shown(one, None) for one in groups[:TOP]], "grouped": _grouped(look, groups)}


def counted(look: Look) -> int:
    """The errors of all attempts up to the job's last event; where there was but one, no group needs to be read."""
    if look.job.attempt == 1:
        return look.job.errors
    groups, upto = look.grouped
    astray = 0 if upto is None else _astray(look, upto)
    return max(look.job.errors, sum(one.count for one in groups) + astray)


def _astray(look: Look, upto: int) -> int:
    """What groups that hold the errors up to that cursor lack, or have too many, to hold those up to the last event."""
    last = look.job.last_cursor
    wanted = EventFilter(job_id=look.job.id, types=("error",))
    found = look.services.events.events_after(wanted, after=min(upto, last), limit=MOST_ASTRAY)
    errors = [(event.cursor, int(errors_of(event))) for event in found if event.cursor <= max(upto, last)]
    return sum(count if cursor <= last else -count for cursor, count in errors)


def _ordered(look: Look) -> list[ErrorGroup]:
    """Those that are news first, then those with the most errors, muted ones last."""
    return sorted(look.groups, key=lambda one: (one.muted is not None, not one.new))


def _grouped(look: Look, groups: Sequence[ErrorGroup]) -> dict[str, int]:
    """How many errors of how many attempts are in how many groups."""
    return {"errors": sum(one.count for one in groups), "groups": len(groups), "attempts": look.job.attempt}


def has_spider(job: Job) -> bool:
    """Whether a job says what it scrapes, so that there can be other runs of the same."""
    return bool(job.source or job.query)


def _is_behind(look: Look) -> bool:
    """Whether there may be errors of the job that are in no group yet."""
    wanted = EventFilter(job_id=look.job.id, types=("error",))
    found = look.services.search.search(wanted, after=look.services.groups.grouped(), limit=1)
    return bool(found.events) or found.before is not None


def _samples(look: Look, groups: Sequence[ErrorGroup]) -> dict[int, Event]:
    """The newest error of each group by its cursor, where it is still kept."""
    if not groups:
        return {}
    wanted = EventFilter(job_id=look.job.id, cursors=tuple(one.sample for one in groups))
    return {event.cursor: event for event in look.services.events.events(wanted, limit=len(groups))}


def _shown(group: ErrorGroup, sample: Event | None) -> dict[str, Any]:
    cells = group.course.cells
    return {
        "fingerprint": group.fingerprint,
        "kind": group.kind,
        "title": group.title,
        "place": group.place,
        "url": group.url_template,
        "first": rfc3339(group.first_ms),
        "last": rfc3339(group.last_ms),
        "count": group.count,
        "spark": spark(cells if len(cells) > 1 else (0, *cells)),
        "new": group.new,
        "muted": group.muted and {"by": group.muted.by, "at": rfc3339(group.muted.at_ms)},
        "sample": sample and _sample(sample),
    }


def _sample(event: Event) -> dict[str, Any]:
    said = shown(event)
    return {**said, "stack": _cut(as_text(said["data"].get("stack"))), "url": as_text(said["data"].get("url"))}


def _cut(stack: str) -> str:
    """Both ends of a long stack: some languages name the innermost call first, others last."""
    half = LONGEST_STACK // 2
    return stack if len(stack) <= LONGEST_STACK else f"{stack[:half]}\n…\n{stack[-half:]}"
