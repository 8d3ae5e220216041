"""Searching events in SQL; see `app.storage.base_search`.

A search is made of parts, each of which looks at the newest rows of its own: what the index has found, errors and logs
that it has not reached yet, and all other events. A part looks at a bounded number of rows and says how far down that
was, its floor; what lies above the highest floor is known, and from there the next look goes on.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select, text

from app.storage.base import Event, EventFilter
from app.storage.base_levels import Levels
from app.storage.base_search import INDEXED, Found, Onward, Tally, Text
from app.storage.sql import texts as index_of_words
from app.storage.sql.bodies import Letters, holding, read_events
from app.storage.sql.conditions import VISIBLE, event_conditions
from app.storage.sql.conditions_jobs import among
from app.storage.sql.counting import kind_columns, received_since
from app.storage.sql.database import Database
from app.storage.sql.events_tables import events, jobs
from app.storage.sql.looking import MOST_JOBS, Look, Rows, looks, named, nearest, ways
from app.storage.sql.rows import EVENTS
from app.storage.sql.watermarks import moved, stands_at
from app.storage.words import Search, read_search
from scrapewatch.events import EVENTS as TYPES
from scrapewatch.events import LEVELS

MARK: Final = "indexed"
_TAIL: Final = 1_000
"""The same of errors and logs that have to be taken apart into words."""
_EARLY_MS: Final = 3_600_000
"""By how much an event may be older by its receipt than by its own time."""
_NEWEST: Final = select(func.max(events.c.cursor))


class Part(NamedTuple):
    """What a part of the search has found, newest first, and down to which cursor it has looked; 0 for all the way."""

    events: list[Event]
    floor: int


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
    look = _first(connection, wanted, before, limit)
    if look is None:
        return Found([], None)
    return Found(*_walked(connection, replace(look, low=max(look.low, after)), _looked))


def _onward(connection: Connection, wanted: EventFilter, after: int, limit: int) -> Onward:
    look = _first(connection, wanted, None, limit)
    if look is None:
        return Onward([], None)
    return Onward(*_walked(connection, replace(look, low=max(look.low, after), onward=True), _gone_through))


def _walked(
    connection: Connection, look: Look, one_look: Callable[[Connection, Look], Part]
) -> tuple[list[Event], int | None]:
    """What a few looks found, each from where the last one ended, and where the next would begin; None at the end."""
    found: list[Event] = []
    floor = None
    for most in looks(look):
        part = one_look(connection, replace(look, most=most, limit=look.limit - len(found)))
        found += part.events
        floor = part.floor or None
        if floor is None or len(found) >= look.limit:
            break
        look = replace(look, low=floor) if look.onward else replace(look, before=floor)
    return found, floor


def _count(connection: Connection, wanted: EventFilter, before: int, after: int, most: int) -> Tally:
    look = _first(connection, wanted, before, most)
    if look is None:
        return Tally({}, None)
    look = replace(look, low=max(look.low, after))
    rows = nearest(connection, look, wanted.types)
    kind = kind_columns(connection.dialect.name)
    query = select(*kind, func.count()).outerjoin(jobs, events.c.job_key == jobs.c.key)
    query = query.where(VISIBLE, *_among(look, rows, wanted.types)).group_by(*kind)
    counted = {tuple(kind): count for *kind, count in connection.execute(query)}
    return Tally(counted, rows.edge or None)


def _first(connection: Connection, wanted: EventFilter, before: int | None, limit: int) -> Look | None:
    """Where to begin; None where nothing can be found."""
    job_keys = _jobs(connection, wanted)
    if job_keys is not None and not job_keys:
        return None
    newest = _newest(connection, wanted, job_keys, before)
    return Look(
        wanted=wanted,
        search=read_search(wanted.q) if wanted.q else None,
        job_keys=job_keys,
        low=0 if wanted.from_ms is None else received_since(connection, wanted.from_ms - _EARLY_MS, newest),
        before=newest + 1 if before is None else min(before, newest + 1),
        mark=stands_at(connection, MARK) if wanted.q else 0,
        limit=limit,
        most=limit,
    )


def _newest(connection: Connection, wanted: EventFilter, job_keys: Sequence[int] | None, before: int | None) -> int:
    """The cursor above which nothing need be looked for."""
    if job_keys is not None and before is not None and wanted.from_ms is None:
        return before  # an index of the job leads on from any place
    if job_keys is None and before is None and wanted.of is not None:
        # Of many jobs, which are found among all: nothing of theirs is newer, though others may have gone on for days.
        return connection.scalar(select(func.max(jobs.c.last_cursor)).where(*_meant(wanted))) or 0
    return connection.scalar(_NEWEST) or 0


def _jobs(connection: Connection, wanted: EventFilter) -> Sequence[int] | None:
    """The jobs that are meant; None for any, or for so many that their events are better found among all."""
    if wanted.of is None and wanted.job_id is None:
        return None
    found = connection.scalars(select(jobs.c.key).where(*_meant(wanted)).limit(MOST_JOBS + 1)).all()
    return None if len(found) > MOST_JOBS else found


def _meant(wanted: EventFilter) -> list[ColumnElement[bool]]:
    """The conditions of the jobs that are."""
    conditions = [] if wanted.of is None else among(wanted.of)
    return conditions if wanted.job_id is None else [*conditions, jobs.c.id == wanted.job_id]


def _looked(connection: Connection, look: Look) -> Part:
    """One look of all parts together."""
    known: list[Event] = []
    floor = 0
    for part_of in _parts(look):
        # What is older than enough of what is found already need not be looked at.
        low = known[look.limit - 1].cursor if len(known) >= look.limit else look.low
        part = part_of(connection, replace(look, low=max(low, look.low)))
        floor = max(floor, part.floor)
        known = sorted([*known, *part.events], key=lambda event: -event.cursor)
    known = [event for event in known if event.cursor >= floor][: look.limit]
    return Part(known, known[-1].cursor if len(known) == look.limit else floor)


def _parts(look: Look) -> list[Any]:
    if look.search is None or not look.search.has_words:
        return [_gone_through]
    types = look.wanted.types
    indexed = [_indexed, _tail] if not types or set(types) & set(INDEXED) else []
    others = [_others] if look.wanted.min_level is None and (not types or set(types) - set(INDEXED)) else []
    return [*indexed, *others]


def _indexed(connection: Connection, look: Look) -> Part:
    """What the index knows."""
    dialect, wanted, search = connection.dialect.name, look.wanted, look.search or Search(())
    is_whole = (wanted.of is None or look.job_keys is not None) and wanted.from_ms is None and wanted.to_ms is None
    most = look.limit if is_whole else look.most
    query = text(index_of_words.found_sql(dialect)).bindparams(
        match=index_of_words.match(dialect, search, _signs(look, search)),
        low=look.low,
        before=min(look.before, look.mark + 1),
        most=most,
    )
    return _read(connection, look, named(connection, connection.scalars(query).all(), most), wanted.types, [])


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
    types = [type_ for type_ in INDEXED if type_ in (wanted.types or INDEXED)]
    if len(types) < len(INDEXED) or (not signs and all(term.negated for term in search.terms)):
        signs.append(index_of_words.signs_of_types(types))
    return signs


def _signs_of(levels: Levels) -> list[str]:
    """Of the index, what bears one of these levels, or is of a type that stands for one, has one of these signs."""
    types = [type_ for type_ in INDEXED if type_ in levels.types]
    return [*index_of_words.signs_of_levels(levels.numbers), *index_of_words.signs_of_types(types)]


def _tail(connection: Connection, look: Look) -> Part:
    """Errors and logs that the index has not reached."""
    search = look.search or Search(())
    types = [type_ for type_ in INDEXED if type_ in (look.wanted.types or INDEXED)]
    most = min(_TAIL, look.most)
    rows = nearest(connection, replace(look, low=max(look.low, look.mark), most=most), types)
    folded = [word for term in search.terms if not term.negated for word in term.words if word.isascii()]
    part = _read(connection, replace(look, limit=most), rows, types, list(map(Letters, folded)))
    met = [event for event in part.events if search.met_by(event.body or {})]
    return Part(met[: look.limit], met[look.limit - 1].cursor if len(met) >= look.limit else part.floor)


def _others(connection: Connection, look: Look) -> Part:
    """Events of other types, letter by letter."""
    return _by_letters(connection, look, [type_ for type_ in look.wanted.types or TYPES if type_ not in INDEXED])


def _gone_through(connection: Connection, look: Look) -> Part:
    """Events of all types that are wanted, letter by letter."""
    return _by_letters(connection, look, look.wanted.types)


def _by_letters(connection: Connection, look: Look, types: Sequence[str]) -> Part:
    part = Part([], 0)
    for rows in ways(connection, look, types):
        part = _read(connection, look, rows, types, _letters(look.search))
        if len(part.events) == look.limit:
            break
    return part


def _read(connection: Connection, look: Look, rows: Rows, types: Sequence[str], letters: Sequence[Letters]) -> Part:
    """Of these rows those that are wanted, of these types, and hold those letters."""
    pinned = None if letters else rows.pinned
    conditions = _among(look, rows if pinned is None else rows._replace(among=pinned), types)
    if letters:
        conditions.append(holding(connection, letters, conditions, look.limit, onward=look.onward))
    found = read_events(connection, EVENTS.where(*conditions).order_by(look.order).limit(look.limit))
    return Part(found, found[-1].cursor if len(found) == look.limit else rows.edge)


def _among(look: Look, rows: Rows, types: Sequence[str]) -> list[ColumnElement[bool]]:
    """The conditions of those of these rows that are wanted; types are compared, not looked up, as the rows are few."""
    of_types = [events.c.type.in_(types)] if types else []
    wanted = replace(look.wanted, q=None, types=())
    return [rows.among, *of_types, *event_conditions(wanted)]


def _letters(search: Search | None) -> list[Letters]:
    return [Letters(term.text, term.negated) for term in search.terms] if search else []
