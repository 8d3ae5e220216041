"""The emitter: what a scraper calls. It queues, the sender's thread does the rest.

A scraper must never suffer from being watched: nothing here waits for the network or raises, and
without an address nothing happens at all.
"""

import logging
from functools import lru_cache
from typing import Final, Unpack

from scrapewatch import settings
from scrapewatch.clock import now_ms
from scrapewatch.encoding import encode, shorten, size
from scrapewatch.events import MAX_EVENT_BYTES
from scrapewatch.ids import uuid7
from scrapewatch.intake import HEAD_BYTES
from scrapewatch.job import Job, Start, job_name
from scrapewatch.ledger import Ledger
from scrapewatch.outbox import Way, join

log = logging.getLogger(__name__)

LARGEST: Final = MAX_EVENT_BYTES - HEAD_BYTES - 1
MAX_CHARACTER_BYTES: Final = 4


class Emitter:
    """Sends the events of any number of jobs to one server.

    There may be any number of emitters, too: those with the same arguments share one queue, one thread and one
    connection. What is emitted is on disk when the call returns. What waits is sent before the process ends; if the
    process is killed, or the server is away for too long, the next process with the same address and sender
    sends it.

    Args:
        url: address of the server; by default `SCRAPEWATCH_URL`. Empty: every call is a no-op.
        token: credential; by default `SCRAPEWATCH_TOKEN`.
        flush_interval: ms that an event may wait for company.
        batch_size: events in one message, 500 at most.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        flush_interval: int = 200,
        batch_size: int = 500,
    ) -> None:
        self._settings: Final = settings.load(url, token)
        self._closed = False
        self._outbox: Final = join(Way(self._settings, flush_interval, batch_size), self)

    @property
    def enabled(self) -> bool:
        """Whether there is a server to send to."""
        return bool(self._settings.url)

    @property
    def ledger(self) -> Ledger:
        """What became of the events so far, counted; those of all emitters that share a queue."""
        return self._outbox.buffer.ledger

    def job(self, job_id: object, **start: Unpack[Start]) -> Job:
        """A job, to be used in a ``with`` block.

        Args:
            job_id: its name, unique among this sender's jobs; used again, it is a new attempt.
            start: ``source``, ``query``, ``config``, ``tags``, ``total``, ``unit``, all optional.
        """
        return Job(self, job_name(job_id), start)

    def emit(self, event_type: str, job_id: str = "", data: object = None) -> None:
        """Queue an event, stamped with the present time."""
        if not self.enabled:
            return
        try:
            self._queue(event_type, job_id, {} if data is None else data)
        except Exception:
            self._outbox.buffer.lose("error")
            if self.ledger.dropped["error"] == 1:
                log.exception("An event of type %s could not be read; it is dropped", event_type)

    def flush(self, timeout: float = 30.0) -> bool:
        """Wait up to `timeout` seconds for the server to answer for all that was emitted before; whether it has."""
        return self._outbox.buffer.flush(timeout)

    def close(self, timeout: float | None = None) -> bool:
        """Send what waits, then stop; happens by itself when the process ends.

        Args:
            timeout: seconds to wait at most; by default `SCRAPEWATCH_CLOSE_TIMEOUT`.

        Returns:
            Whether the server has answered for every event.
        """
        self._closed = True
        return self._outbox.leave(self, timeout)

    def attach(self, job: Job) -> None:
        """Keep `job` alive by heartbeats while it runs."""
        self._outbox.attach(job)

    def detach(self, job: Job) -> None:
        """`job` has ended."""
        self._outbox.detach(job)

    def losses(self) -> dict[str, int]:
        """Events dropped, refused or cut so far, by reason; empty when all is well."""
        return self.ledger.losses()

    def _queue(self, event_type: str, job_id: str, data: object) -> None:
        if self._closed:
            self._outbox.buffer.lose("closed")
            return
        text = encode(data)
        job, kind = _addressed(event_type, job_id)
        head = f'{kind},"timestamp":{now_ms()},"id":"{uuid7()}","epoch":"{self._outbox.epoch}","data":'
        if len(head) + len(text) > LARGEST // MAX_CHARACTER_BYTES:
            text = self._fit(head, text, data)
        self._outbox.put(event_type, job, head, text)

    def _fit(self, head: str, text: str, data: object) -> str:
        """`text`, or a shorter account of `data` if it is too large.

        Raises:
            ValueError: what stands before it leaves no room.
        """
        room = LARGEST - size(head)
        if size(text) <= room:
            return text
        if room < LARGEST // 2:
            raise ValueError("The name of the job or of the type is too long")
        self._outbox.buffer.truncated()
        return shorten(data, room)


@lru_cache(maxsize=1_024)
def _addressed(event_type: str, job_id: str) -> tuple[str, str]:
    """The job as JSON text, and how an envelope of it and that type begins."""
    job = encode(job_id)
    return job, f'"type":{encode(event_type)},"jobId":{job}'
