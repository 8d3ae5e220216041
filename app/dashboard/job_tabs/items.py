"""The items of this attempt as a table: a column for each field that was found, and how often each is filled."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from app import queries
from app.core.clock import rfc3339
from app.dashboard.filters import as_text, safe_href
from app.dashboard.job_tabs.base import Look
from app.ingest.wire import body_of
from app.jobs.fold import ENDED
from app.storage.base import Event

ROWS: Final = 50
SAMPLED: Final = 500
"""The newest items over which the fields are counted: some 10 ms, however many there are."""
SAMPLE_BYTES: Final = 4 * 1024 * 1024
"""No more are read once they have so many: an item may have 64 KiB."""
SLICE: Final = 100
"""Items that are read to see how long they are; then as many as may be read at once."""
COLUMNS: Final = 10
"""Fields that have a column; the others stand in the item's body."""

TOP: Final = 8
"""Fields on the first tab."""
TOP_SAMPLED: Final = 100
"""The newest items over which they are counted there."""
TOP_KEPT_MS: Final = 10_000
"""For so long all who look at a job that goes on are told the same."""
LONGEST_NAME: Final = 200
"""Characters of a field's name there; what is kept of many jobs holds on to no long text."""

MOST_FIELDS: Final = 50
"""Fields that are named: items may bring each its own, as those do that are kept by their ids."""
LONGEST_ADDRESS: Final = 2_000
"""Characters of fields' names that a link can hold."""

TYPE: Final = "item_scraped"


def content(look: Look) -> dict[str, Any]:
    """A page of them, newest first."""
    sample = _sample(look, SAMPLED)
    every = filled(sample)
    fields = every[:MOST_FIELDS]
    found, further = look.part((TYPE,), ROWS, queries.before(look.query.args))
    names = [field["name"] for field in fields[:COLUMNS]]
    return {
        "rows": [_row(names, body_of(event), event.cursor, event.at_ms) for event in found],
        "columns": names,
        "fields": fields,
        "more_fields": len(every) - len(fields),
        "exported": _exported([field["name"] for field in every]),
        "sampled": len(sample),
        "as_of": rfc3339(look.now_ms),
        "next": queries.onward(further),
    }


def top(look: Look) -> dict[str, Any]:
    """The first fields with the share of the newest items in which each is filled, for the first tab."""
    return _kept(look.services.events.events, look.job.key).told(look)


class _Top:
    """What the first tab says of a job's fields: everybody has that page open, and it asks again while items come."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: dict[str, Any] = {}
        self._as_of = (0, 0)
        self._made_ms = 0

    def told(self, look: Look) -> dict[str, Any]:
        """As it is, or as somebody else was told a moment ago, unless the sample was small or the job is over."""
        job, now_ms = look.job, look.services.clock.monotonic_ms()
        as_of = (job.first_cursor, job.last_cursor)
        with self._lock:
            is_settled = job.status not in ENDED and self._told.get("sampled") == TOP_SAMPLED
            is_same = self._as_of[0] == as_of[0] if is_settled else self._as_of == as_of
            if not self._told or not is_same or now_ms - self._made_ms >= TOP_KEPT_MS:
                self._told, self._as_of, self._made_ms = _top(look), as_of, now_ms
            return self._told


@lru_cache(maxsize=256)
def _kept(events: Callable[..., list[Event]], key: int) -> _Top:  # noqa: ARG001 - of that job in that store
    return _Top()


def _top(look: Look) -> dict[str, Any]:
    sample = _sample(look, TOP_SAMPLED)
    fields = filled(sample)
    named = [{**field, "name": field["name"][:LONGEST_NAME]} for field in fields[:TOP]]
    return {"fields": named, "more_fields": max(0, len(fields) - TOP), "sampled": len(sample)}


def _sample(look: Look, most: int) -> list[Mapping[str, Any]]:
    """The newest items, at most so many and of some bytes."""
    found = look.newest((TYPE,), min(SLICE, most))
    size = sum(len(event.data) for event in found)
    if len(found) == SLICE and size < SAMPLE_BYTES:
        further = min(most - SLICE, (SAMPLE_BYTES - size) * SLICE // size)
        found += look.newest((TYPE,), further, found[-1].cursor) if further else []
    return [body_of(event) for event in found]


def filled(sample: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each field of the items with the share of them in which it holds something, in the order in which they come."""
    counts: Counter[str] = Counter()
    for body in reversed(sample):
        counts.update({name: int(not is_empty(value)) for name, value in body.items()})
    return [{"name": name, "count": count, "ratio": count / len(sample)} for name, count in counts.items()]


def _exported(names: Sequence[str]) -> str | None:
    """The fields that are columns of the export; None where a link can't name them all, which leaves items whole."""
    joined = ",".join(names)
    can = len(names) <= MOST_FIELDS and len(joined) <= LONGEST_ADDRESS and joined.count(",") == len(names) - 1
    return joined if can else None


def is_empty(value: Any) -> bool:
    """Whether a field holds nothing: null, no text, an empty list or object."""
    return value is None or value in ("", [], {}) or (isinstance(value, str) and not value.strip())


def _row(names: Iterable[str], body: Mapping[str, Any], cursor: int, at_ms: int) -> dict[str, Any]:
    cells = [(name, as_text(body.get(name)), safe_href(body.get(name))) for name in names]
    return {"cursor": cursor, "timestamp": rfc3339(at_ms), "cells": cells}
