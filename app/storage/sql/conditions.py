"""Filters of events and jobs as conditions of SQL."""

import json
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Text, and_, cast, func, or_, select, text

from app.storage.base import EventFilter, JobFilter
from app.storage.base_runs import Runs
from app.storage.sql.events_tables import COMMONEST, events, jobs

began = func.coalesce(jobs.c.started_at, jobs.c.created_at)
"""When a job did."""

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
        found.append(events.c.job_key.in_(select(jobs.c.key).where(*_among(wanted.of))))
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


def job_conditions(wanted: JobFilter) -> list[ColumnElement[bool]]:
    """Those that a job meets."""
    found = [] if wanted.of is None else _among(wanted.of)
    if wanted.statuses:
        found.append(jobs.c.status.in_(wanted.statuses))
    if wanted.source is not None:
        found.append(jobs.c.source == wanted.source)
    if wanted.q:
        found.append(
            or_(*(column.icontains(wanted.q, autoescape=True) for column in (jobs.c.id, jobs.c.source, jobs.c.query)))
        )
    if wanted.tag is not None:
        found.append(cast(jobs.c.tags, Text).contains(json.dumps(wanted.tag), autoescape=True))
    if wanted.from_ms is not None:
        found.append(began >= wanted.from_ms)
    if wanted.to_ms is not None:
        found.append(began <= wanted.to_ms)
    return found


def _among(runs: Runs) -> list[ColumnElement[bool]]:
    """Those that a job meets which is among them."""
    found: list[ColumnElement[bool]] = []
    if runs.id is not None:
        found.append(jobs.c.id == runs.id)
    if runs.source is not None:
        found.append(jobs.c.source == runs.source)
    if runs.spider is not None:
        names = (and_(_is(jobs.c.source, source), _is(jobs.c.query, query)) for source, query in runs.names())
        found.append(or_(*names))
    return found


def _is(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    return column == text if text else or_(column.is_(None), column == "")
