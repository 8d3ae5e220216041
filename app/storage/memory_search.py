"""Searching events in memory: all of them are gone through."""

from collections import Counter
from dataclasses import replace
from typing import Protocol

from app.storage.base import Event, EventFilter
from app.storage.base_search import Found, Onward, Tally
from app.storage.counting import severity
from app.storage.matching import is_said_by
from app.storage.words import read_search

_PAGE = 1_000


class Events(Protocol):
    """Where the events are."""

    def events(self, wanted: EventFilter, *, before: int | None = None, limit: int = 100) -> list[Event]:
        """Newest first."""
        ...

    def events_after(self, wanted: EventFilter, *, after: int, limit: int = 500) -> list[Event]:
        """Oldest first."""
        ...


class MemorySearchStore:
    """`SearchStore` over events in the same process."""

    def __init__(self, events: Events) -> None:
        self._events = events

    def search(self, wanted: EventFilter, *, before: int | None = None, after: int = 0, limit: int = 100) -> Found:
        """See `SearchStore`."""
        search = read_search(wanted.q) if wanted.q else None
        found: list[Event] = []
        while page := self._events.events(replace(wanted, q=None), before=before, limit=_PAGE):
            page = [event for event in page if event.cursor > after]
            found += [event for event in page if search is None or is_said_by(event, search)]
            if len(found) >= limit:
                return Found(found[:limit], found[limit - 1].cursor)
            if not page:
                break
            before = page[-1].cursor
        return Found(found, None)

    def onward(self, wanted: EventFilter, *, after: int, limit: int) -> Onward:
        """See `SearchStore`."""
        found = self._events.events_after(replace(wanted, q=None), after=after, limit=limit)
        return Onward(found, found[-1].cursor if len(found) == limit else None)

    def count(self, wanted: EventFilter, *, before: int, after: int = 0, most: int) -> Tally:
        """See `SearchStore`."""
        found = self._events.events(replace(wanted, q=None), before=before, limit=most)
        kinds = Counter((event.type, event.level, severity(event)) for event in found if event.cursor > after)
        is_cut = len(found) == most and found[-1].cursor > after
        return Tally(kinds, found[-1].cursor if is_cut else None)
