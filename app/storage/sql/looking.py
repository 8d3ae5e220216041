"""Which rows a look at the events takes in: the newest of those that an index leads to, and never too many."""

from collections.abc import Callable, Iterator, Sequence
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

from app.storage.base import Event, EventFilter
from app.storage.base_search import INDEXED
from app.storage.sql.conditions import ALERT, LATE, of_types
from app.storage.sql.events_tables import COMMONEST, events
from app.storage.words import Search
from scrapewatch.events import EVENTS, LEVELS

LOOKS: Final = (1_000, 5_000)
"""Rows that one look after the other takes in, where it can't know which of them are wanted: some 20 ms in all."""
MOST_JOBS: Final = 50
"""Jobs whose events are looked for one job after the other."""
SPAN: Final = 200_000
"""Cursors that one look goes over to find them, where no index leads to them: some 30 ms."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Look:
    """What is searched for, and where: below `before` and above `low`, at most `limit`; `mark` is the index's.

    `most` is how many rows it may take in. `job_keys` are the jobs that it is in; None for any, or where they are too
    many to be looked through one by one. It goes from `before` back, or `onward` from `low`. Above the `cut` only what
    came late can be wanted.
    """

    wanted: EventFilter
    search: Search | None
    job_keys: Sequence[int] | None
    low: int
    before: int
    mark: int
    limit: int
    most: int
    cut: int
    onward: bool = False

    @property
    def order(self) -> ColumnElement[Any]:
        """In which its rows come."""
        return events.c.cursor if self.onward else events.c.cursor.desc()

    def near(self, span: int | None) -> tuple["Look", int]:
        """The same over so many cursors at most, and the last of them if others follow, else 0; None is for all."""
        if span is None or self.before - self.low <= span + 1:
            return self, 0
        if self.onward:
            end = self.low + span + 1
            return replace(self, before=end), end - 1
        low = self.before - span - 1
        return replace(self, low=low), low + 1

    def in_time(self) -> "Look":
        """The same up to the cut."""
        return replace(self, before=min(self.before, self.cut + 1))

    def too_late(self) -> "Look":
        """The same above the cut."""
        return replace(self, low=max(self.low, self.cut))

    def beyond(self, cursor: int) -> "Look":
        """The same from there on."""
        return replace(self, low=cursor) if self.onward else replace(self, before=cursor)


class Step(NamedTuple):
    """How many rows one look takes in, and over how many cursors; None for as many as there are."""

    most: int
    span: int | None = None


class Part(NamedTuple):
    """What a part of the search has found, in order, and as far as which cursor it has looked; 0 for all the way."""

    events: list[Event]
    floor: int


class Rows(NamedTuple):
    """Rows as a condition; all that there are as far as the `edge` says, 0 for all the way."""

    among: ColumnElement[bool]
    edge: Callable[[], int]


def steps(connection: Connection) -> Sequence[Step]:
    """The looks that a search takes one after the other, until it has found enough.

    Postgres plans a statement over as many partitions as its cursors may lie in, which takes longer than to run it.
    """
    if connection.dialect.name == "sqlite":
        return [Step(most) for most in LOOKS]
    return *(Step(most, SPAN) for most in LOOKS), Step(LOOKS[-1])


def walked(
    connection: Connection, look: Look, looks: Sequence[Step], one_look: Callable[[Connection, Look], Part]
) -> Part:
    """What these looks found, each from where the last one ended; none that would take in more than the last may."""
    found: list[Event] = []
    end = 0
    for most, span in looks:
        near, end = look.near(span)
        part = one_look(connection, replace(near, most=most))
        found += part.events
        end = part.floor or end
        if not end or len(part.events) >= look.limit or (part.floor and most == looks[-1].most):
            break
        look = replace(look.beyond(end), limit=look.limit - len(part.events))
    return Part(found, end)


def nearest(connection: Connection, look: Look, types: Sequence[str]) -> Rows:
    """The first rows on the look's way that may be of these types, or of any if there is none, for who reads all."""
    *_, furthest = ways(connection, look, types, every=True)
    return furthest


def ways(connection: Connection, look: Look, types: Sequence[str], *, every: bool = False) -> Iterator[Rows]:
    """The same, each going further than the one before: who has found enough need not ask for the next.

    Which of them are wanted, is still to be asked: what is bounded is the rows that are gone through. Those of a job
    may be nearly all of other types, and those of a type nearly all of other jobs. `every` is whether all are read.
    """
    of_jobs = [[events.c.job_key == key] for key in look.job_keys or ()]
    kinds = _kinds(look, types)
    if not of_jobs:
        yield _along(connection, look, kinds or [_common(types)], every=every)
        return
    rows = _of_lane(connection, look, of_jobs[0], every=every) if len(of_jobs) == 1 else _of_jobs(connection, look)
    yield rows
    if kinds and (edge := rows.edge()) and _is_further(look, _end(connection, look, _way(look, kinds)), edge):
        yield _along(connection, look, kinds, every=every)


def late(connection: Connection, look: Look, types: Sequence[str]) -> Rows | None:
    """The first rows that were received long after they had happened; None where there are none, as nearly always.

    Where there are many, as of a sender whose clock is wrong, those that another index leads to, if it goes further.
    """
    cursors = connection.scalars(_lane(look, [LATE])).all()
    if not cursors:
        return None
    rows = named(connection, cursors, look.most)
    edge = rows.edge()
    if edge and is_led(look, types):
        led = nearest(connection, look, types)
        if _is_further(look, led.edge() or None, edge):
            return led
    return rows


def is_led(look: Look, types: Sequence[str]) -> bool:
    """Whether an index leads to the rows."""
    return bool(look.job_keys or _kinds(look, types))


def named(connection: Connection, cursors: Sequence[int], most: int) -> Rows:
    """The rows of these cursors, in the order of the look; where fewer than `most`, all there are.

    They are one value, so that the statement is the same however many. As a query within another SQLite would look for
    them again for each.
    """
    edge = cursors[-1] if len(cursors) == most else 0
    if connection.dialect.name == "sqlite":
        told = func.json_each(msgspec.json.encode(cursors).decode()).table_valued("value")
        return Rows(events.c.cursor.in_(select(told.c.value)), lambda: edge)
    within = events.c.cursor.between(min(cursors, default=0), max(cursors, default=0))
    return Rows(and_(within, events.c.cursor == any_(literal(list(cursors), ARRAY(BigInteger)))), lambda: edge)


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


def _common(types: Sequence[str]) -> list[ColumnElement[bool]]:
    """Rows to which no index leads."""
    return [events.c.type.in_(types)] if types and len(types) < len(EVENTS) else []


def _is_further(look: Look, cursor: int | None, other: int) -> bool:
    """Whether a way that ends there goes further than the other; None is for all the way."""
    return cursor is None or (cursor > other if look.onward else cursor < other)


def _along(
    connection: Connection, look: Look, lanes: Sequence[Sequence[ColumnElement[bool]]], *, every: bool = False
) -> Rows:
    """The first rows of all jobs that these lanes lead to.

    Of many jobs they are listed: the index of jobs would lead to all that those have sent within the same bounds.
    """
    if len(lanes) == 1 and look.wanted.of is None:
        return _of_lane(connection, look, lanes[0], every=every)
    return _listed(connection, look, _way(look, lanes))


def _of_lane(connection: Connection, look: Look, lane: Sequence[ColumnElement[bool]], *, every: bool) -> Rows:
    """The first rows along one lane, said by where they end, which is best for who goes through all; or else listed.

    Postgres might go through all that lies between them for the first few: it takes a job that has much of a partition
    to be everywhere in it. SQLite goes along the lane.
    """
    if not every and connection.dialect.name != "sqlite":
        return _listed(connection, look, _lane(look, lane))
    last = _end(connection, look, _lane(look, lane))
    if last is None:
        return Rows(and_(*_bounds(look.low, look.before), *lane), lambda: 0)
    bounds = _bounds(look.low, last + 1) if look.onward else _bounds(last - 1, look.before)
    return Rows(and_(*bounds, *lane), lambda: last)


def _listed(connection: Connection, look: Look, way: Select[Any]) -> Rows:
    """The rows on a way, one by one: Postgres goes to each when it is its turn, and where they end is asked if need be.

    They are a value there, not a query within another, for which it would look into every partition once a row, or, as
    it takes that to be dear, read all there is.
    """
    if connection.dialect.name == "sqlite":
        return named(connection, connection.scalars(way).all(), look.most)
    cursors = func.array(way.correlate(None).scalar_subquery(), type_=ARRAY(BigInteger))
    among = and_(*_bounds(look.low, look.before), events.c.cursor == any_(cursors))
    return Rows(among, lambda: _end(connection, look, way) or 0)


def _of_jobs(connection: Connection, look: Look) -> Rows:
    """The first rows of several jobs. Postgres plans one lane for all: each of its own leads through all partitions."""
    job_keys = look.job_keys or ()
    if connection.dialect.name == "sqlite":
        return _listed(connection, look, _way(look, [[events.c.job_key == key] for key in job_keys]))
    keys = func.unnest(literal(list(job_keys), ARRAY(BigInteger))).table_valued("key").render_derived()
    lane = _lane(look, [events.c.job_key == keys.c.key]).correlate(keys).lateral("lane")
    query = select(lane.c.cursor).select_from(keys).join(lane, true())
    query = query.order_by(lane.c.cursor if look.onward else lane.c.cursor.desc()).limit(look.most)
    return _listed(connection, look, query)


def _end(connection: Connection, look: Look, way: Select[Any]) -> int | None:
    """The last cursor on a way that the look can take in; None where it can take in all."""
    found: int | None = connection.scalar(way.offset(look.most - 1).limit(1))
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
