"""Tells the server what became of this process's events: `client_report`, outside the spool, so that it is fresh."""

import os
import socket
from typing import Final

from scrapewatch.answers import Answer
from scrapewatch.buffer import Buffer
from scrapewatch.clock import monotonic, now_ms
from scrapewatch.encoding import encode
from scrapewatch.ids import uuid7

REPORT_S: Final = 15.0
LOSS_S: Final = 1.0
"""How soon a loss is told."""


class Reporter:
    """Says when a report is due and what is in it.

    Args:
        buffer: whose events it reports on.
    """

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer
        self._wanted = True
        self._figures: dict[str, object] = {}  # of the report under way, like the next
        self._lost = 0
        self._told: dict[str, object] = {}
        self._told_lost = 0
        self._tried_at = monotonic()

    def due(self, *, last: bool = False) -> bool:
        """Whether to report now; `last`: the process is about to end."""
        ledger = self._buffer.ledger
        waited_s = monotonic() - self._tried_at
        if not self._wanted or not (last or waited_s >= LOSS_S):
            return False
        if last or waited_s >= REPORT_S:
            return ledger.figures() != self._told
        return ledger.lost > self._told_lost

    def report(self) -> str:
        """A batch with the report alone."""
        self._figures = self._buffer.ledger.figures()
        self._lost = self._buffer.ledger.lost
        self._tried_at = monotonic()
        head, data = envelope(self._buffer)
        return f"[{{{head}{data}}}]"

    def answered(self, answer: Answer) -> None:
        """Note what the server said to the last report: one that it could not store is due again."""
        if answer.rejections:  # a server that does not know reports
            self._wanted = False
        elif answer.accounted:
            self._told, self._told_lost = self._figures, self._lost


def envelope(buffer: Buffer) -> tuple[str, str]:
    """A report as an event: what stands before its data, but for the opening brace, and its data."""
    data = {"host": socket.gethostname(), "pid": os.getpid(), **buffer.figures()}
    head = f'"type":"client_report","jobId":"","timestamp":{now_ms()},"id":"{uuid7()}","epoch":"{buffer.epoch}","data":'
    return head, encode(data)
