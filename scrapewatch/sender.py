"""The background thread that brings events to the server and does not give up on them.

A batch is sent again, with the same ids, until an acknowledgement accounts for every event of it; only
then does it leave the buffer. What the server refuses for good is counted and logged once per code.
"""

import logging
import threading
from collections.abc import Callable
from typing import Final

from scrapewatch import backoff
from scrapewatch.answers import FINAL, Answer, Rejection, read
from scrapewatch.buffer import Buffer, Entry, Ledger
from scrapewatch.link import HOPELESS, Link, LinkDown
from scrapewatch.settings import Settings

log = logging.getLogger(__name__)

PULSE_S: Final = 0.5
"""How often jobs are asked for a heartbeat while there is nothing to send."""

SILENT_S: Final = 1.0
"""How long the end of the process may be delayed without a word."""

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
        self._link = Link(settings.url, settings.token)
        self._closing = threading.Event()
        self._halt = threading.Event()
        self._failures = 0  # tries in a row that brought nothing
        self._unreached = 0  # those that had no answer
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
                self._pulse()
                batch = self._buffer.take(PULSE_S)
                if batch:
                    self._deliver(batch)
                elif self._closing.is_set():
                    break
        except Exception:
            log.exception("The sender failed; no more events are sent")
            self._buffer.refuse("error")
        self._link.close()

    def _deliver(self, batch: list[Entry]) -> None:
        try:
            self._halt.wait(backoff.asked(self._link.asked_wait_ms()))
            if not self._link.connected:
                self._link.open()
            answer = read(self._link.send("[" + ",".join(entry.text for entry in batch) + "]"))
        except LinkDown as down:
            self._lost(down)
            return
        self._unreached = 0
        if answer.accounted == len(batch):
            self._settle(answer)
        elif answer.code in FINAL:
            self._split(batch, answer.code)
        else:  # busy, storage_full, storage_down, rate_limited, closing, or no sense at all
            self._tell(self._troubles, answer.code, "The server can't take events now (%s); they wait", answer.code)
            self._pause(answer.retry_after_ms)

    def _settle(self, answer: Answer) -> None:
        def account(ledger: Ledger) -> None:
            ledger.accepted += answer.accepted
            ledger.duplicates += answer.duplicates
            ledger.rejected.update(rejection.code for rejection in answer.rejections)

        for rejection in answer.rejections:
            code, message = rejection.code, rejection.message
            self._tell(self._refusals, code, "The server refused an event (%s): %s", code, message)
        if self._failures:
            log.info("Events are getting through to %s again", self._settings.url)
        self._failures = 0
        self._troubles.clear()
        self._buffer.settle(account)
        self._halt.wait(backoff.asked(answer.retry_after_ms))

    def _split(self, batch: list[Entry], code: str) -> None:
        """The message as a whole can never pass: halve it until the event at fault stands alone."""
        if len(batch) > 1:
            self._buffer.halve()
        else:
            final = "too_large" if code == "batch_too_large" else code
            self._settle(Answer(rejections=(Rejection(final, "refused on its own"),)))

    def _lost(self, down: LinkDown) -> None:
        self._tell(self._troubles, down.code, "No connection to %s (%s); events wait", self._settings.url, down)
        self._unreached += 1
        limit = self._settings.reconnect_attempts
        if 0 < limit < self._unreached:
            log.warning("No connection to %s after %d tries; events are dropped", self._settings.url, limit)
            self._buffer.refuse("unreachable")
            self._halt.set()
        elif self._closing.is_set() and down.code in HOPELESS:
            self._halt.set()
        else:
            self._pause(down.retry_after_ms)

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
