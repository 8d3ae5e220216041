"""Filters of events as conditions of SQL; those of jobs are in `conditions_jobs`."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, FromClause, and_, false, literal_column, or_, select, text

from app.storage.base import EventFilter
from app.storage.base_levels import Levels
from app.storage.sql.conditions_jobs import among
from app.storage.sql.events_tables import COMMONEST, LATE_MS, events, jobs


def visible(rows: FromClause) -> ColumnElement[bool]:
    """Of events with the job that they may have: one that is being deleted goes before its events."""
    return or_(jobs.c.key.is_not(None), rows.c.job_key < 0)


VISIBLE = visible(events)

LATE = events.c.received_ms - events.c.at_ms > literal_column(f"{LATE_MS}")
"""It was received long after it had happened, as of a scraper that was cut off: an index leads to these few. All others
of a span of time were received within it or soon after."""

ALERT = "system_alert"
"""The type of events that tell how severe they are in their body."""


def of_types(types: Sequence[str]) -> list[ColumnElement[bool]]:
    """The index holds all types but the commonest, and must be told that it is not asked for."""
    rare = [] if COMMONEST in types else [events.c.type != text(f"'{COMMONEST}'")]
    return [events.c.type.in_(types), *rare]


def event_conditions(wanted: EventFilter) -> list[ColumnElement[bool]]:
    """Those that an event meets, apart from `q`, which is asked of its body: see `app.storage.sql.bodies`."""
    found: list[ColumnElement[bool]] = []
    if wanted.of is not None:
        found.append(events.c.job_key.in_(select(jobs.c.key).where(*among(wanted.of))))
    if wanted.job_id is not None:
        owner = select(jobs.c.key).where(jobs.c.id == wanted.job_id).scalar_subquery()
        found.append(events.c.job_key == owner)
    if wanted.cursors:
        found.append(events.c.cursor.in_(wanted.cursors))
    if wanted.types:
        found += of_types(wanted.types)
    found += _of_levels(wanted)
    if wanted.from_ms is not None:
        found.append(events.c.at_ms >= wanted.from_ms)
    if wanted.to_ms is not None:
        found.append(events.c.at_ms <= wanted.to_ms)
    return found


def _of_levels(wanted: EventFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.min_level is not None:
        found.append(events.c.level >= wanted.min_level)
    if wanted.levels is not None:
        found.append(_named(wanted.levels))
    return found


def _named(levels: Levels) -> ColumnElement[bool]:
    """An alert's severity is looked for in its text: bodies are stored without blanks, and no index tells it."""
    written = [events.c.data.icontains(f'"severity":"{severity}"', autoescape=True) for severity in levels.severities]
    return or_(
        events.c.level.in_(levels.numbers),
        and_(events.c.level.is_(None), events.c.type.in_(levels.types)),
        and_(events.c.type == ALERT, or_(false(), *written)),
    )
