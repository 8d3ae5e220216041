"""The events a scraping job may send: the contract between scrapers and server.

This table is the only place that names an event type. The client builds events from it, the
server checks incoming ones against it, and the reference page in ``docs/`` is printed from it.
To add an event type, add a row to `EVENTS`.

On the wire an event is a JSON object::

    {"type": str, "jobId": str, "timestamp": RFC 3339 str or int ms, "data": any JSON,
     "id": UUID or ULID, "seq": int, "epoch": UUID or ULID, "replay": bool}

of which the first three are required. The fields named here for ``data`` are all optional;
where present they must have the kind given. Fields not named are kept as they came.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MAX_EVENT_BYTES: Final = 64 * 1024
MAX_DEPTH: Final = 16
MAX_JOB_ID: Final = 200
MAX_BATCH_EVENTS: Final = 500
MAX_BATCH_BYTES: Final = 512 * 1024
MAX_AHEAD_MS: Final = 5 * 60_000
MAX_SAFE_INTEGER: Final = 2**53 - 1
MAX_NUMBER: Final = 1e100
"""Greatest figure of a user's own, so that no sum of them is infinite."""


class Kind(StrEnum):
    """What a known field of ``data`` must be."""

    TEXT = "text"
    COUNT = "whole number ≥ 0"
    AMOUNT = "finite number ≥ 0"
    NUMBER = "number within ±1e100"
    TRUTH = "true or false"
    OBJECT = "object"
    LIST = "list"
    COUNTS = "object of numbers ≥ 0"
    NUMBERS = "object of numbers within ±1e100"
    AMOUNTS = "list of numbers ≥ 0"
    TIME = "RFC 3339 text or ms"


@dataclass(frozen=True, slots=True)
class Each:
    """What a known field of ``data`` must be: an object of objects, under names that are the sender's.

    Attributes:
        fields: known fields of each of them.
    """

    fields: Mapping[str, Kind]


Fields = Mapping[str, Kind | Mapping[str, Kind] | Each]
"""Known fields of an object: name to kind, or to a nested table for an object."""


@dataclass(frozen=True, slots=True)
class EventType:
    """A row of the catalogue.

    Attributes:
        about: what the event says, one phrase for the reference page.
        fields: known fields of ``data``.
        needs_job: whether ``jobId`` must name a job; the others may leave it ``""``.
        ends: the status that the event gives its job, if it ends one.
        important: kept in the cache that a late viewer is handed.
        by_server: made by the server alone; refused from outside as `unknown_type`.
        quiet: says nothing new of its job by itself; figures may.
        opaque: `data` means nothing to the server, so that nobody there needs to look into it.
        ours: fields of ``data`` that the server alone gives; they are taken out of what comes from outside.
    """

    about: str
    fields: Fields
    needs_job: bool = True
    ends: str | None = None
    important: bool = False
    by_server: bool = False
    quiet: bool = False
    opaque: bool = False
    ours: tuple[str, ...] = ()


_START: Final = {
    "source": Kind.TEXT,
    "query": Kind.TEXT,
    "config": Kind.OBJECT,
    "tags": Kind.LIST,
    "total": Kind.AMOUNT,
    "unit": Kind.TEXT,
}
_END: Final = {
    "itemsScraped": Kind.COUNT,
    "duration": Kind.AMOUNT,
    "success": Kind.TRUTH,
    "error": Kind.TEXT,
    "reason": Kind.TEXT,
    "stats": Kind.OBJECT,
}

_JUDGED: Final = {"reason": Kind.TEXT, "silence": Kind.AMOUNT, "lastEventAt": Kind.TIME}

EVENTS: Final[dict[str, EventType]] = {
    "job_queued": EventType("a job waits to start", _START, important=True),
    "job_started": EventType("a job starts, or starts again as a new attempt", _START, important=True),
    "job_progress": EventType(
        "totals since the job's start; also a heartbeat",
        {
            "done": Kind.AMOUNT,
            "total": Kind.AMOUNT,
            "unit": Kind.TEXT,
            "itemsScraped": Kind.COUNT,
            "requests": {
                "total": Kind.COUNT,
                "failed": Kind.COUNT,
                "retried": Kind.COUNT,
                "pending": Kind.COUNT,
                "byStatus": Kind.COUNTS,
            },
            "bytes": {"sent": Kind.AMOUNT, "received": Kind.AMOUNT},
            "latency": {"p50": Kind.AMOUNT, "p95": Kind.AMOUNT},
            "domains": Each({"requests": Kind.COUNT, "byStatus": Kind.COUNTS, "bytes": Kind.AMOUNT}),
            "proxies": Each({"requests": Kind.COUNT, "failed": Kind.COUNT, "bytes": Kind.AMOUNT}),
        },
        quiet=True,
    ),
    "item_scraped": EventType("an item, whole: its fields are `data`", {}, opaque=True),
    "item_summary": EventType(
        "items counted but not sent one by one",
        {"count": Kind.COUNT, "bytes": Kind.AMOUNT, "from": Kind.TIME, "to": Kind.TIME},
    ),
    "error": EventType(
        "something went wrong and the job goes on",
        {
            "message": Kind.TEXT,
            "kind": Kind.TEXT,
            "stack": Kind.TEXT,
            "url": Kind.TEXT,
            "level": Kind.TEXT,
            "fingerprint": Kind.TEXT,
            "count": Kind.COUNT,
        },
        important=True,
    ),
    "log": EventType(
        "a line of the job's log",
        {"level": Kind.TEXT, "logger": Kind.TEXT, "message": Kind.TEXT},
        needs_job=False,
        quiet=True,
    ),
    "job_completed": EventType("the job ended by itself", _END, ends="completed", important=True),
    "job_failed": EventType("the job ended by a failure", _END, ends="failed", important=True),
    "job_cancelled": EventType("the job was stopped on purpose", _END, ends="cancelled", important=True),
    "heartbeat": EventType("the job is alive and has nothing new", {}, quiet=True),
    "worker": EventType(
        "figures of the scraper's host",
        {
            "host": Kind.TEXT,
            "cpu": {"usage": Kind.AMOUNT, "load": Kind.AMOUNTS},
            "memory": {"used": Kind.AMOUNT, "total": Kind.AMOUNT, "free": Kind.AMOUNT},
            "network": {"bytesTransferred": Kind.AMOUNT},
            "workers": {"active": Kind.COUNT, "idle": Kind.COUNT, "maxConcurrency": Kind.COUNT},
        },
        needs_job=False,
        quiet=True,
    ),
    "metric": EventType(
        "figures of your own", {"values": Kind.NUMBERS, "labels": Kind.OBJECT}, needs_job=False, quiet=True
    ),
    "client_report": EventType(
        "what became of the events of one sending process so far; the last of an `epoch` counts",
        {
            "host": Kind.TEXT,
            "pid": Kind.COUNT,
            "emitted": Kind.COUNT,
            "accepted": Kind.COUNT,
            "duplicates": Kind.COUNT,
            "rejected": Kind.COUNTS,
            "dropped": Kind.COUNTS,
            "truncated": Kind.COUNT,
            "adopted": Kind.COUNT,
            "spool": {"events": Kind.COUNT, "bytes": Kind.AMOUNT, "oldest": Kind.TIME},
        },
        needs_job=False,
        quiet=True,
    ),
    "system_alert": EventType(
        "an alert changed its state",
        {
            "name": Kind.TEXT,
            "severity": Kind.TEXT,
            "state": Kind.TEXT,
            "message": Kind.TEXT,
            "value": Kind.NUMBER,
            "threshold": Kind.NUMBER,
        },
        needs_job=False,
        important=True,
        ours=("incident",),
    ),
    "job_stalled": EventType("alive, but nothing new for JOB_STALLED_AFTER", _JUDGED, important=True, by_server=True),
    "job_lost": EventType("silent for JOB_LOST_AFTER, its socket gone", _JUDGED, important=True, by_server=True),
    "job_tagged": EventType(
        "somebody gave the job tags or took some away, on a page",
        {"added": Kind.LIST, "removed": Kind.LIST, "by": Kind.TEXT},
        by_server=True,
    ),
    "job_pinned": EventType("somebody pinned the job: its events are kept", {"by": Kind.TEXT}, by_server=True),
    "job_unpinned": EventType("somebody took the pin away", {"by": Kind.TEXT}, by_server=True),
}

LEVELS: Final = ("debug", "info", "warning", "error", "critical")
"""Levels of `log` and `error`, least first; an unknown or missing one counts as info (log) or error (error)."""

FLAGS: Final = ("wrapped", "skew", "bigint", "text", "late", "redacted")
"""What the server changed or noticed, in the order of the stored bits.

`wrapped`: data was no object; `skew`: the timestamp lay ahead and the receive time is used; `bigint`: an integer
beyond ±(2^53−1) became a string; `text`: NUL or a lone surrogate became U+FFFD; `late`: an end or
progress that came after its job's end, or progress overtaken by later progress, which changed nothing; `redacted`:
secrets were taken out of data.
"""
