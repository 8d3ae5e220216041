"""Filters of events as conditions of SQL; those of jobs are in `conditions_jobs`."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, select, text

from app.storage.base import EventFilter
from app.storage.sql.conditions_jobs import among
from app.storage.sql.events_tables import COMMONEST, events, jobs

VISIBLE = or_(jobs.c.key.is_not(None), events.c.job_key < 0)
"""Of events with the job that they may have: one that is being deleted goes before its events."""


def of_types(types: Sequence[str]) -> list[ColumnElement[bool]]:
    """The index holds all types but the commonest, and must be told that it is not asked for."""
    rare = [] if COMMONEST in types else [events.c.type != text(f"'{COMMONEST}'")]
    return [events.c.type.in_(types), *rare]


def event_conditions(wanted: EventFilter) -> list[ColumnElement[bool]]:
    """Those that an event meets."""
    found: list[ColumnElement[bool]] = []
    if wanted.of is not None:
        found.append(events.c.job_key.in_(select(jobs.c.key).where(*among(wanted.of))))
    if wanted.job_id is not None:
        owner = select(jobs.c.key).where(jobs.c.id == wanted.job_id).scalar_subquery()
        found.append(events.c.job_key == owner)
    if wanted.types:
        found += of_types(wanted.types)
    if wanted.min_level is not None:
        found.append(events.c.level >= wanted.min_level)
    if wanted.q:
        found.append(events.c.data.icontains(wanted.q, autoescape=True))
    if wanted.from_ms is not None:
        found.append(events.c.at_ms >= wanted.from_ms)
    if wanted.to_ms is not None:
        found.append(events.c.at_ms <= wanted.to_ms)
    return found
