"""The background thread that brings events to the server and does not give up on them.

A batch is sent again, with the same ids, until an acknowledgement accounts for every event of it; only
then does it leave the buffer and the next one follows, so that order is kept. What the server refuses for good is
counted and logged once per code.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from scrapewatch import backoff
from scrapewatch.answers import FINAL, Answer, Rejection, read
from scrapewatch.buffer import Buffer
from scrapewatch.clock import monotonic
from scrapewatch.events import MAX_BATCH_EVENTS
from scrapewatch.ledger import Ledger
from scrapewatch.line import Batch
from scrapewatch.link import HOPELESS, LinkDown
from scrapewatch.patience import LEAST_S
from scrapewatch.reports import Reporter
from scrapewatch.route import Route
from scrapewatch.settings import Settings

log = logging.getLogger(__name__)

PULSE_S: Final = 0.5
"""How often jobs are asked for a heartbeat while there is nothing to send."""

SILENT_S: Final = 1.0
"""How long the end of the process may be delayed without a word."""

ADOPT_S: Final = 30.0
"""How often spools of processes that are gone are looked for."""

OUTAGE_S: Final = 5.0
"""How long the server must be away for what waited to be a replay."""

SLOW_S: Final = LEAST_S
"""A message that was lost after so long may have been more than the line could carry; then less is sent at once."""

CUT_AGAIN: Final = 2
"""So many messages cut off in a row, however soon, may have been too much for the line."""

SMALL_BYTES: Final = 8 * 1024
"""So much any line carries in time: what was lost of a message no larger was its answer, or the server."""

GROWTH: Final = 16
"""Events by which a message may grow at least over the one before, once all is well again."""

HURRIED_S: Final = 1.0
"""Longest wait between two tries once the process is about to end."""


class Sender:
    """Takes batches from `buffer` and sends them, in a daemon thread of its own.

    Args:
        settings: address, credential, patience.
        buffer: where the events wait.
        pulse: called about every `PULSE_S` seconds while the connection is in order.
    """

    def __init__(self, settings: Settings, buffer: Buffer, pulse: Callable[[], None]) -> None:
        self._settings = settings
        self._buffer = buffer
        self._pulse = pulse
        self._route = Route(settings.url, settings.token, buffer.epoch, buffer.sample)
        self._reporter = Reporter(buffer)
        self._batches: deque[Batch] = deque()  # taken and not answered for, the parts of one at most
        self._most = MAX_BATCH_EVENTS
        self._sent_at = 0.0  # when the message in flight was; 0 for none
        self._cuts = 0  # messages in a row on whose way the connection broke
        self._closing = threading.Event()
        self._halt = threading.Event()
        self._failures = 0  # tries in a row that brought nothing
        self._unreached = 0  # those that had no answer
        self._down_since = 0.0
        self._adopt_at = 0.0
        self._troubles: set[str] = set()  # told, until things are well again
        self._refusals: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="scrapewatch", daemon=True)

    def start(self) -> None:
        """Begin; connects when there is something to send."""
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Send what waits, for up to `timeout` seconds, then end."""
        self._closing.set()
        self._buffer.hurry()
        self._thread.join(min(timeout, SILENT_S))
        waiting = self._buffer.ledger.waiting
        if self._thread.is_alive() and timeout > SILENT_S:
            if waiting:
                log.warning("Waiting up to %.0f s for the server to take %d events; Ctrl-C ends it", timeout, waiting)
            self._thread.join(timeout - SILENT_S)
        self._halt.set()

    def _run(self) -> None:
        try:
            while not self._halt.is_set():
                self._look_after()
                if not self._advance():
                    break
            self._report(last=True)
        except Exception:
            log.exception("The sender failed; no more events are sent")
            self._buffer.refuse("error")
        self._route.close()

    def _look_after(self) -> None:
        """What is to be done now and then."""
        self._pulse()
        self._buffer.tell()
        if monotonic() >= self._adopt_at:
            self._adopt_at = monotonic() + ADOPT_S
            self._buffer.adopt()

    def _advance(self) -> bool:
        """Send what may be sent and read an answer; False when all is done."""
        closing = self._closing.is_set()  # before the look for what waits
        try:
            self._report()
            if not self._batches and self._buffer.unclaimed:
                self._connect()  # what was left under another credential of this sender goes first
            if not self._batches and (batch := self._buffer.take(PULSE_S)) is not None:
                self._batches.append(batch)
            if self._batches:
                self._connect()
                self._lighten()
                self._sent_at = monotonic()
                self._conclude(read(self._route.call(self._batches[0].text)))
            elif closing:
                return False
        except LinkDown as down:
            self._lost(down)
        return True

    def _connect(self) -> None:
        self._halt.wait(backoff.asked(self._route.asked_wait_ms()))
        if not self._route.connected:
            self._route.open()
            if self._down_since and monotonic() - self._down_since >= OUTAGE_S:
                self._buffer.waited()
                for batch in self._batches:
                    batch.replay = True
            if self._route.sender:
                self._buffer.claim(self._route.sender)

    def _lighten(self) -> None:
        """Send no more at once than lately got through."""
        while len(self._batches[0]) > self._most:
            self._batches.extendleft(reversed(self._batches.popleft().halves()))

    def _conclude(self, answer: Answer) -> None:
        """The batch in flight was answered."""
        batch = self._batches[0]
        self._unreached, self._down_since, self._sent_at, self._cuts = 0, 0.0, 0.0, 0
        if answer.share is not None:
            self._buffer.sample(answer.share)
        if answer.accounted == len(batch):
            self._settle(answer)
        elif answer.code in FINAL:
            self._split(batch, answer.code)
        else:  # busy, storage_full, storage_down, rate_limited, closing, or no sense at all
            self._tell(self._troubles, answer.code, "The server can't take events now (%s); they wait", answer.code)
            self._pause(answer.retry_after_ms)

    def _report(self, *, last: bool = False) -> None:
        """Tell the server what became of the events, if that is due and it can be told."""
        if not self._route.connected or not self._reporter.due(last=last):
            return
        try:
            answer = read(self._route.call(self._reporter.report()))
        except LinkDown:
            if not last:
                raise
        else:
            self._reporter.answered(answer)

    def _settle(self, answer: Answer) -> None:
        def account(ledger: Ledger) -> None:
            ledger.accepted += answer.accepted
            ledger.duplicates += answer.duplicates
            ledger.rejected.update(rejection.code for rejection in answer.rejections)

        for rejection in answer.rejections:
            code, message = rejection.code, rejection.message
            self._tell(self._refusals, code, "The server refused an event (%s): %s", code, message)
        if self._troubles:  # they were told as a warning, and so is their end
            log.warning("Events are getting through to %s again", self._settings.url)
        self._failures = 0
        self._troubles.clear()
        batch = self._batches.popleft()
        if len(batch) >= self._most // 2:  # a whole one, or what halving made of it
            self._most = min(MAX_BATCH_EVENTS, self._most + max(GROWTH, len(batch) // 10))
        self._buffer.settle(batch, account)
        self._halt.wait(backoff.asked(answer.retry_after_ms))

    def _split(self, batch: Batch, code: str) -> None:
        """The message as a whole can never pass: halve it until the event at fault stands alone."""
        if len(batch) > 1:
            self._batches.extendleft(reversed(self._batches.popleft().halves()))
        else:
            final = "too_large" if code == "batch_too_large" else code
            self._settle(Answer(rejections=(Rejection(final, "refused on its own"),)))

    def _lost(self, down: LinkDown) -> None:
        self._down_since = self._down_since or monotonic()
        if self._sent_at:
            self._cuts = self._cuts + 1 if down.cut else 0
            self._doubt(self._batches[0], monotonic() - self._sent_at)
            self._sent_at = 0.0
        self._tell(self._troubles, down.code, "No connection to %s (%s); events wait", self._settings.url, down)
        self._unreached += 1
        limit = self._settings.reconnect_attempts
        if 0 < limit < self._unreached:
            log.warning("No connection to %s after %d tries; no more are made", self._settings.url, limit)
            self._buffer.refuse("unreachable")
            self._halt.set()
        elif self._closing.is_set() and down.code in HOPELESS:
            self._halt.set()
        else:
            self._pause(down.retry_after_ms)

    def _doubt(self, batch: Batch, after_s: float) -> None:
        """A message was lost: send less at once if it may have been too much for the line."""
        if len(batch.text) > SMALL_BYTES and (after_s >= SLOW_S or self._cuts >= CUT_AGAIN):
            self._most = max(1, len(batch) // 2)

    def _pause(self, retry_after_ms: int) -> None:
        """Wait after a failure; the end of the process cuts our own wait short, never the server's."""
        self._failures += 1
        settings = self._settings
        jitter = backoff.jitter(self._failures, settings.reconnect_delay, settings.reconnect_backoff)
        self._halt.wait(backoff.asked(retry_after_ms))
        if self._closing.is_set():
            self._halt.wait(min(jitter, HURRIED_S))
        else:
            self._closing.wait(jitter)

    @staticmethod
    def _tell(told: set[str], code: str, message: str, *arguments: object) -> None:
        """Warn once per code: a server in trouble must not fill the scraper's log."""
        if code not in told:
            told.add(code)
            log.warning(message, *arguments)
