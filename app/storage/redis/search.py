"""Searching events in Redis: they are gone through, so many at a time.

There is no index of words: it would take more memory than the events, and what is gone through lies in memory as well.
"""

from collections import Counter
from dataclasses import replace
from typing import Final

from app.storage.base import Event, EventFilter
from app.storage.base_search import Found, Onward, Tally
from app.storage.counting import severity
from app.storage.matching import is_said_by
from app.storage.redis.looking import pages
from app.storage.redis.server import Server
from app.storage.words import read_search

LOOKS: Final = 10_000
"""Events that one search looks at before it tells what it has found, and from where to go on: some 100 ms of work."""
_PAGE: Final = 1_000


class RedisSearchStore:
    """`SearchStore` over the events of the same server."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def search(self, wanted: EventFilter, *, before: int | None = None, after: int = 0, limit: int = 100) -> Found:
        """See `SearchStore`."""
        search = read_search(wanted.q) if wanted.q else None
        size = limit if search is None else _PAGE
        found: list[Event] = []
        looked = 0
        for page in pages(self._server, replace(wanted, q=None), back=True, before=before, after=after, size=size):
            found += [event for event in page.found if search is None or is_said_by(event, search)]
            looked += page.looked
            if len(found) >= limit:
                return Found(found[:limit], found[limit - 1].cursor)
            if page.more and looked >= LOOKS:
                return Found(found, page.last)
        return Found(found, None)

    def onward(self, wanted: EventFilter, *, after: int, limit: int) -> Onward:
        """See `SearchStore`."""
        found: list[Event] = []
        looked = 0
        for page in pages(self._server, replace(wanted, q=None), back=False, after=after, size=limit):
            found += page.found
            looked += page.looked
            if len(found) >= limit:
                return Onward(found[:limit], found[limit - 1].cursor)
            if page.more and looked >= LOOKS:
                return Onward(found, page.last)
        return Onward(found, None)

    def count(self, wanted: EventFilter, *, before: int, after: int = 0, most: int) -> Tally:
        """See `SearchStore`."""
        kinds: Counter[tuple[str, int | None, str | None]] = Counter()
        left, looked = most, 0
        for page in pages(self._server, replace(wanted, q=None), back=True, before=before, after=after, size=most):
            counted = page.found[:left]
            kinds.update((event.type, event.level, severity(event)) for event in counted)
            left -= len(counted)
            looked += page.looked
            if left == 0:
                return Tally(kinds, counted[-1].cursor)
            if page.more and looked >= most:
                return Tally(kinds, page.last)
        return Tally(kinds, None)
