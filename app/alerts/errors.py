"""Kinds of errors: which of them are new to the house.

Errors are of one kind if their sender says so by a `fingerprint`, else if kind and message are the same but for what
differs each time: numbers, addresses, what stands in quotes. A kind is new if none of its source was seen within the
time that kinds are remembered.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

from app.storage.base import Event, EventFilter, EventStore, Job
from app.storage.base_series import DAY_MS, Labels

MAX_TEXT: Final = 200
BASE: Final = 5_000
"""Errors from before the first rule that asks, whose kinds are none of its news."""
SEEN_AGAIN_MS: Final = DAY_MS
"""How often it is noted that a kind was seen again."""

_VARIES: Final = re.compile(r"https?://\S+|\"[^\"]*\"|'[^']*'|\b[0-9a-fA-F-]{8,}\b|\d+")


class Kinds(Protocol):
    """What is remembered of kinds."""

    def error_kinds(self, kinds: Iterable[str]) -> dict[str, int]:
        """Those of them that are known, and when they were last noted."""
        ...

    def has_error_kinds(self) -> bool:
        """Whether any is known."""
        ...


def kind_of(event: Event) -> str:
    """What errors of that kind have in common, fit to be shown."""
    body: Mapping[str, Any] = event.body or {}
    told = body.get("fingerprint")
    if isinstance(told, str) and told:
        return told[:MAX_TEXT]
    words = [str(body[name]) for name in ("kind", "message") if body.get(name)]
    return _VARIES.sub("…", ": ".join(words).splitlines()[0] if any(words) else "error")[:MAX_TEXT]


def labels_of_error(event: Event, job: Job | None) -> Labels:
    """The labels of the instance that such an error is."""
    return (("error", kind_of(event)), ("source", (job.source if job else None) or ""))


def key_of(labels: Labels) -> str:
    """The kind, as it is remembered."""
    return "\n".join(value for _, value in labels)


def news(
    kinds: Kinds, happened: Mapping[Labels, Event], base: Iterable[Labels], now_ms: int
) -> tuple[list[Labels], list[str]]:
    """Which of what has happened is of a new kind, and what is to be remembered.

    Args:
        kinds: what is remembered.
        happened: an error of each kind that has come since the last look.
        base: kinds from before, where nothing is remembered yet.
        now_ms: the time.
    """
    keys = {key_of(labels): labels for labels in happened}
    before = {key_of(labels) for labels in base}
    known = kinds.error_kinds(keys)
    new = [labels for key, labels in keys.items() if key not in known and key not in before]
    again = [key for key, at_ms in known.items() if now_ms - at_ms >= SEEN_AGAIN_MS]
    return new, [*sorted(before | (keys.keys() - known.keys())), *again]


def base_of(events: EventStore, before: int) -> list[Labels]:
    """The kinds of the last errors up to a cursor."""
    found = events.events(EventFilter(types=("error",)), before=before + 1, limit=BASE)
    jobs = {job_id: events.job(job_id) for job_id in {event.job_id for event in found}}
    return list(dict.fromkeys(labels_of_error(event, jobs[event.job_id]) for event in found))
