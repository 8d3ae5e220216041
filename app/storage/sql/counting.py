"""How many events, jobs or incidents there were over time, counted by the database: see `Counted`.

What is looked at is bounded: rows that are newer than the span's beginning, and of those the newest `most` that are
wanted. Rows are found by their cursor, which rises with the time at which an event was received; no index of times is
needed.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Select,
    Subquery,
    case,
    cast,
    func,
    literal,
    select,
    type_coerce,
    union_all,
)

from app.storage.base import EventFilter, JobFilter
from app.storage.base_counts import Counted
from app.storage.base_series import Cells
from app.storage.sql.bodies import Letters, holding
from app.storage.sql.conditions import ALERT, LATE, VISIBLE, event_conditions
from app.storage.sql.conditions_jobs import began, job_conditions
from app.storage.sql.events_tables import events, jobs
from app.storage.sql.looking import named
from app.storage.sql.placing import newest_cursor, received_within


def count_events(connection: Connection, wanted: EventFilter, over: Cells, most: int) -> Counted:
    """Events by type, level and severity."""
    newest = newest_cursor(connection)
    first, cut = received_within(connection, over.from_ms, over.from_ms + over.steps * over.step_ms, newest)
    came: list[ColumnElement[bool]] = [(events.c.cursor > first) & (events.c.cursor <= cut)]
    late = select(events.c.cursor).where(events.c.cursor > cut, LATE).order_by(events.c.cursor.desc()).limit(most)
    cursors = connection.scalars(late).all() if cut < newest else []
    if cursors:
        came.append(named(connection, cursors, most).among)
    rows = union_all(*(select(_newest(connection, wanted, over, most, each)) for each in came)).subquery()
    query = select(*(column for column in rows.c if column.name != "cursor")).order_by(rows.c.cursor.desc())
    counted = count_newest(connection, query, over, most, select(literal(newest - first)))
    # Where more came late than is looked at, some of them may have been of that span.
    return counted if len(cursors) < most else replace(counted, of=max(counted.of, newest - first))


def _newest(connection: Connection, wanted: EventFilter, over: Cells, most: int, came: ColumnElement[bool]) -> Subquery:
    """Of the events that came so, the newest that are wanted."""
    conditions = [came, *event_conditions(wanted), *within(events.c.at_ms, over)]
    if wanted.q:
        conditions.append(holding(connection, [Letters(wanted.q)], conditions, most))
    columns = (*kind_columns(connection.dialect.name), events.c.at_ms, events.c.cursor)
    query = select(*columns).outerjoin(jobs, events.c.job_key == jobs.c.key).where(VISIBLE, *conditions)
    return query.order_by(events.c.cursor.desc()).limit(most).subquery()


def kind_columns(dialect: str) -> tuple[ColumnElement[Any], ...]:
    """Type, level and severity: an alert says how severe it is in its body alone, other events in `level`."""
    body = (type_coerce if dialect == "sqlite" else cast)(events.c.data, JSON)
    return events.c.type, events.c.level, case((events.c.type == ALERT, body["severity"].as_string())).label("severity")


def count_jobs(connection: Connection, wanted: JobFilter, over: Cells, most: int) -> Counted:
    """Jobs by status."""
    query = (
        select(jobs.c.status, began.label("at_ms"))
        .where(*job_conditions(wanted), *within(began, over))
        .order_by(jobs.c.key.desc())
    )
    return count_newest(connection, query, over, most, select(func.count(jobs.c.key)))


def count_newest(
    connection: Connection, query: Select[Any], over: Cells, most: int, everything: Select[int]
) -> Counted:
    """The first `most` rows by all columns but the last, a time, and by the cell of that.

    `everything` says how many there may be, in case that these are not all.
    """
    rows = query.limit(most).subquery()
    *kind, at_ms = rows.c
    cell = (at_ms - over.from_ms) // over.step_ms
    counted = select(*kind, cell.label("cell"), func.count()).group_by(*kind, "cell")
    cells = {(tuple(kind), cell): count for *kind, cell, count in connection.execute(counted)}
    found = sum(cells.values())
    return Counted(cells, found if found < most else max(found, connection.scalar(everything) or 0))


def within(at_ms: ColumnElement[int], over: Cells) -> Sequence[ColumnElement[bool]]:
    """The conditions of a time in the cells."""
    return at_ms >= over.from_ms, at_ms < over.from_ms + over.steps * over.step_ms
