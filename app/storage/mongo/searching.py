"""Searching events in MongoDB; see `app.storage.base_search`.

The words of an error or a log are kept with it, in an index of their own. A search is made of parts: what that index
leads to, errors and logs that it has not reached yet, and all other events. A part looks at a bounded number of them
and says how far down that was, its floor; what lies above the highest is known, and from there the next look goes on.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from pymongo import UpdateOne

from app.storage.base import Event, EventFilter
from app.storage.base_search import INDEXED, Found, Onward, Tally, Text
from app.storage.mongo.client import Document, Mongo, translated
from app.storage.mongo.conditions import holds, of_jobs, together, told_conditions
from app.storage.mongo.conditions_jobs import among
from app.storage.mongo.counting import EARLY_MS, KIND, received_since
from app.storage.mongo.ledger import Ledger
from app.storage.mongo.looking import LOOKS, MOST_JOBS, Look, Part, edge, read, taken_in, ways
from app.storage.mongo.watermarks import moved, stands_at
from app.storage.words import Search, Term, read_search
from scrapewatch.events import EVENTS as TYPES

MARK: Final = "indexed"
_TAIL: Final = 1_000
"""Errors and logs of a look that have to be taken apart into words."""


class MongoSearchStore:
    """The `SearchStore` beside the events of a database, and its `WordIndex`."""

    def __init__(self, mongo: Mongo, ledger: Ledger) -> None:
        self._mongo = mongo
        self._ledger = ledger

    def indexed(self) -> int:
        """See `WordIndex`."""
        with translated():
            return stands_at(self._mongo, MARK)

    def index(self, texts: Sequence[Text], after: int, upto: int) -> bool:
        """See `WordIndex`; words that are written without the mark are written again, and are the same."""
        with self._ledger.writing():
            if stands_at(self._mongo, MARK) != after:
                return False
            writes = [UpdateOne({"_id": each.cursor}, {"$set": {"words": sorted(set(each.words))}}) for each in texts]
            if writes:
                self._mongo["events"].bulk_write(writes, ordered=False)
            self._ledger.commit([moved(MARK, upto)])
            return True

    def search(self, wanted: EventFilter, *, before: int | None = None, after: int = 0, limit: int = 100) -> Found:
        """See `SearchStore`."""
        with translated():
            look = self._first(wanted, before, limit)
            return Found([], None) if look is None else Found(*_walked(_from(look, after), _looked))

    def onward(self, wanted: EventFilter, *, after: int, limit: int) -> Onward:
        """See `SearchStore`."""
        with translated():
            look = self._first(replace(wanted, q=None), None, limit)
            if look is None:
                return Onward([], None)
            return Onward(*_walked(replace(_from(look, after), onward=True), _gone_through))

    def count(self, wanted: EventFilter, *, before: int, after: int = 0, most: int) -> Tally:
        """See `SearchStore`."""
        with translated():
            look = self._first(wanted, before, most)
            if look is None:
                return Tally({}, None)
            look = replace(_from(look, after), most=most)
            reached = edge(look, ways(look, wanted.types))
            steps: list[Document] = [
                {"$match": together(taken_in(look, reached))},
                {"$group": {"_id": {name: f"${name}" for name in KIND}, "count": {"$sum": 1}}},
            ]
            found = list(self._mongo["events"].aggregate(steps))
            kinds = {tuple(each["_id"].get(name) for name in KIND): each["count"] for each in found}
            return Tally(kinds, reached or None)

    def _first(self, wanted: EventFilter, before: int | None, limit: int) -> Look | None:
        """Where to begin; None where nothing can be found."""
        job_keys = self._jobs(wanted)
        if job_keys is not None and not job_keys:
            return None
        sight = self._mongo.sight()
        newest = sight.newest
        if job_keys is None and before is None and wanted.of is not None:
            # Of many jobs, which are found among all: nothing of theirs is newer, though others have gone on for days.
            newest = min(newest, self._last_of(wanted))
        told = replace(wanted, q=None, job_id=None, of=None)
        return Look(
            mongo=self._mongo,
            sight=sight,
            wanted=wanted,
            conditions=[
                *([{"job_key": {"$in": job_keys}}] if job_keys is not None else of_jobs(self._mongo, wanted)),
                *told_conditions(told),
            ],
            search=read_search(wanted.q) if wanted.q else None,
            job_keys=job_keys,
            low=0 if wanted.from_ms is None else received_since(self._mongo, wanted.from_ms - EARLY_MS, newest),
            before=newest + 1 if before is None else min(before, newest + 1),
            mark=stands_at(self._mongo, MARK),
            limit=limit,
            most=LOOKS[0],
        )

    def _jobs(self, wanted: EventFilter) -> list[int] | None:
        """The jobs that are meant; None for any, or for so many that their events are better found among all."""
        if wanted.of is None and wanted.job_id is None:
            return None
        found = self._mongo["jobs"].find(_meant(wanted), {"_id": 1}).limit(MOST_JOBS + 1)
        keys = [job["_id"] for job in found]
        return None if len(keys) > MOST_JOBS else keys

    def _last_of(self, wanted: EventFilter) -> int:
        steps: list[Document] = [
            {"$match": _meant(wanted)},
            {"$group": {"_id": None, "last": {"$max": "$last_cursor"}}},
        ]
        return max((int(each["last"]) for each in self._mongo["jobs"].aggregate(steps)), default=0)


def _meant(wanted: EventFilter) -> Document:
    conditions = [] if wanted.of is None else among(wanted.of)
    return together(conditions if wanted.job_id is None else [*conditions, {"id": wanted.job_id}])


def _from(look: Look, after: int) -> Look:
    return replace(look, low=max(look.low, after))


def _walked(look: Look, one_look: Callable[[Look], Part]) -> tuple[list[Event], int | None]:
    """What a few looks found, each from where the last one ended, and where the next would begin; None at the end."""
    found: list[Event] = []
    floor = None
    for most in LOOKS:
        part = one_look(replace(look, most=most, limit=look.limit - len(found)))
        found += part.events
        floor = part.floor or None
        if floor is None or len(found) >= look.limit:
            break
        look = replace(look, low=floor) if look.onward else replace(look, before=floor)
    return found, floor


def _looked(look: Look) -> Part:
    """One look of all parts together."""
    known: list[Event] = []
    floor = 0
    for part_of in _parts(look):
        # What is older than enough of what is found already need not be looked at.
        low = known[look.limit - 1].cursor if len(known) >= look.limit else look.low
        part = part_of(_from(look, low))
        floor = max(floor, part.floor)
        known = sorted([*known, *part.events], key=lambda event: -event.cursor)
    known = [event for event in known if event.cursor >= floor][: look.limit]
    return Part(known, known[-1].cursor if len(known) == look.limit else floor)


def _parts(look: Look) -> list[Callable[[Look], Part]]:
    if look.search is None or not look.search.has_words:
        return [_gone_through]
    types = look.wanted.types
    indexed = [_indexed, _tail] if not types or set(types) & set(INDEXED) else []
    others = [_others] if look.wanted.min_level is None and (not types or set(types) - set(INDEXED)) else []
    return [*indexed, *others]


def _indexed(look: Look) -> Part:
    """What the index knows: it leads to the events of one word, and these are read."""
    terms = [term for term in _search(look).terms if not term.negated]
    whole = [word for term in terms for word in _whole(term)]
    stems = [{"words": {"$regex": f"^{term.words[-1]}"}} for term in terms if term.prefix]
    types = _indexed_types(look)
    # The longest word is likely to be the rarest.
    along = ways(look, types, {"words": max(whole, key=len)} if whole else None)
    conditions: list[Document] = [*({"words": word} for word in whole), *stems, {"type": {"$in": types}}]
    return read(replace(look, before=min(look.before, look.mark + 1)), along, conditions, _is_met(look))


def _tail(look: Look) -> Part:
    """Errors and logs that the index has not reached."""
    types = _indexed_types(look)
    look = replace(_from(look, look.mark), most=min(_TAIL, look.most))
    return read(look, ways(look, types), [{"type": {"$in": types}}], _is_met(look))


def _others(look: Look) -> Part:
    """Events of other types, letter by letter."""
    types = [type_ for type_ in look.wanted.types or TYPES if type_ not in INDEXED]
    return read(look, ways(look, types), [{"type": {"$in": types}}, *_letters(look.search)])


def _gone_through(look: Look) -> Part:
    """Events of all types that are wanted, letter by letter."""
    return read(look, ways(look, look.wanted.types), _letters(look.search))


def _indexed_types(look: Look) -> list[str]:
    return [type_ for type_ in INDEXED if type_ in (look.wanted.types or INDEXED)]


def _is_met(look: Look) -> Callable[[Event], bool]:
    search = _search(look)
    return lambda event: search.met_by(event.body or {})


def _search(look: Look) -> Search:
    return look.search or Search(())


def _whole(term: Term) -> Sequence[str]:
    return term.words[:-1] if term.prefix else term.words


def _letters(search: Search | None) -> list[Document]:
    terms = search.terms if search else ()
    return [{"$nor": [holds("data", term.text)]} if term.negated else holds("data", term.text) for term in terms]
