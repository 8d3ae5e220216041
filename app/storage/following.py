"""What has come since: committed events read in slices, each with the cursor up to which nothing is missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.storage.base import Event, EventFilter, EventStore


@dataclass(slots=True, frozen=True)
class Batch:
    """All events of some types after one cursor up to another, oldest first."""

    events: Sequence[Event]
    after: int
    upto: int


def following(events: EventStore, types: Sequence[str], after: int, limit: int) -> Batch:
    """The next events of these types, at most `limit` of each.

    Types are read one by one, each along its index. Cursors become visible in the order of their commits, so nothing
    can come any more before the newest one that was there when the first type was read.
    """
    newest = max(after, events.reach().newest)
    found = [events.events_after(EventFilter(types=(type_,)), after=after, limit=limit) for type_ in types]
    upto = min([newest, *(some[-1].cursor for some in found if len(some) == limit)])
    merged = sorted((event for some in found for event in some if event.cursor <= upto), key=lambda event: event.cursor)
    return Batch(merged, after, upto)
