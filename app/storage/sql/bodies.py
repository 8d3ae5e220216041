"""Events as they are read: the one place that sees through packed bodies, for all who read or search them."""

import logging
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
)

from app.storage.base import Event
from app.storage.sql.chunks import Damaged, unpacked
from app.storage.sql.chunks_tables import PACKED, event_chunks
from app.storage.sql.conditions import VISIBLE, visible
from app.storage.sql.events_tables import events, jobs
from app.storage.sql.rows import event_of

log = logging.getLogger(__name__)

LOG: Final = "log"
_SLICES: Final = (500, 2_000, 8_000)
"""Packed events that are looked through at a time; the last again and again."""


class Letters(NamedTuple):
    """What a body must hold as it stands, without regard to case, or must not."""

    text: str
    negated: bool = False


def read_events(connection: Connection, query: Select[Any]) -> list[Event]:
    """The events of a query of `EVENTS`.

    Raises:
        Damaged: a body is in a chunk that can't be read.
    """
    rows = connection.execute(query).all()
    bodies = _bodies(connection, [row.cursor for row in rows if row.data == PACKED])
    return [event_of(row, bodies.get(row.cursor, row.data)) for row in rows]


def holding(
    connection: Connection, letters: Sequence[Letters], among: Sequence[ColumnElement[bool]], most: int
) -> ColumnElement[bool]:
    """That a body holds all those letters, as a condition beside `among`: right for the newest `most` events."""
    hits = _packed(connection, letters, among, most)
    if connection.dialect.name == "postgresql":
        return or_(events.c.cursor.in_(_plain(connection, letters, among)), _is_among(hits))
    return or_(and_(events.c.data != PACKED, *_held(events.c.data, letters, is_sqlite=True)), _is_among(hits))


def first_holding(
    connection: Connection,
    letters: Sequence[Letters],
    among: Sequence[ColumnElement[bool]],
    most: int,
    *,
    low: int = 0,
    onward: bool = False,
) -> list[int]:
    """The cursors of the newest `most` events among those whose bodies hold all those letters, or `onward` the oldest.

    `low` is a cursor that all of them are above.
    """
    plain = _plain(connection, letters, among).limit(most)
    cursor = plain.selected_columns.cursor
    found = connection.scalars(plain.order_by(cursor if onward else cursor.desc())).all()
    packed = _packed(connection, letters, among, most, low=low, onward=onward)
    return sorted([*found, *packed], reverse=not onward)[:most]


def _plain(connection: Connection, letters: Sequence[Letters], among: Sequence[ColumnElement[bool]]) -> Select[int]:
    """The cursors of those that are not packed.

    Postgres takes comparing letters for cheap, and would rather do it to every row there is than walk to these few:
    so they are fetched before. There, letters of ASCII need not be compared by the rules of a language, which takes
    five times as long.
    """
    rows: Any = events
    if connection.dialect.name == "postgresql":
        fetched = select(events.c.cursor, events.c.job_key, events.c.data).where(*among)
        rows = fetched.cte().prefix_with("MATERIALIZED")
    found = select(rows.c.cursor).outerjoin(jobs, rows.c.job_key == jobs.c.key)
    found = found.where(visible(rows), rows.c.data != PACKED)
    return found.where(*(among if rows is events else ()), *_held(rows.c.data, letters, is_sqlite=rows is events))


def _held(data: ColumnElement[str], letters: Sequence[Letters], *, is_sqlite: bool) -> list[ColumnElement[bool]]:
    """That it holds all those letters."""
    plain = data if is_sqlite else data.collate("C")
    found = [(plain if each.text.isascii() else data).icontains(each.text, autoescape=True) for each in letters]
    return [~each if letter.negated else each for each, letter in zip(found, letters, strict=True)]


def _packed(
    connection: Connection,
    letters: Sequence[Letters],
    among: Sequence[ColumnElement[bool]],
    most: int,
    *,
    low: int = 0,
    onward: bool = False,
) -> list[int]:
    """The cursors of packed ones: a database can't look into chunks, so they are unpacked."""
    if connection.scalar(select(event_chunks.c.last_cursor).where(event_chunks.c.last_cursor > low).limit(1)) is None:
        return []
    fold = str.lower if connection.dialect.name == "postgresql" else _lower_ascii
    wanted = [Letters(fold(each.text), each.negated) for each in letters]
    hits: list[int] = []
    for bodies in _slices(connection, among, onward=onward):
        hits += [
            cursor
            for cursor, body in bodies.items()
            if all((each.text in folded) != each.negated for folded in (fold(body),) for each in wanted)
        ]
        if len(hits) >= most:
            break
    return hits


def chunks_of(connection: Connection, cursors: Sequence[int]) -> list[int]:
    """The chunks that hold bodies of these events, for `clear` when the events are gone."""
    if not cursors or connection.scalar(select(event_chunks.c.last_cursor).limit(1)) is None:
        return []
    return list(connection.scalars(_chunks_of(cursors)))


def clear(connection: Connection, chunks: Sequence[int]) -> None:
    """Delete those of these chunks of which no event is left."""
    if not chunks:
        return
    is_left = exists().where(
        events.c.job_key == event_chunks.c.job_key,
        events.c.cursor.between(event_chunks.c.first_cursor, event_chunks.c.last_cursor),
        (events.c.type == LOG) == event_chunks.c.logs,
    )
    connection.execute(delete(event_chunks).where(event_chunks.c.last_cursor.in_(chunks), ~is_left))


def _slices(connection: Connection, among: Sequence[ColumnElement[bool]], *, onward: bool) -> Iterator[dict[int, str]]:
    """Bodies of packed events among those, by cursor and in order."""
    rows = select(events.c.cursor).outerjoin(jobs, events.c.job_key == jobs.c.key)
    rows = rows.where(VISIBLE, events.c.data == PACKED, *among)
    rows = rows.order_by(events.c.cursor if onward else events.c.cursor.desc())
    edge: list[ColumnElement[bool]] = []
    number = 0
    while True:
        size = _SLICES[min(number, len(_SLICES) - 1)]
        cursors = connection.scalars(rows.where(*edge).limit(size)).all()
        found = _bodies(connection, cursors)
        yield {cursor: found[cursor] for cursor in cursors}
        if len(cursors) < size:
            return
        edge = [events.c.cursor > cursors[-1] if onward else events.c.cursor < cursors[-1]]
        number += 1


def _bodies(connection: Connection, cursors: Collection[int]) -> dict[int, str]:
    """Bodies of packed events by cursor; each chunk is unpacked once, and what is not asked for let go.

    Raises:
        Damaged: a chunk can't be read, or is missing.
    """
    if not cursors:
        return {}
    wanted = set(cursors)
    found: dict[int, str] = {}
    columns = (event_chunks.c[name] for name in ("packed", "letters", "first_cursor", "last_cursor"))
    for row in connection.execute(select(*columns).where(event_chunks.c.last_cursor.in_(_chunks_of(cursors)))):
        bodies = unpacked(*row)
        found.update((cursor, bodies[cursor]) for cursor in wanted & bodies.keys())
    if missing := wanted - found.keys():
        log.error("The packed body of event %s is missing", min(missing))
        raise Damaged("The packed body of event %(cursor)s is missing.", cursor=min(missing))
    return found


def _chunks_of(cursors: Collection[int]) -> Select[Any]:
    """The keys of the chunks that hold bodies of these events."""
    owner = (
        select(func.min(event_chunks.c.last_cursor))
        .where(
            event_chunks.c.job_key == events.c.job_key,
            event_chunks.c.logs == (events.c.type == LOG),
            event_chunks.c.last_cursor >= events.c.cursor,
        )
        .correlate(events)
        .scalar_subquery()
    )
    return select(owner).where(_is_among(cursors), events.c.data == PACKED).distinct()


def _is_among(cursors: Collection[int]) -> ColumnElement[bool]:
    """Written out, as there may be more than a statement may have values."""
    return events.c.cursor.in_(bindparam("cursors", list(cursors), unique=True, expanding=True, literal_execute=True))


def _lower_ascii(said: str) -> str:
    """As SQLite does it."""
    return said.encode().lower().decode()
