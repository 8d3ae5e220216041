"""Which rows a look at the events takes in: the newest of those that an index leads to, and never too many."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, select, union_all

from app.storage.base import EventFilter
from app.storage.sql.conditions import of_types
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
    many to be looked through one by one.
    """

    wanted: EventFilter
    search: Search | None
    job_keys: Sequence[int] | None
    low: int
    before: int
    mark: int
    limit: int
    most: int


class Rows(NamedTuple):
    """At most `most` cursors; where there are fewer, all are there down to the `floor`, 0 for all the way."""

    cursors: Select[Any]
    most: int
    floor: int


def newest(look: Look, types: Sequence[str]) -> Rows:
    """The newest events of these types, of any if there is none."""
    most = look.most
    lanes = list(_lanes(look, types))
    if lanes:
        return Rows(_together([_lane(look.before, look.low, lane, most) for lane in lanes], most), most, 0)
    low = max(look.low, look.before - SPAN)
    wanted = [events.c.type.in_(types)] if types and len(types) < len(EVENTS) else []
    return Rows(_lane(look.before, low, wanted, most), most, low + 1 if low > look.low else 0)


def _lanes(look: Look, types: Sequence[str]) -> Iterator[list[ColumnElement[bool]]]:
    """Conditions of which each finds its events in their order along an index; nothing where there is none."""
    if look.job_keys is not None:
        of_type = [events.c.type.in_(types)] if types else []
        yield from ([events.c.job_key == key, *of_type] for key in look.job_keys)
    elif look.wanted.min_level is not None:
        yield from ([events.c.level == level] for level in range(look.wanted.min_level, len(LEVELS)))
    elif types and COMMONEST not in types:
        yield from (of_types([type_]) for type_ in types)


def _lane(before: int, low: int, conditions: Sequence[ColumnElement[bool]], most: int) -> Select[Any]:
    query = select(events.c.cursor).where(events.c.cursor < before, events.c.cursor > low, *conditions)
    return query.order_by(events.c.cursor.desc()).limit(most)


def _together(lanes: Sequence[Select[Any]], most: int) -> Select[Any]:
    if len(lanes) == 1:
        return lanes[0]
    rows = union_all(*(select(lane.subquery()) for lane in lanes)).subquery()
    return select(rows.c.cursor).order_by(rows.c.cursor.desc()).limit(most)
