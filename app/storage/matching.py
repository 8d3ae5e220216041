"""Whether an event is wanted, for stores that go through them one by one."""

from app.storage.base import Event, EventFilter, Job
from app.storage.base_levels import Levels
from app.storage.base_search import INDEXED
from app.storage.counting import severity
from app.storage.words import Search


def is_wanted_event(event: Event, wanted: EventFilter, job: Job | None) -> bool:
    """Whether the event meets all that is asked; `job` is its own, None where it has none or nobody asks for jobs."""
    return (wanted.of is None or (job is not None and wanted.of.take(job.id, job.source, job.query))) and (
        (wanted.job_id is None or event.job_id == wanted.job_id)
        and (not wanted.cursors or event.cursor in wanted.cursors)
        and (not wanted.types or event.type in wanted.types)
        and (wanted.min_level is None or (event.level is not None and event.level >= wanted.min_level))
        and (wanted.levels is None or _is_of(event, wanted.levels))
        and (not wanted.q or wanted.q.lower() in event.data.lower())
        and is_within(event.at_ms, wanted.from_ms, wanted.to_ms)
    )


def is_said_by(event: Event, search: Search) -> bool:
    """Whether the event is found by what somebody has typed: errors and logs by their words, others as they stand."""
    if event.type in INDEXED and search.has_words:
        return search.met_by(event.body or {})
    return search.seen_in(event.data)


def is_within(at_ms: int, from_ms: int | None, to_ms: int | None) -> bool:
    """Whether the moment lies between those, both included; None is no bound."""
    return (from_ms is None or at_ms >= from_ms) and (to_ms is None or at_ms <= to_ms)


def _is_of(event: Event, levels: Levels) -> bool:
    if event.level is not None:
        return event.level in levels.numbers
    return event.type in levels.types or (severity(event) or "").lower() in levels.severities
