"""What tests make by the dozen: events with few words, and a clock that stands still."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from app.ingest.check import digest
from app.jobs.fold import fold
from app.metrics.limits import Limits
from app.storage.base import Commit, Event, Job
from app.storage.base_series import Point
from app.storage.memory_series import MemorySeriesStore
from scrapewatch.events import EVENTS

NOW_MS = 1_795_444_328_000  # 2026-11-23T14:32:08Z
QUIET_DOOR: Mapping[str, Any] = {
    "waiting": 0,
    "capacity": 100,
    "level": "ok",
    "lag": {"p50": 0.0, "p99": 0.0},
    "senders": {},
}
"""The figures of a door through which nothing comes."""
NO_SOCKETS: Mapping[str, Any] = {"sockets": {}, "lagging": 0, "refused": {}, "closed": {}}
"""The figures of sockets that nobody has opened."""
_numbers = itertools.count(1)


class StoppedClock:
    """A clock that moves only when it is told to."""

    def __init__(self, now_ms: int = NOW_MS) -> None:
        self.time_ms = now_ms

    def now_ms(self) -> int:
        return self.time_ms

    def monotonic_ms(self) -> int:
        return self.time_ms

    def advance(self, ms: int) -> None:
        self.time_ms += ms


def event(type_: str = "item_scraped", job_id: str = "123", sender_id: int = 1, **fields: Any) -> Event:
    """A checked event; `data` may be given as a dict."""
    body = fields.pop("data", {})
    data = msgspec.json.encode(body)
    made = {"at_ms": NOW_MS, **fields}
    return Event(
        sender_id=sender_id,
        type=type_,
        job_id=job_id,
        data=data.decode(),
        body=None if EVENTS[type_].opaque else body,
        **{"digest": digest(type_, made["at_ms"], data), "received_ms": made["at_ms"], **made},
    )


def said(told: Event) -> Any:
    """What an event's data say."""
    return msgspec.json.decode(told.data)


def new_id() -> bytes:
    """16 bytes that no other call returns."""
    return next(_numbers).to_bytes(16)


def fresh_limits() -> Limits:
    """Those of a server that knows no metric of users' own yet."""
    return Limits(MemorySeriesStore(), StoppedClock())


def no_fold(commit: Commit, jobs: Mapping[str, Job]) -> list[Point]:
    """A fold that changes nothing."""
    return []


def no_points(points: Sequence[Point]) -> tuple[()]:
    """What is written of points by a store of events without one of series."""
    return ()


def jobs_fold(commit: Commit, jobs: Mapping[str, Job]) -> list[Point]:
    """The jobs' half of the fold alone."""
    fold(commit, jobs)
    return []
