"""The door for events: takes a message from a socket or from HTTP, hands it to the writer, words the answer.

The answer, the same for both::

    {"ok": bool, "accepted": n, "duplicates": n, "rejected": [{"index", "id", "code", "field", "message"}], "flow": {…}}

and, when the whole message was refused, ``"code"`` and ``"message"`` beside them.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from app.core.errors import InvalidInput, Unavailable
from app.ingest.check import Checker
from app.ingest.decode import decode
from app.ingest.split import split_array
from app.ingest.wire import shown_id
from app.storage.base import Event, Outcome
from app.storage.writer import Submission, Writer
from scrapewatch.events import MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_EVENT_BYTES

log = logging.getLogger(__name__)

Reply = Callable[[dict[str, Any]], object]
_MESSAGES = {
    "invalid": "could not be stored",
    "id_conflict": "another event was stored under this id",
    "forbidden_job": "this job belongs to another sender",
}
_FLOW = ((0.5, "ok", 0), (0.8, "slow", 100), (1.0, "shed", 500))


class Ingest:
    """See the module; one for a process."""

    def __init__(self, writer: Writer, checker: Checker) -> None:
        self._writer = writer
        self._checker = checker

    def submit_array(self, sender_id: int, text: bytes, reply: Reply) -> None:
        """Take the JSON array `text` of envelopes; `reply(answer)` follows, perhaps from the writer thread."""
        if len(text) > MAX_BATCH_BYTES:
            reply(self.refusal("batch_too_large", f"must be at most {MAX_BATCH_BYTES} bytes"))
            return
        size = _size(text.count(b'"jobId"'), len(text))
        self._submit(_Message(self, sender_id, lambda: split_array(text)), size, reply)

    def submit(self, sender_id: int, texts: Sequence[bytes], reply: Reply, named: str | None = None) -> None:
        """Take envelopes, each as JSON text; `named` is the type by which a socket called a single one."""
        size = _size(len(texts), sum(map(len, texts)))
        self._submit(_Message(self, sender_id, lambda: texts, named), size, reply)

    def _submit(self, message: "_Message", size: int, reply: Reply) -> None:
        submission = Submission(message.sender_id, size, message.read, lambda result: reply(message.answer(result)))
        try:
            self._writer.submit(submission)
        except Unavailable as reason:
            reply(self.unavailable(reason))

    def ready(self) -> bool:
        """Whether events can be taken: the writer is alive."""
        return self._writer.alive

    def check(self, text: bytes, sender_id: int, named: str | None) -> Event:
        """See `Checker.check`; what nobody foresaw is logged and refuses only this event."""
        try:
            return self._checker.check(text, sender_id, named)
        except InvalidInput:
            raise
        except Exception as error:
            log.exception("An event could not be checked")
            raise InvalidInput("could not be read") from error

    def flow(self) -> dict[str, Any]:
        """How fast senders should go: level, ms to wait before the next message, sampling by type."""
        fill = self._writer.waiting / self._writer.capacity
        for limit, level, retry_after_ms in _FLOW:
            if fill < limit:
                return {"level": level, "retryAfter": retry_after_ms, "sample": {}}
        return {"level": "stop", "retryAfter": 1_000, "sample": {}}

    def refusal(self, code: str, message: str) -> dict[str, Any]:
        """The answer when nothing of a message was taken."""
        nothing = {"accepted": 0, "duplicates": 0, "rejected": []}
        return {"ok": False, "code": code, "message": message, **nothing, "flow": self.flow()}

    def unavailable(self, reason: Unavailable) -> dict[str, Any]:
        """The answer when a message should be tried again later."""
        answer = self.refusal(reason.code, "try again later")
        answer["flow"]["retryAfter"] = max(reason.retry_after_ms, answer["flow"]["retryAfter"])
        return answer


@dataclass(slots=True)
class _Message:
    """One message on its way: read in the writer thread, answered after the commit."""

    ingest: Ingest
    sender_id: int
    split: Callable[[], Sequence[bytes]]
    named: str | None = None
    places: list[int] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    refused: dict[str, Any] | None = None

    def read(self) -> list[Event]:
        """The good events; may be called again when a group is retried."""
        self.places, self.events, self.rejected, self.refused = [], [], [], None
        try:
            texts = self.split()
        except InvalidInput as error:
            self.refused = self.ingest.refusal(error.code, error.detail)
            return []
        if len(texts) > MAX_BATCH_EVENTS:
            self.refused = self.ingest.refusal("batch_too_large", f"must be at most {MAX_BATCH_EVENTS} events")
            return []
        for place, text in enumerate(texts):
            try:
                event = self.ingest.check(text, self.sender_id, self.named)
            except InvalidInput as error:
                self._reject(place, _sent_id(text), error.code, error.field, error.detail)
            else:
                self.places.append(place)
                self.events.append(event)
        return self.events

    def answer(self, result: list[Outcome] | Unavailable) -> dict[str, Any]:
        """Word what became of the message."""
        if isinstance(result, Unavailable):
            return self.ingest.unavailable(result)
        if self.refused is not None:
            return self.refused
        counts = Counter(outcome.state for outcome in result)
        for place, event, outcome in zip(self.places, self.events, result, strict=True):
            if outcome.state == "refused":
                self._reject(place, shown_id(event), outcome.code, outcome.field, _MESSAGES[outcome.code])
        return {
            "ok": self.named is None or not self.rejected,
            "accepted": counts["stored"],
            "duplicates": counts["duplicate"],
            "rejected": sorted(self.rejected, key=itemgetter("index")),
            "flow": self.ingest.flow(),
        }

    def _reject(self, place: int, id_: str | None, code: str, at: str, message: str) -> None:
        self.rejected.append({"index": place, "id": id_, "code": code, "field": at, "message": message})


def _size(count: int, octets: int) -> int:
    """What a message weighs in the queue: its events, or its KiB if it says to hold fewer than it weighs."""
    return max(1, count, octets // 1024)


def _sent_id(text: bytes) -> str | None:
    """The id of an envelope that was refused, if it can be told, for the sender to find it again."""
    try:
        id_ = decode(text)[0]["id"] if len(text) <= MAX_EVENT_BYTES else None
    except (InvalidInput, LookupError, TypeError):
        return None
    return id_[:64] if isinstance(id_, str) else None
