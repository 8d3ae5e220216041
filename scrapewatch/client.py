"""The emitter: what a scraper calls. It queues, the sender's thread does the rest.

A scraper must never suffer from being watched: nothing here waits for the network or raises, and
without an address nothing happens at all.
"""

import logging
import os
import threading
import weakref
from functools import lru_cache
from typing import Final, Unpack

from scrapewatch import settings
from scrapewatch.buffer import HEAD_BYTES, Buffer, Entry, Ledger
from scrapewatch.clock import now_ms
from scrapewatch.encoding import encode, shorten, size
from scrapewatch.events import MAX_EVENT_BYTES
from scrapewatch.ids import uuid7
from scrapewatch.job import Job, Start, job_name
from scrapewatch.sender import Sender

log = logging.getLogger(__name__)

LARGEST: Final = MAX_EVENT_BYTES - HEAD_BYTES


class Emitter:
    """Sends the events of any number of jobs to one server.

    Args:
        url: address of the server; by default `SCRAPEWATCH_URL`. Empty: every call is a no-op.
        token: credential; by default `SCRAPEWATCH_TOKEN`.
        size: events that may wait; when as many do, new items are dropped and counted.
        flush_interval: ms that an event may wait for company.
        batch_size: events in one message, 500 at most.
    """

    _epoch: str
    _buffer: Buffer
    _sender: Sender | None
    _lock: threading.Lock
    _closed: bool
    _jobs: weakref.WeakSet[Job]

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        size: int = 20_000,
        flush_interval: int = 200,
        batch_size: int = 500,
    ) -> None:
        self._settings: Final = settings.load(url, token)
        self._limits = (size, flush_interval, batch_size)
        self._begin()
        _emitters.add(self)

    @property
    def enabled(self) -> bool:
        """Whether there is a server to send to."""
        return bool(self._settings.url)

    @property
    def ledger(self) -> Ledger:
        """What became of the events so far, counted."""
        return self._buffer.ledger

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
            self._buffer.lose("error")
            if self._buffer.ledger.dropped["error"] == 1:
                log.exception("An event of type %s could not be read; it is dropped", event_type)

    def flush(self, timeout: float = 30.0) -> bool:
        """Wait up to `timeout` seconds until the server has answered for everything; whether it has."""
        return self._sender is None or self._buffer.flush(timeout)

    def close(self, timeout: float | None = None) -> bool:
        """Send what waits, then stop; happens by itself when the process ends.

        Args:
            timeout: seconds to wait at most; by default `SCRAPEWATCH_CLOSE_TIMEOUT`.

        Returns:
            Whether every event reached the server or was answered by it.
        """
        with self._lock:
            sender, self._sender, already, self._closed = self._sender, None, self._closed, True
        if sender is not None:
            sender.stop(self._settings.close_timeout / 1000 if timeout is None else timeout)
        self._buffer.refuse("closed")
        ledger = self.ledger
        if ledger.lost and not already:
            log.warning("%d of %d events were lost: %s", ledger.lost, ledger.emitted, self.losses())
        return not ledger.dropped["closed"]

    def attach(self, job: Job) -> None:
        """Keep `job` alive by heartbeats while it runs."""
        self._jobs.add(job)

    def detach(self, job: Job) -> None:
        """`job` has ended."""
        self._jobs.discard(job)

    def losses(self) -> dict[str, int]:
        """Events dropped, refused or cut so far, by reason; empty when all is well."""
        ledger = self.ledger
        counts = {**ledger.rejected, **ledger.dropped, "truncated": ledger.truncated}
        return {reason: n for reason, n in counts.items() if n and reason != "superseded"}

    def start_afresh(self) -> None:
        """Forget what waits and who sends it: a forked child shares neither with its parent."""
        for job in list(self._jobs):
            job.unlock()
        self._begin()

    def _begin(self) -> None:
        self._epoch = uuid7()
        self._buffer = Buffer(*self._limits)
        self._sender = None
        self._lock = threading.Lock()
        self._closed = False
        self._jobs = weakref.WeakSet()

    def _queue(self, event_type: str, job_id: str, data: object) -> None:
        head = f'{_address(event_type, job_id)},"timestamp":{now_ms()},"id":"{uuid7()}","epoch":"{self._epoch}","data":'
        body = f"{head}{encode(data)}}}"
        total = size(body)
        truncated = total > LARGEST
        if truncated:
            body = f"{head}{shorten(data, LARGEST - size(head) - 1)}}}"
            total = size(body)
        self._buffer.put(Entry(event_type, job_id, body, total + HEAD_BYTES), truncated=truncated)
        if self._sender is None:
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._sender is None and not self._closed:
                _close_with_the_process()
                self._sender = Sender(self._settings, self._buffer, self._beat)
                self._sender.start()

    def _beat(self) -> None:
        for job in list(self._jobs):
            job.beat()


@lru_cache(maxsize=1_024)
def _address(event_type: str, job_id: str) -> str:
    return f'"type":{encode(event_type)},"jobId":{encode(job_id)}'


_emitters: weakref.WeakSet[Emitter] = weakref.WeakSet()
_guard: threading.Thread | None = None
_guarding = threading.Lock()


def _close_with_the_process() -> None:
    """See to it that every emitter is closed when the main thread ends.

    A thread that waits for it, and not `atexit`: by then no thread can be started any more (Python 3.12),
    and without threads the library can't receive an acknowledgement. Processes of `multiprocessing`,
    which skip `atexit`, wait for threads too.
    """
    global _guard  # noqa: PLW0603 - one for the process
    with _guarding:
        if _guard is None or not _guard.is_alive():
            _guard = threading.Thread(target=_wait_for_the_end, name="scrapewatch-guard", daemon=False)
            _guard.start()


def _wait_for_the_end() -> None:
    threading.main_thread().join()
    for emitter in list(_emitters):
        emitter.close()


def _start_afresh() -> None:
    """In a forked child: its parent's threads, connection and waiting events are its parent's."""
    global _guard, _guarding
    _guard, _guarding = None, threading.Lock()
    for emitter in list(_emitters):
        emitter.start_afresh()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_afresh)
