"""Searching events in SQL; see `app.storage.base_search`.

A search is made of parts, each of which looks at the newest rows of its own: what the index has found, errors and logs
that it has not reached yet, and all other events. A part looks at a bounded number of rows and says how far down that
was, its floor; what lies above the highest floor is known, and from there the next look goes on.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, select, text

from app.storage.base import Event, EventFilter
from app.storage.base_levels import Levels
from app.storage.base_search import INDEXED, Found, Onward, Tally, Text
from app.storage.sql import looking
from app.storage.sql import texts as index_of_words
from app.storage.sql.bodies import Letters, first_holding, read_events
from app.storage.sql.conditions import VISIBLE, event_conditions
from app.storage.sql.counting import kind_columns
from app.storage.sql.database import Database
from app.storage.sql.events_tables import events, jobs
from app.storage.sql.looking import Look, Part, Rows, Step, is_led, late, named, nearest, steps, walked, ways
from app.storage.sql.placing import MARK, first_look
from app.storage.sql.rows import EVENTS
from app.storage.sql.watermarks import moved, stands_at
from app.storage.words import Search
from scrapewatch.events import EVENTS as TYPES
from scrapewatch.events import LEVELS

_TAIL: Final = 1_000
"""Events that one look takes in, where their words have to be taken apart."""


class SqlSearchStore:
    """The `SearchStore` beside the events of a database, and its `WordIndex`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def indexed(self) -> int:
        """See `WordIndex`."""
        return self._database.read(partial(stands_at, key=MARK))

    def index(self, texts: Sequence[Text], after: int, upto: int) -> bool:
        """See `WordIndex`."""

        def write(connection: Connection) -> bool:
            if not moved(connection, MARK, after, upto):
                return False
            index_of_words.add(connection, texts)
            return True

        return self._database.write(write)

    def search(self, wanted: EventFilter, *, before: int | None = None, after: int = 0, limit: int = 100) -> Found:
        """See `SearchStore`."""
        return self._database.read(partial(_search, wanted=wanted, before=before, after=after, limit=limit))

    def onward(self, wanted: EventFilter, *, after: int, limit: int) -> Onward:
        """See `SearchStore`."""
        return self._database.read(partial(_onward, wanted=replace(wanted, q=None), after=after, limit=limit))

    def count(self, wanted: EventFilter, *, before: int, after: int = 0, most: int) -> Tally:
        """See `SearchStore`."""
        return self._database.read(partial(_count, wanted=wanted, before=before, after=after, most=most))


def _search(connection: Connection, wanted: EventFilter, before: int | None, after: int, limit: int) -> Found:
    look = first_look(connection, wanted, before, limit)
    if look is None:
        return Found([], None)
    part = _in_turn(connection, replace(look, low=max(look.low, after)), _looked)
    return Found(part.events, part.floor or None)


def _onward(connection: Connection, wanted: EventFilter, after: int, limit: int) -> Onward:
    look = first_look(connection, wanted, None, limit)
    if look is None:
        return Onward([], None)
    part = _in_turn(connection, replace(look, low=max(look.low, after), onward=True), _gone_through)
    return Onward(part.events, part.floor or None)


def _count(connection: Connection, wanted: EventFilter, before: int, after: int, most: int) -> Tally:
    look = first_look(connection, wanted, before, most)
    if look is None:
        return Tally({}, None)
    look = replace(look, low=max(look.low, after))
    rows = nearest(connection, look, wanted.types)
    kind = kind_columns(connection.dialect.name)
    query = select(*kind, func.count()).outerjoin(jobs, events.c.job_key == jobs.c.key)
    query = query.where(VISIBLE, *_among(look, rows, wanted.types)).group_by(*kind)
    counted = {tuple(kind): count for *kind, count in connection.execute(query)}
    return Tally(counted, rows.edge() or None)


def _in_turn(connection: Connection, look: Look, usual: Callable[[Connection, Look], Part]) -> Part:
    """What came in time, and above the `cut` what came late, in the order of the look."""
    turns = [(usual, look.in_time()), (_late, look.too_late())]
    found: list[Event] = []
    for part_of, some in turns if look.onward else reversed(turns):
        if some.low + 1 < some.before:
            part = part_of(connection, replace(some, limit=look.limit - len(found)))
            found += part.events
            if part.floor:
                return Part(found, part.floor)
    return Part(found, 0)


def _late(connection: Connection, look: Look) -> Part:
    """Events that were received long after they had happened: mostly none, and else looked at one by one."""
    search, types = look.search, look.wanted.types
    rows = late(connection, replace(look, most=_TAIL), types)
    if rows is None:
        return Part([], 0)
    if search is None or not search.has_words:
        return _read(connection, look, rows, types, _letters(search))
    parts = []
    if told_by_words := _indexed_types(look):
        parts.append(_by_words(connection, look, rows, told_by_words))
    if told_by_letters := _other_types(look):
        parts.append(_read(connection, look, rows, told_by_letters, _letters(search)))
    return _together(parts, look.limit)


def _looked(connection: Connection, look: Look) -> Part:
    """One look of all parts together."""
    parts: list[Part] = []
    for part_of in _parts(look):
        # What is older than enough of what is found already need not be looked at.
        known = _in_order(parts)
        low = known[look.limit - 1].cursor if len(known) >= look.limit else look.low
        parts.append(part_of(connection, replace(look, low=max(low, look.low))))
    return _together(parts, look.limit)


def _together(parts: Sequence[Part], limit: int) -> Part:
    """What is known of all parts."""
    floor = max((part.floor for part in parts), default=0)
    known = [event for event in _in_order(parts) if event.cursor >= floor][:limit]
    return Part(known, known[-1].cursor if len(known) == limit else floor)


def _in_order(parts: Sequence[Part]) -> list[Event]:
    return sorted((event for part in parts for event in part.events), key=lambda event: -event.cursor)


def _parts(look: Look) -> list[Any]:
    if look.search is None or not look.search.has_words:
        return [_gone_through]
    return [*([_indexed, _tail] if _indexed_types(look) else []), *([_others] if _other_types(look) else [])]


def _indexed_types(look: Look) -> list[str]:
    return [type_ for type_ in INDEXED if type_ in (look.wanted.types or INDEXED)]


def _other_types(look: Look) -> list[str]:
    """Those that are wanted and have no words in the index; none of them has a level."""
    every = look.wanted.types or TYPES if look.wanted.min_level is None else ()
    return [type_ for type_ in every if type_ not in INDEXED]


def _indexed(connection: Connection, look: Look) -> Part:
    """What the index knows."""
    wanted = look.wanted
    is_whole = (wanted.of is None or look.job_keys is not None) and wanted.from_ms is None and wanted.to_ms is None
    looks = [Step(look.limit)] if is_whole else [Step(most) for most in looking.LOOKS]
    return walked(connection, replace(look, before=min(look.before, look.mark + 1)), looks, _by_index)


def _by_index(connection: Connection, look: Look) -> Part:
    dialect, search = connection.dialect.name, look.search or Search(())
    query = text(index_of_words.found_sql(dialect)).bindparams(
        match=index_of_words.match(dialect, search, _signs(look, search)),
        low=look.low,
        before=look.before,
        most=look.most,
    )
    found = connection.scalars(query).all()
    if not found:
        return Part([], 0)
    return _read(connection, look, named(connection, found, look.most), look.wanted.types, [])


def _signs(look: Look, search: Search) -> list[list[str]]:
    """Of each of these lists an event must have one sign; that of its type only where it tells something.

    Every event of the index has a type: to ask for any of them costs a walk over all.
    """
    wanted = look.wanted
    signs = []
    if look.job_keys is not None:
        signs.append(index_of_words.signs_of_jobs(look.job_keys))
    if wanted.min_level is not None:
        signs.append(index_of_words.signs_of_levels(range(wanted.min_level, len(LEVELS))))
    if wanted.levels is not None and (told := _signs_of(wanted.levels)):
        signs.append(told)
    types = _indexed_types(look)
    if len(types) < len(INDEXED) or (not signs and all(term.negated for term in search.terms)):
        signs.append(index_of_words.signs_of_types(types))
    return signs


def _signs_of(levels: Levels) -> list[str]:
    """Of the index, what bears one of these levels, or is of a type that stands for one, has one of these signs."""
    types = [type_ for type_ in INDEXED if type_ in levels.types]
    return [*index_of_words.signs_of_levels(levels.numbers), *index_of_words.signs_of_types(types)]


def _tail(connection: Connection, look: Look) -> Part:
    """Errors and logs that the index has not reached."""
    types = _indexed_types(look)
    rows = nearest(connection, replace(look, low=max(look.low, look.mark), most=_TAIL), types)
    return _by_words(connection, look, rows, types)


def _by_words(connection: Connection, look: Look, rows: Rows, types: Sequence[str]) -> Part:
    """Of these rows those that hold the words, which are taken apart for it."""
    search = look.search or Search(())
    folded = [word for term in search.terms if not term.negated for word in term.words if word.isascii()]
    part = _read(connection, replace(look, limit=_TAIL), rows, types, list(map(Letters, folded)))
    met = [event for event in part.events if search.met_by(event.body or {})]
    return Part(met[: look.limit], met[look.limit - 1].cursor if len(met) >= look.limit else part.floor)


def _others(connection: Connection, look: Look) -> Part:
    """Events of other types, letter by letter."""
    return _by_letters(connection, look, _other_types(look))


def _gone_through(connection: Connection, look: Look) -> Part:
    """Events of all types that are wanted, letter by letter."""
    return _by_letters(connection, look, look.wanted.types)


def _by_letters(connection: Connection, look: Look, types: Sequence[str]) -> Part:
    look, end = look.near(None if is_led(look, types) else looking.SPAN)
    part = walked(connection, look, steps(connection), partial(_by_ways, types=types))
    return Part(part.events, part.floor or end)


def _by_ways(connection: Connection, look: Look, types: Sequence[str]) -> Part:
    part = Part([], 0)
    for rows in ways(connection, look, types):
        part = _read(connection, look, rows, types, _letters(look.search))
        if len(part.events) == look.limit or look.most < looking.LOOKS[-1]:
            break
    return part


def _read(connection: Connection, look: Look, rows: Rows, types: Sequence[str], letters: Sequence[Letters]) -> Part:
    """Of these rows those that are wanted, of these types, and hold those letters."""
    conditions = _among(look, rows, types)
    if letters:
        hits = first_holding(connection, letters, conditions, look.limit, low=look.low, onward=look.onward)
        if not hits:
            return Part([], rows.edge())
        conditions = [named(connection, hits, look.limit).among]
    found = read_events(connection, EVENTS.where(*conditions).order_by(look.order).limit(look.limit))
    return Part(found, found[-1].cursor if len(found) == look.limit else rows.edge())


def _among(look: Look, rows: Rows, types: Sequence[str]) -> list[ColumnElement[bool]]:
    """The conditions of those of these rows that are wanted; types are compared, not looked up, as the rows are few."""
    of_types = [events.c.type.in_(types)] if types else []
    wanted = replace(look.wanted, q=None, types=())
    of_jobs = []
    if look.job_keys is not None:
        of_jobs, wanted = [events.c.job_key.in_(look.job_keys)], replace(wanted, job_id=None, of=None)
    return [rows.among, *of_types, *of_jobs, *event_conditions(wanted)]


def _letters(search: Search | None) -> list[Letters]:
    return [Letters(term.text, term.negated) for term in search.terms] if search else []
