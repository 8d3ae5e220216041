"""How many rows an export would have, as far as that can be said soon."""

from typing import Final

from app.storage.base import EventFilter
from app.storage.base_search import SearchStore

MOST: Final = 10_000
"""Rows that are counted."""
_PAGE: Final = 1_000
_SEARCHES: Final = 20
"""Looks at the events, each of which takes as long as a page of the history."""


def count_events(search: SearchStore, wanted: EventFilter) -> tuple[int, bool]:
    """How many events are wanted, and whether that is all of them; waits for the store."""
    count = 0
    before: int | None = None
    for _ in range(_SEARCHES):
        found = search.search(wanted, before=before, limit=_PAGE)
        count, before = count + len(found.events), found.before
        if before is None or count >= MOST:
            break
    return count, before is None
