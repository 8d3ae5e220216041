"""The door for events: takes a message from a socket or from HTTP, hands it to the writer, words the answer.

The answer, the same for both::

    {"ok": bool, "accepted": n, "duplicates": n, "rejected": [{"index", "id", "code", "field", "message"}], "flow": {…}}

and, when the whole message was refused, ``"code"`` and ``"message"`` beside them.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Final

import msgspec

from app.core.clock import Clock
from app.core.errors import Unavailable
from app.ingest.check import Checker, digest, level_of
from app.ingest.decode import redacted
from app.ingest.message import Message
from app.ingest.refusals import Refusals
from app.storage.base import Event, Outcome
from app.storage.turns import Submission
from app.storage.writer import Writer
from scrapewatch.events import MAX_BATCH_BYTES, MAX_BATCH_EVENTS

log = logging.getLogger(__name__)

Reply = Callable[[dict[str, Any]], object]
_FLOW: Final = ((0.5, "ok", 0), (0.8, "slow", 100), (1.0, "shed", 500))
_SHED: Final = {"item_scraped": 0.1}
"""Share of the items that a sender should send whole when it is asked to shed; the rest as a count."""


class Ingest:
    """See the module; one for a process."""

    def __init__(self, writer: Writer, checker: Checker, clock: Clock) -> None:
        self._writer = writer
        self._checker = checker
        self._clock = clock
        self.refusals = Refusals(clock.monotonic_ms)

    def submit_array(self, sender_id: int, text: bytes, reply: Reply, origin: str = "") -> None:
        """Take the JSON array `text` of envelopes; `reply(answer)` follows, perhaps from the writer thread.

        `origin` is the socket that they came over.
        """
        if len(text) > MAX_BATCH_BYTES:
            reply(self.refusal(sender_id, "batch_too_large", f"must be at most {MAX_BATCH_BYTES} bytes"))
            return
        size = _size(text.count(b'"jobId"'), len(text))
        self._submit(Message(self._checker, sender_id, origin, array=text), size, reply)

    def submit(
        self, sender_id: int, texts: Sequence[bytes], reply: Reply, named: str | None = None, origin: str = ""
    ) -> None:
        """Take envelopes, each as JSON text; `named` is the type by which a socket called a single one."""
        size = _size(len(texts), sum(map(len, texts)))
        self._submit(Message(self._checker, sender_id, origin, texts=texts, named=named), size, reply)

    def say(self, sender_id: int, event_type: str, job_id: str, data: Mapping[str, Any]) -> "Future[Outcome]":
        """Store an event that the server itself makes, about a job under the job's sender; the future may raise.

        Raises:
            Unavailable: it can't be queued.
        """
        now_ms = self._clock.now_ms()
        text, body, flags = redacted(msgspec.json.encode(data), dict(data), 0, self._checker.redactor)
        mark, level = digest(event_type, now_ms, text), level_of(event_type, body)

        def read() -> tuple[list[Event], Sequence[str]]:
            event = Event(sender_id, event_type, job_id, now_ms, text.decode(), mark, body, flags=flags, level=level)
            return [event], ()

        told: Future[Outcome] = Future()

        def settle(result: list[Outcome] | Unavailable) -> None:
            if isinstance(result, Unavailable):
                told.set_exception(result)
            else:
                told.set_result(result[0])

        self._writer.submit(Submission(sender_id, 1, read, settle))
        return told

    def _submit(self, message: Message, size: int, reply: Reply) -> None:
        def answer(result: list[Outcome] | Unavailable) -> None:
            if isinstance(result, Unavailable):
                reply(self.unavailable(message.sender_id, result))
            elif message.refused:
                reply(self.refusal(message.sender_id, message.refused.code, message.refused.detail))
            else:
                reply({**message.answer(result), "flow": self.flow(message.sender_id)})

        try:
            self._writer.submit(Submission(message.sender_id, size, message.read, answer))
        except Unavailable as reason:
            reply(self.unavailable(message.sender_id, reason))

    @property
    def waiting(self) -> int:
        """Events that have come and are not stored yet."""
        return self._writer.waiting

    def ready(self) -> bool:
        """Whether events can be taken: the writer is alive."""
        return self._writer.alive

    def flow(self, sender_id: int) -> dict[str, Any]:
        """How fast a sender should go: level, ms to wait before the next message, share of its items to send whole."""
        fill = self._writer.fill(sender_id)
        for limit, level, retry_after_ms in _FLOW:
            if fill < limit:
                return {"level": level, "retryAfter": retry_after_ms, "sample": _SHED if level == "shed" else {}}
        return {"level": "stop", "retryAfter": 1_000, "sample": _SHED}

    def senders(self) -> list[int]:
        """Those who have something waiting."""
        return list(self._writer.held())

    def figures(self) -> dict[str, Any]:
        """How the queue stands.

        ``{"waiting", "capacity", "level", "lag": {"p50", "p99"}, "senders": {id: {"waiting", "level"}}}``; the level is
        that of the sender who fares worst, the lag that from receipt to commit in ms.
        """
        senders = {
            sender_id: {"waiting": waiting, "level": self.flow(sender_id)["level"]}
            for sender_id, waiting in self._writer.held().items()
        }
        fullest = max(senders, key=self._writer.fill, default=0)
        p50, p99 = self._writer.lag()
        return {
            "waiting": self._writer.waiting,
            "capacity": self._writer.capacity,
            "level": self.flow(fullest)["level"],
            "lag": {"p50": p50, "p99": p99},
            "senders": senders,
        }

    def last_refusal_ms(self, sender_id: int) -> int | None:
        """When (monotonic) a sender was last told to come back later; None for never."""
        return self.refusals.last_ms(sender_id)

    def refusal(self, sender_id: int, code: str, message: str) -> dict[str, Any]:
        """The answer when nothing of a message was taken."""
        nothing = {"accepted": 0, "duplicates": 0, "rejected": []}
        return {"ok": False, "code": code, "message": message, **nothing, "flow": self.flow(sender_id)}

    def unavailable(self, sender_id: int, reason: Unavailable) -> dict[str, Any]:
        """The answer when a message should be tried again later."""
        self.refusals.note(sender_id, reason.code)
        answer = self.refusal(sender_id, reason.code, "try again later")
        answer["flow"]["retryAfter"] = max(reason.retry_after_ms, answer["flow"]["retryAfter"])
        return answer


def _size(count: int, octets: int) -> int:
    """What a message weighs in the queue: its events, or its KiB if it says to hold fewer than it weighs.

    It holds no more than a batch may, whatever it says: items may be full of jobs' ids.
    """
    return max(1, min(count, MAX_BATCH_EVENTS), octets // 1024)
