"""Which events a look takes in: the newest of those that an index leads to, and never too many."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from pymongo import ASCENDING, DESCENDING

from app.storage.base import Event, EventFilter
from app.storage.base_search import INDEXED
from app.storage.mongo.client import Document, Mongo, Sight
from app.storage.mongo.conditions import together
from app.storage.mongo.rows import ALERT, event_of
from app.storage.words import Search
from scrapewatch.events import LEVELS

LOOKS: Final = (200, 1_000, 5_000, 10_000)
"""Events that one look after the other takes in, where it can't know which of them are wanted."""
MOST_JOBS: Final = 50
"""Jobs whose events are looked for one job after the other."""
COMMONEST: Final = "item_scraped"
"""The type of nearly all events: walking the cursor finds them at once."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Look:
    """What is searched for, and where: below `before` and above `low`, at most `limit`; `mark` is the index's.

    `most` is how many events it may take in. `job_keys` are the jobs that it is in; None for any, or where they are too
    many to be looked through one by one. It goes from `before` back, or `onward` from `low`.
    """

    mongo: Mongo
    sight: Sight
    wanted: EventFilter
    conditions: Sequence[Document]
    search: Search | None
    job_keys: Sequence[int] | None
    low: int
    before: int
    mark: int
    limit: int
    most: int
    onward: bool = False

    @property
    def order(self) -> int:
        """In which its events come."""
        return ASCENDING if self.onward else DESCENDING

    @property
    def within(self) -> list[Document]:
        """The condition of where it is, and of what may be seen."""
        gone: list[Document] = [{"job_key": {"$nin": list(self.sight.gone)}}] if self.sight.gone else []
        return [{"_id": {"$gt": self.low, "$lt": self.before}}, *gone]


class Part(NamedTuple):
    """What a part of the search has found, in order, and as far as which cursor it has looked; 0 for all the way."""

    events: list[Event]
    floor: int


def ways(look: Look, types: Sequence[str], words: Document | None = None) -> list[Document]:
    """Conditions that an index leads along in the order of cursors; each holds of all that is wanted of these types."""
    found: list[Document] = []
    if look.job_keys is not None:
        found.append({"job_key": {"$in": list(look.job_keys)}})
    kinds = words or _kinds(look.wanted, types)
    return [*found, kinds] if kinds else found


def _kinds(wanted: EventFilter, types: Sequence[str]) -> Document | None:
    levels = wanted.levels
    if wanted.min_level is not None:
        return {"level": {"$in": list(range(wanted.min_level, len(LEVELS)))}}
    if levels is not None and COMMONEST not in levels.types:
        with_level = levels.numbers if not types or set(types) & set(INDEXED) else ()
        others = [type_ for type_ in {*levels.types, ALERT} if not types or type_ in types]
        return {"$or": [{"level": {"$in": list(with_level)}}, {"type": {"$in": others}}]}
    return {"type": {"$in": list(types)}} if types and COMMONEST not in types else None


def edge(look: Look, along: Sequence[Document]) -> int:
    """As far as the look may go, 0 for all the way.

    What is bounded is the events that are gone through. Those of a job may be nearly all of other types, and those of a
    type nearly all of other jobs, so of the ways the longest is taken.
    """
    reached = [_reached(look, way) for way in along or ({},)]
    if not all(reached):
        return 0
    return max(reached) if look.onward else min(reached)


def _reached(look: Look, way: Document) -> int:
    query = look.mongo["events"].find(together([*look.within, *([way] if way else [])]), {"_id": 1})
    last = query.sort("_id", look.order).skip(look.most - 1).limit(1)
    return next((int(each["_id"]) for each in last), 0)


def taken_in(look: Look, reached: int) -> list[Document]:
    """The conditions of what the look takes in, when it goes as far as that."""
    ends = [{"_id": {"$lte" if look.onward else "$gte": reached}}] if reached else []
    return [*look.within, *ends, *look.conditions]


def read(
    look: Look,
    along: Sequence[Document],
    conditions: Sequence[Document],
    is_met: Callable[[Event], bool] = lambda _: True,
) -> Part:
    """Of what the look takes in, the events that meet the conditions."""
    reached = edge(look, along)
    query = together([*taken_in(look, reached), *conditions])
    found: list[Event] = []
    with look.mongo["events"].find(query).sort("_id", look.order) as cursor:
        for event in _events(cursor):
            if is_met(event):
                found.append(event)
            if len(found) == look.limit:
                return Part(found, event.cursor)
    return Part(found, reached)


def _events(documents: Any) -> Iterator[Event]:
    document: Mapping[str, Any]
    for document in documents:
        yield event_of(document)
