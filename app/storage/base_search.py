"""What the house asks of a store in which events are searched for text.

Errors and logs are looked up by their words (see `app.storage.words`) in an index that follows the events at a small
distance; those that it has not reached, and events of other types, are gone through, as all are by a store without an
index. So that no search takes long, only so many are: what was found so far is told, and from where to go on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from app.storage.base import Event, EventFilter
from app.storage.base_counts import Kind

INDEXED: Final = ("error", "log")
"""The types of events whose words are indexed."""


@dataclass(slots=True, frozen=True)
class Text:
    """The words of an event."""

    cursor: int
    job_key: int
    type: str
    level: int | None
    words: Sequence[str]


class Found(NamedTuple):
    """Events, newest first, and the cursor before which to search on; None when there is nothing more."""

    events: list[Event]
    before: int | None


class Onward(NamedTuple):
    """Events, oldest first, and the cursor after which to go on; None when there is nothing more."""

    events: list[Event]
    after: int | None


class Tally(NamedTuple):
    """How many events there are of each kind, and the cursor before which none was counted; None for all of them."""

    kinds: Mapping[Kind, int]
    before: int | None


class WordIndex(Protocol):
    """The words of errors and logs, where a store keeps them; those of an event go with it."""

    def indexed(self) -> int:
        """The cursor up to which words are in the index; 0 for none."""
        ...

    def index(self, texts: Sequence[Text], after: int, upto: int) -> bool:
        """Add these, all that there are between the two cursors; False if `indexed` is not `after` any more.

        That and the words are one transaction. The words of an event that is gone are passed over.

        Raises:
            app.core.errors.Unavailable: nothing was added.
        """
        ...


class SearchStore(Protocol):
    """Finds events."""

    def search(self, wanted: EventFilter, *, before: int | None = None, after: int = 0, limit: int = 100) -> Found:
        """At most `limit` events that meet the filter and its `q`, from `before` back to `after`, without both."""
        ...

    def onward(self, wanted: EventFilter, *, after: int, limit: int) -> Onward:
        """At most `limit` events that meet the filter, whatever its `q`, from `after` (not included) onwards."""
        ...

    def count(self, wanted: EventFilter, *, before: int, after: int = 0, most: int) -> Tally:
        """How many events between these cursors meet the filter, whatever its `q`; at most `most` are gone through."""
        ...
