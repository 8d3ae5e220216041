"""Filters of jobs as conditions of SQL."""

import json
import operator
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Text, and_, cast, false, func, literal, not_, or_

from app.storage.base import JobFilter
from app.storage.base_jobs import Condition
from app.storage.base_runs import Runs
from app.storage.sql.events_tables import jobs

began = func.coalesce(jobs.c.started_at, jobs.c.created_at)
"""When a job did."""

_COMPARED: Final[dict[str, Callable[[Any, Any], ColumnElement[bool]]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TEXTS: Final = (jobs.c.id, jobs.c.source, jobs.c.query)


def job_conditions(wanted: JobFilter) -> list[ColumnElement[bool]]:
    """Those that a job meets."""
    found = [] if wanted.of is None else among(wanted.of)
    if wanted.statuses:
        found.append(jobs.c.status.in_(wanted.statuses))
    return found + rest_conditions(wanted)


def rest_conditions(wanted: JobFilter) -> list[ColumnElement[bool]]:
    """All but those of the status and of the runs."""
    found: list[ColumnElement[bool]] = [jobs.c.key.in_(wanted.keys)] if wanted.keys else []
    if wanted.after is not None:
        found.append(jobs.c.key > wanted.after)
    if wanted.source is not None:
        found.append(jobs.c.source == wanted.source)
    if wanted.q:
        found.append(_holds(wanted.q))
    if wanted.tag is not None:
        found.append(_tagged(wanted.tag))
    if wanted.from_ms is not None:
        found.append(began >= wanted.from_ms)
    if wanted.to_ms is not None:
        found.append(began <= wanted.to_ms)
    return found + [_searched(condition) for condition in wanted.conditions]


def _searched(condition: Condition) -> ColumnElement[bool]:
    met = _met(condition)
    return not_(func.coalesce(met, false())) if condition.negated else met


def _met(condition: Condition) -> ColumnElement[bool]:
    values = [str(value) for value in condition.values]
    match condition.field:
        case "text":
            return and_(*map(_holds, values))
        case "tag":
            return or_(*map(_tagged, values))
        case "spider":
            return or_(*(and_(*among(Runs(spider=name))) for name in values))
        case "began":
            return _COMPARED[condition.sign](began, condition.values[0])
        case "pinned":
            return jobs.c.pinned
        case field:
            return _compares(jobs.c[field], condition)


def _compares(column: ColumnElement[Any], condition: Condition) -> ColumnElement[bool]:
    # A number may be greater than the column's type holds, which Postgres would refuse.
    values = [literal(value, BigInteger) if isinstance(value, int) else value for value in condition.values]
    if condition.sign == "=":
        return column.in_(values)
    if condition.sign == "^":
        return or_(*(column.istartswith(str(stem), autoescape=True) for stem in condition.values))
    return _COMPARED[condition.sign](column, values[0])


def _holds(text: str) -> ColumnElement[bool]:
    return or_(*(column.icontains(text, autoescape=True) for column in _TEXTS))


def _tagged(tag: str) -> ColumnElement[bool]:
    return cast(jobs.c.tags, Text).contains(json.dumps(tag), autoescape=True)


def among(runs: Runs) -> list[ColumnElement[bool]]:
    """Those that a job meets which is among them."""
    found: list[ColumnElement[bool]] = []
    if runs.id is not None:
        found.append(jobs.c.id == runs.id)
    if runs.source is not None:
        found.append(jobs.c.source == runs.source)
    if runs.spider is not None:
        names = (and_(is_text(jobs.c.source, source), is_text(jobs.c.query, query)) for source, query in runs.names())
        found.append(or_(*names))
    return found


def is_text(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Whether the column holds that text; "" is also what holds nothing."""
    return column == text if text else or_(column.is_(None), column == "")
