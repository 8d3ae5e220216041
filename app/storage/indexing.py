"""The words of errors and logs into their index, off the path by which events come: a follower of the commits."""

from collections.abc import Iterator, Sequence
from typing import Final

from app.storage.base import Event, EventStore
from app.storage.base_search import INDEXED, Text, WordIndex
from app.storage.following import following
from app.storage.words import words_said

_READ: Final = 1_000
_MOST_EVENTS: Final = 150
_MOST_LETTERS: Final = 20_000
"""What one transaction adds: some 10 ms of work for whoever writes, and then others have their turn."""
_READS: Final = 20
"""Reads of one turn, so that the server's end never waits long for it."""


class Indexing:
    """Brings the index up to date with the events, from where it stands."""

    def __init__(self, events: EventStore, texts: WordIndex) -> None:
        self._events = events
        self._texts = texts

    def look(self) -> int:
        """Index what has come; returns how many events that were. What is left is for the next turn."""
        count = 0
        for _ in range(_READS):
            batch = following(self._events, INDEXED, self._texts.indexed(), _READ)
            if not batch.events or not self._add(batch.events, batch.after, batch.upto):
                break
            count += len(batch.events)
        return count

    def _add(self, events: Sequence[Event], after: int, upto: int) -> bool:
        parts = list(_parts(list(map(text_of, events))))
        for number, part in enumerate(parts, 1):
            end = upto if number == len(parts) else part[-1].cursor
            if not self._texts.index(part, after, end):
                return False
            after = end
        return True


def text_of(event: Event) -> Text:
    """What the index is to know of an event."""
    return Text(event.cursor, event.job_key, event.type, event.level, words_said(event.body or {}))


def _parts(texts: Sequence[Text]) -> Iterator[list[Text]]:
    part: list[Text] = []
    letters = 0
    for text in texts:
        part.append(text)
        letters += sum(map(len, text.words))
        if len(part) == _MOST_EVENTS or letters >= _MOST_LETTERS:
            yield part
            part, letters = [], 0
    if part:
        yield part
