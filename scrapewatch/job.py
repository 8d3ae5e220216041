"""A job: one run of a scraper, from its start to how it ended.

Progress is sent at most once a second, the newest winning; a job that has nothing to say sends a
heartbeat, so that silence means that it died.
"""

import asyncio
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from types import TracebackType
from typing import Any, Final, Protocol, Self, TypedDict, TypeVar

from scrapewatch import faults
from scrapewatch.clock import monotonic
from scrapewatch.encoding import encode

PROGRESS_S: Final = 1.0
HEARTBEAT_S: Final = 15.0

T = TypeVar("T")


class Start(TypedDict, total=False):
    """What may be said of a job when it starts."""

    source: str
    query: str
    config: Mapping[str, Any]
    tags: Sequence[str]
    total: float
    unit: str


class Outlet(Protocol):
    """Where a job's events go: the emitter."""

    def emit(self, event_type: str, job_id: str, data: object) -> None:
        """Queue an event; never raises, never waits."""
        ...

    def attach(self, job: "Job") -> None:
        """Call `job.beat` now and then, until it is detached."""
        ...

    def detach(self, job: "Job") -> None:
        """No longer call it."""
        ...

    def losses(self) -> dict[str, int]:
        """Events that were dropped, refused or cut so far, by reason; empty when all is well."""
        ...


class Job:
    """One run; made by `Emitter.job`, used in a ``with`` block or by `start` and one of `complete`, `fail`, `cancel`.

    Every method may be called from any thread; none raises on its own or waits for the network.
    """

    def __init__(self, outlet: Outlet, job_id: str, start: Start) -> None:
        self.id = job_id
        self._outlet = outlet
        self._start = start
        self._lock = threading.Lock()
        self._ended = False
        self._sent_at = monotonic()
        self._reset()

    @property
    def items(self) -> int:
        """Items reported so far."""
        return self._items

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None or (isinstance(error, SystemExit) and error.code in {None, 0}):
            self.complete()
        elif isinstance(error, KeyboardInterrupt | asyncio.CancelledError):
            self.cancel("interrupted")
        elif isinstance(error, SystemExit):
            self.fail(f"exit: {error.code}")
        else:
            self.fail(error)

    def start(self) -> None:
        """Send `job_started`; on a job that had ended, this begins a new attempt."""
        with self._lock:
            if self._ended:
                self._reset()
            self._ended = False
            self._started_at = monotonic()
        self.emit("job_started", self._start)
        self._outlet.attach(self)

    def item(self, item: object) -> None:
        """Report an item: a mapping, a dataclass or anything else; it is copied at once."""
        with self._lock:
            self._items += 1
        self.emit("item_scraped", item)

    def progress(
        self, done: float | None = None, total: float | None = None, unit: str | None = None, **figures: object
    ) -> None:
        """Report how far the job is; figures not given stay as they were.

        Args:
            done: units finished since the start.
            total: units there will be, as far as is known.
            unit: what is counted, ``pages`` for example.
            figures: further fields of `job_progress` (``requests``, ``bytes``, …), totals since the start.
        """
        given = {"done": done, "total": total, "unit": unit, **figures}
        with self._lock:
            self._figures.update({name: value for name, value in given.items() if value is not None})
            self._news = True
        if monotonic() - self._progress_at >= PROGRESS_S:
            self._send_progress()

    def track(self, iterable: Iterable[T], total: float | None = None, unit: str | None = None) -> Iterator[T]:
        """Go through `iterable` and report progress by it; `total` is its length, if it has one."""
        if total is None and isinstance(iterable, Sized):
            total = len(iterable)
        self.progress(0, total, unit)
        for done, element in enumerate(iterable, 1):
            yield element
            self.progress(done)

    def error(self, error: BaseException | str, *, kind: str = "", **fields: object) -> None:
        """Report something that went wrong while the job goes on.

        Args:
            error: the exception, or a message.
            kind: what sort of error it is; the exception's class by default.
            fields: further fields of `error`, such as ``url``, ``level``, ``stack``, ``fingerprint``.
        """
        described = faults.describe(error, kind, str(fields.get("stack") or ""))
        self.emit("error", {"level": "error", **described, **fields})

    def log(self, message: str, level: str = "info", logger: str = "") -> None:
        """Add a line to the job's log."""
        self.emit("log", {"level": level, "logger": logger, "message": message})

    def heartbeat(self) -> None:
        """Say that the job is alive; happens by itself every `HEARTBEAT_S` seconds without news."""
        self.emit("heartbeat", {})

    def complete(self, **fields: object) -> None:
        """The job ended by itself; `fields` come over those of the house."""
        self._end("job_completed", {"success": True, **fields})

    def fail(self, error: BaseException | str, **fields: object) -> None:
        """The job ended by `error`, which is reported with its stack."""
        described = faults.describe(error)
        told = {"error": described["message"], "kind": described["kind"]}
        if "stack" in described:
            told["stack"] = described["stack"]
        self._end("job_failed", {"success": False, **told, **fields})

    def cancel(self, reason: str, **fields: object) -> None:
        """The job was stopped on purpose."""
        self._end("job_cancelled", {"success": False, "reason": reason, **fields})

    def emit(self, event_type: str, data: object) -> None:
        """Send any event of this job."""
        self._sent_at = monotonic()
        self._outlet.emit(event_type, self.id, data)

    def beat(self) -> None:
        """Send progress that was held back, or a heartbeat if one is due; the sender calls this."""
        now = monotonic()
        if self._news and now - self._progress_at >= PROGRESS_S:
            self._send_progress()
        elif now - self._sent_at >= HEARTBEAT_S:
            self.heartbeat()

    def unlock(self) -> None:
        """In a forked child: a thread that held the lock stayed with the parent."""
        self._lock = threading.Lock()

    def _reset(self) -> None:
        """Nothing has been reported yet: counts are those of one attempt."""
        self._items = 0
        self._figures: dict[str, object] = {key: self._start[key] for key in ("total", "unit") if key in self._start}
        self._news = False
        self._progress_at = self._started_at = monotonic()

    def _send_progress(self) -> None:
        with self._lock:
            if not self._news:
                return
            self._news = False
            self._progress_at = monotonic()
            figures = {"itemsScraped": self._items, **self._figures}
        self.emit("job_progress", figures)

    def _end(self, event_type: str, fields: dict[str, object]) -> None:
        with self._lock:
            if self._ended:
                return
            self._ended = True
        self._outlet.detach(self)
        self._send_progress()
        losses = self._outlet.losses()
        if losses:
            fields["stats"] = {**_mapping(fields.get("stats")), "client": losses}
        duration_ms = round((monotonic() - self._started_at) * 1000)
        self.emit(event_type, {"itemsScraped": self._items, "duration": duration_ms, **fields})


def _mapping(value: object) -> dict[str, object]:
    return {str(key): part for key, part in value.items()} if isinstance(value, Mapping) else {}


def job_name(value: object) -> str:
    """`value` as a job's id."""
    return value if isinstance(value, str) else encode(value).strip('"')
