"""One message of events on its way: read in the writer thread, its answer worded after the commit."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter, itemgetter
from typing import Any, Final

from app.core.errors import InvalidInput
from app.ingest.batch import read_batch
from app.ingest.check import Checker
from app.ingest.decode import decode
from app.ingest.split import split_array
from app.ingest.wire import shown_id
from app.storage.base import Event, Outcome
from scrapewatch.events import MAX_BATCH_EVENTS, MAX_EVENT_BYTES

log = logging.getLogger(__name__)

_state_of = attrgetter("state")
_MESSAGES: Final = {
    "invalid": "could not be stored",
    "id_conflict": "another event was stored under this id",
    "forbidden_job": "this job belongs to another sender",
}


@dataclass(slots=True)
class Message:
    """Envelopes from one sender: an array as one JSON text, or the text of each.

    Attributes:
        named: the type by which a socket called a single one.
        refused: why nothing of it was taken; known once it was read.
    """

    checker: Checker
    sender_id: int
    origin: str
    array: bytes | None = None
    texts: Sequence[bytes] = ()
    named: str | None = None
    refused: InvalidInput | None = None
    _events: list[Event] = field(default_factory=list)
    _places: Sequence[int] = ()
    _rejected: list[dict[str, Any]] = field(default_factory=list)

    def read(self) -> tuple[list[Event], Sequence[str]]:
        """The good events and the codes of the others; may be called again when a group is retried.

        What nobody foresaw is logged and refuses the message, so that its sender hears of it.
        """
        self._rejected, self.refused = [], None
        self._events, self._places = [], ()
        try:
            if not self._read_together():
                self._read_one_by_one()
        except Exception:
            log.exception("A message of events could not be read")
            self.refused = InvalidInput("could not be read")
            return [], ()
        return self._events, [each["code"] for each in self._rejected]

    def answer(self, outcomes: Sequence[Outcome]) -> dict[str, Any]:
        """What became of the message, by what became of the events that were good."""
        states = Counter(map(_state_of, outcomes))
        if states["refused"]:
            for place, event, outcome in zip(self._places, self._events, outcomes, strict=True):
                if outcome.code:
                    self._reject(place, shown_id(event), outcome.code, outcome.field, _MESSAGES[outcome.code])
        return {
            "ok": self.named is None or not self._rejected,
            "accepted": states["stored"],
            "duplicates": states["duplicate"],
            "rejected": sorted(self._rejected, key=itemgetter("index")),
        }

    def _read_together(self) -> bool:
        """Whether the events could be read as a whole."""
        if self.array is None:
            return False
        now_ms = self.checker.now_ms()
        span = (now_ms - self.checker.retention_ms, now_ms)
        good = read_batch(self.array, self.sender_id, self.origin, span, self.checker.redactor)
        if good is None:
            return False
        self._events, self._places = good, range(len(good))
        return True

    def _read_one_by_one(self) -> None:
        places = []
        try:
            texts = self.texts if self.array is None else split_array(self.array)
        except InvalidInput as error:
            self.refused = error
            return
        if len(texts) > MAX_BATCH_EVENTS:
            self.refused = InvalidInput(
                "must be at most %(most)s events", most=MAX_BATCH_EVENTS, code="batch_too_large"
            )
            return
        for place, text in enumerate(texts):
            try:
                event = self._check(text)
            except InvalidInput as error:
                self._reject(place, _sent_id(text), error.code, error.field, error.detail)
            else:
                places.append(place)
                self._events.append(event)
        self._places = places

    def _check(self, text: bytes) -> Event:
        """See `Checker.check`; what nobody foresaw is logged and refuses only this event."""
        try:
            return self.checker.check(text, self.sender_id, self.named, self.origin)
        except InvalidInput:
            raise
        except Exception as error:
            log.exception("An event could not be checked")
            raise InvalidInput("could not be read") from error

    def _reject(self, place: int, id_: str | None, code: str, at: str, message: str) -> None:
        self._rejected.append({"index": place, "id": id_, "code": code, "field": at, "message": message})


def _sent_id(text: bytes) -> str | None:
    """The id of an envelope that was refused, if it can be told, for the sender to find it again."""
    try:
        id_ = decode(text)[0]["id"] if len(text) <= MAX_EVENT_BYTES else None
    except (InvalidInput, LookupError, TypeError):
        return None
    return id_[:64] if isinstance(id_, str) else None
