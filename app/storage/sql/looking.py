"""Which rows a look at the events takes in: the newest of those that an index leads to, and never too many."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    any_,
    func,
    literal,
    select,
    true,
    union_all,
)

from app.storage.base import EventFilter
from app.storage.base_search import INDEXED
from app.storage.sql.conditions import ALERT, of_types
from app.storage.sql.events_tables import COMMONEST, events
from app.storage.words import Search
from scrapewatch.events import EVENTS, LEVELS

LOOKS: Final = (1_000, 5_000)
"""Rows that one look after the other takes in, where it can't know which of them are wanted: some 20 ms in all.

Only those that must be listed before they are read are worth a first look at a few.
"""
MOST_JOBS: Final = 50
"""Jobs whose events are looked for one job after the other."""
SPAN: Final = 200_000
"""Cursors that one look goes over to find them, where no index leads to them: some 30 ms."""

WIDE: Final = 20_000
"""Cursors that may be gone through for the rows of one lane: some 4 ms."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Look:
    """What is searched for, and where: below `before` and above `low`, at most `limit`; `mark` is the index's.

    `most` is how many rows it may take in. `job_keys` are the jobs that it is in; None for any, or where they are too
    many to be looked through one by one. It goes from `before` back, or `onward` from `low`.
    """

    wanted: EventFilter
    search: Search | None
    job_keys: Sequence[int] | None
    low: int
    before: int
    mark: int
    limit: int
    most: int
    onward: bool = False

    @property
    def order(self) -> ColumnElement[Any]:
        """In which its rows come."""
        return events.c.cursor if self.onward else events.c.cursor.desc()


class Rows(NamedTuple):
    """Rows as a condition; all that there are as far as the `edge`, 0 for all the way.

    Attributes:
        pinned: the same for who reads the first few that meet something more, where the database has to be led to them.
    """

    among: ColumnElement[bool]
    edge: int
    pinned: ColumnElement[bool] | None = None


def nearest(connection: Connection, look: Look, types: Sequence[str]) -> Rows:
    """The first rows on the look's way that may be of these types, or of any if there is none, as far as can be."""
    *_, furthest = ways(connection, look, types)
    return furthest


def ways(connection: Connection, look: Look, types: Sequence[str]) -> Iterator[Rows]:
    """The same, each going further than the one before: who has found enough need not ask for the next.

    Which of them are wanted, is still to be asked: what is bounded is the rows that are gone through. Those of a job
    may be nearly all of other types, and those of a type nearly all of other jobs.
    """
    of_jobs = [[events.c.job_key == key] for key in look.job_keys or ()]
    kinds = _kinds(look, types)
    if not of_jobs:
        yield _along(connection, look, kinds) if kinds else _span(connection, look, types)
        return
    rows = _first(connection, look, of_jobs[0]) if len(of_jobs) == 1 else _of_jobs(connection, look, of_jobs)
    if rows.pinned is not None:  # far apart, and so dear to read: a few may do
        yield _first(connection, replace(look, most=look.most // 10), of_jobs[0])
    yield rows
    if rows.edge and kinds and _is_further(look, _end(connection, look, kinds), rows.edge):
        yield _listed(connection, look, kinds)


def looks(look: Look) -> Sequence[int]:
    """How many rows to take in, one look after the other."""
    is_listed = look.wanted.of is not None or (look.job_keys is None and len(_kinds(look, look.wanted.types)) > 1)
    return LOOKS if is_listed else LOOKS[-1:]


def named(connection: Connection, cursors: Sequence[int], most: int, beyond: int = 0) -> Rows:
    """The rows of these cursors, in the order of the look; where fewer than `most`, all there are as far as `beyond`.

    They are one value, so that the statement is the same however many. As a query within another they would be looked
    for again by each, and Postgres would look into every partition once a row, or, as it takes that to be dear, read
    all there is.
    """
    edge = cursors[-1] if len(cursors) == most else beyond
    if connection.dialect.name == "sqlite":
        told = func.json_each(msgspec.json.encode(cursors).decode()).table_valued("value")
        return Rows(events.c.cursor.in_(select(told.c.value)), edge)
    within = events.c.cursor.between(min(cursors, default=0), max(cursors, default=0))
    return Rows(and_(within, events.c.cursor == any_(literal(list(cursors), ARRAY(BigInteger)))), edge)


def _kinds(look: Look, types: Sequence[str]) -> list[list[ColumnElement[bool]]]:
    levels = look.wanted.levels
    if look.wanted.min_level is not None:
        return [[events.c.level == level] for level in range(look.wanted.min_level, len(LEVELS))]
    if levels is not None and COMMONEST not in levels.types:
        with_level = levels.numbers if not types or set(types) & set(INDEXED) else ()
        others = [type_ for type_ in {*levels.types, ALERT} if not types or type_ in types]
        return [*([events.c.level == level] for level in with_level), *map(_of_type, others)]
    return [] if not types or COMMONEST in types else list(map(_of_type, types))


def _of_type(type_: str) -> list[ColumnElement[bool]]:
    return of_types([type_])


def _is_further(look: Look, cursor: int | None, other: int) -> bool:
    """Whether a way that ends there goes further than the other; None is for all the way."""
    return cursor is None or (cursor > other if look.onward else cursor < other)


def _span(connection: Connection, look: Look, types: Sequence[str]) -> Rows:
    """A part of all rows, where no index leads to those that are wanted."""
    wanted = [events.c.type.in_(types)] if types and len(types) < len(EVENTS) else []
    if look.onward:
        end = min(look.before, look.low + SPAN + 1)
        return _along(connection, replace(look, before=end), [wanted], end - 1 if end < look.before else 0)
    low = max(look.low, look.before - SPAN)
    return _along(connection, replace(look, low=low), [wanted], low + 1 if low > look.low else 0)


def _along(connection: Connection, look: Look, lanes: Sequence[Sequence[ColumnElement[bool]]], beyond: int = 0) -> Rows:
    """The first rows of all jobs that these lanes lead to.

    Of many jobs they are listed: the index of jobs would lead to all that those have sent within the same bounds.
    """
    if len(lanes) == 1 and look.wanted.of is None:
        return _first(connection, look, lanes[0], beyond)
    return _listed(connection, look, lanes, beyond)


def _first(connection: Connection, look: Look, lane: Sequence[ColumnElement[bool]], beyond: int = 0) -> Rows:
    """The first rows along one lane, said by where they end: who has found enough need not go through them all."""
    last = _end(connection, look, [lane])
    if last is None:
        bounds, edge = _bounds(look.low, look.before), beyond
    else:
        bounds, edge = _bounds(look.low, last + 1) if look.onward else _bounds(last - 1, look.before), last
    pinned = None
    if connection.dialect.name == "postgresql" and _is_wide(look, last):
        cursors = func.array(_lane(look, lane).correlate(None).scalar_subquery(), type_=ARRAY(BigInteger))
        pinned = and_(*bounds, events.c.cursor == any_(cursors))
    return Rows(and_(*bounds, *lane), edge, pinned)


def _is_wide(look: Look, last: int | None) -> bool:
    """Whether far more may lie between those rows than they are.

    Postgres might go through all of it for the first few: it takes a job that has much of a partition to be everywhere
    in it.
    """
    if look.onward:
        return (look.before if last is None else last) - look.low > WIDE
    return look.before - (look.low if last is None else last) > WIDE


def _listed(
    connection: Connection, look: Look, lanes: Sequence[Sequence[ColumnElement[bool]]], beyond: int = 0
) -> Rows:
    """The first rows of all these lanes, one by one."""
    return named(connection, connection.scalars(_way(look, lanes)).all(), look.most, beyond)


def _of_jobs(connection: Connection, look: Look, lanes: Sequence[Sequence[ColumnElement[bool]]]) -> Rows:
    """The first rows of several jobs. Postgres plans one lane for all: each of its own leads through all partitions."""
    if connection.dialect.name == "sqlite":
        return _listed(connection, look, lanes)
    keys = func.unnest(literal(list(look.job_keys or ()), ARRAY(BigInteger))).table_valued("key").render_derived()
    lane = _lane(look, [events.c.job_key == keys.c.key]).correlate(keys).lateral("lane")
    query = select(lane.c.cursor).select_from(keys).join(lane, true())
    query = query.order_by(lane.c.cursor if look.onward else lane.c.cursor.desc()).limit(look.most)
    return named(connection, connection.scalars(query).all(), look.most)


def _end(connection: Connection, look: Look, lanes: Sequence[Sequence[ColumnElement[bool]]]) -> int | None:
    """The last cursor on a way that the look can take in; None where it can take in all."""
    found: int | None = connection.scalar(_way(look, lanes).offset(look.most - 1).limit(1))
    return found


def _way(look: Look, lanes: Sequence[Sequence[ColumnElement[bool]]]) -> Select[Any]:
    """The cursors along all these lanes, as many as the look takes in."""
    if len(lanes) == 1:
        return _lane(look, lanes[0])
    rows = union_all(*(select(_lane(look, lane).subquery()) for lane in lanes)).subquery()
    return select(rows.c.cursor).order_by(rows.c.cursor if look.onward else rows.c.cursor.desc()).limit(look.most)


def _lane(look: Look, conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    query = select(events.c.cursor).where(*_bounds(look.low, look.before), *conditions)
    return query.order_by(look.order).limit(look.most)


def _bounds(low: int, before: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return events.c.cursor < before, events.c.cursor > low
