"""Which rows a look at the events takes in: the newest of those that an index leads to, and never too many."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Connection, Select, any_, func, literal, select, union_all

from app.storage.base import EventFilter
from app.storage.base_search import INDEXED
from app.storage.sql.conditions import ALERT, of_types
from app.storage.sql.events_tables import COMMONEST, events
from app.storage.words import Search
from scrapewatch.events import EVENTS, LEVELS

LOOKS: Final = (200, 1_000, 5_000, 10_000)
"""Rows that one look after the other takes in, where it can't know which of them are wanted: some 40 ms in all."""
MOST_JOBS: Final = 50
"""Jobs whose events are looked for one job after the other."""
SPAN: Final = 200_000
"""Cursors that one look goes over to find them, where no index leads to them: some 30 ms."""


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
    """At most `most` cursors; where there are fewer, all are there as far as the `edge`, 0 for all the way."""

    cursors: Select[Any]
    most: int
    edge: int


def nearest(connection: Connection, look: Look, types: Sequence[str]) -> Rows:
    """The first rows on the look's way that may be of these types, or of any if there is none.

    Which of them are, is still to be asked: what is bounded is the rows that are gone through. Those of a job may be
    nearly all of other types, and those of a type nearly all of other jobs, so of the two ways the longer is taken.
    """
    ways = [[_lane(look, lane) for lane in lanes] for lanes in _ways(look, types)]
    if not ways:
        return _span(look, types)
    found = [_together(look, lanes) for lanes in ways]
    return Rows(found[0] if len(found) == 1 else _longer(connection, look, *found), look.most, 0)


def edge(connection: Connection, look: Look, rows: Rows) -> int:
    """As far as which those rows go, 0 for all the way."""
    taken = rows.cursors.subquery()
    last = func.max(taken.c.cursor) if look.onward else func.min(taken.c.cursor)
    count, cursor = connection.execute(select(func.count(), last).select_from(taken)).one()
    return int(cursor) if count == rows.most else rows.edge


def are_among(connection: Connection, rows: Rows) -> ColumnElement[bool]:
    """That an event is one of those rows.

    Postgres is told them one by one: for a query within it would look into every partition once a row, or, as it takes
    that to be dear, read all there is.
    """
    if connection.dialect.name == "sqlite":
        return events.c.cursor.in_(select(rows.cursors.subquery().c.cursor))
    cursors = list(connection.scalars(rows.cursors))
    return events.c.cursor == any_(literal(cursors, ARRAY(BigInteger)))


def _ways(look: Look, types: Sequence[str]) -> Iterator[list[list[ColumnElement[bool]]]]:
    """Lanes, of which each finds its events in their order along an index; together they hold all that are wanted."""
    if look.job_keys is not None:
        yield [[events.c.job_key == key] for key in look.job_keys]
    kinds = _kinds(look, types)
    if kinds:
        yield kinds


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


def _longer(connection: Connection, look: Look, first: Select[Any], second: Select[Any]) -> Select[Any]:
    """The one of these ways that goes further with as many rows."""
    reached = edge(connection, look, Rows(first, look.most, 0))
    if not reached:
        return first
    other = edge(connection, look, Rows(second, look.most, 0))
    return second if not other or (other > reached if look.onward else other < reached) else first


def _span(look: Look, types: Sequence[str]) -> Rows:
    """A part of all rows, where no index leads to those that are wanted."""
    wanted = [events.c.type.in_(types)] if types and len(types) < len(EVENTS) else []
    if look.onward:
        end = min(look.before, look.low + SPAN + 1)
        return Rows(_lane(replace(look, before=end), wanted), look.most, end - 1 if end < look.before else 0)
    low = max(look.low, look.before - SPAN)
    return Rows(_lane(replace(look, low=low), wanted), look.most, low + 1 if low > look.low else 0)


def _lane(look: Look, conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    query = select(events.c.cursor).where(events.c.cursor < look.before, events.c.cursor > look.low, *conditions)
    return query.order_by(look.order).limit(look.most)


def _together(look: Look, lanes: Sequence[Select[Any]]) -> Select[Any]:
    if len(lanes) == 1:
        return lanes[0]
    rows = union_all(*(select(lane.subquery()) for lane in lanes)).subquery()
    return select(rows.c.cursor).order_by(rows.c.cursor if look.onward else rows.c.cursor.desc()).limit(look.most)
