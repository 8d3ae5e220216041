"""The items of this attempt as a table: a column for each field that was found, and how often each is filled."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from app import queries
from app.core.clock import rfc3339
from app.dashboard.filters import as_text, safe_href
from app.dashboard.job_tabs.base import Look
from app.ingest.wire import body_of

ROWS: Final = 50
SAMPLED: Final = 1_000
"""The newest items over which the fields are counted: some 25 ms, however many there are."""
COLUMNS: Final = 10
"""Fields that have a column; the others stand in the item's body."""

TOP: Final = 8
"""Fields on the first tab."""

MOST_FIELDS: Final = 50
"""Fields that are named: items may bring each its own, as those do that are kept by their ids."""
LONGEST_ADDRESS: Final = 2_000
"""Characters of fields' names that a link can hold."""

TYPE: Final = "item_scraped"


def content(look: Look) -> dict[str, Any]:
    """A page of them, newest first."""
    sample = [body_of(event) for event in look.newest((TYPE,), SAMPLED)]
    every = filled(sample)
    fields = every[:MOST_FIELDS]
    found = look.newest((TYPE,), ROWS, queries.before(look.query.args))
    names = [field["name"] for field in fields[:COLUMNS]]
    return {
        "rows": [_row(names, body_of(event), event.cursor, event.at_ms) for event in found],
        "columns": names,
        "fields": fields,
        "more_fields": len(every) - len(fields),
        "exported": _exported([field["name"] for field in every]),
        "sampled": len(sample),
        "next": queries.next_page([event.cursor for event in found], ROWS),
    }


def top(look: Look) -> dict[str, Any]:
    """The first fields with the share of the newest items in which each is filled, for the first tab."""
    sample = [body_of(event) for event in look.newest((TYPE,), SAMPLED)]
    fields = filled(sample)
    return {"fields": fields[:TOP], "more_fields": max(0, len(fields) - TOP), "sampled": len(sample)}


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
