"""Errors into their groups, off the path by which they come: a follower of the committed events."""

from typing import Final

from app.jobs.fingerprint import fingerprint_of
from app.storage.base import Event, EventStore
from app.storage.base_groups import GroupStore, Sighting
from app.storage.following import Batch, following

TYPES: Final = ("error",)
_SLICE: Final = 500
"""Errors counted by one transaction: some 10 ms."""
_SLICES: Final = 40
"""Slices of one turn, so that the server's end never waits long for it."""


class Grouping:
    """Brings groups up to date with the events, from where they stand."""

    def __init__(self, events: EventStore, groups: GroupStore) -> None:
        self._events = events
        self._groups = groups

    def look(self) -> int:
        """Group what has come; returns how many errors there were. What is left is for the next turn."""
        count = 0
        for _ in range(_SLICES):
            batch = following(self._events, TYPES, self._groups.grouped(), _SLICE)
            if not self._take(batch):
                break
            count += len(batch.events)
        return count

    def _take(self, batch: Batch) -> bool:
        """Whether there may be more."""
        if not batch.events:
            return False  # nor is the mark moved: a write each second for nothing, where an index finds nothing at once
        sightings = [sighting_of(event) for event in batch.events if event.job_id]
        return self._groups.group(sightings, batch.after, batch.upto)


def sighting_of(event: Event) -> Sighting:
    """What an error's group sees of it."""
    data = event.body or {}
    found = fingerprint_of(data)
    count = data.get("count")
    return Sighting(
        job_id=event.job_id,
        job_key=event.job_key,
        fingerprint=found.key,
        kind=found.kind,
        place=found.place,
        url_template=found.url_template,
        title=found.title,
        at_ms=event.at_ms,
        count=1 if count is None else int(count),
        cursor=event.cursor,
    )
