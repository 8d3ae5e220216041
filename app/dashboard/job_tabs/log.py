"""The log of a job, over all its attempts: a window of its lines, how many there are of each level, and what was found.

A window is named by one of its ends or by a line in it, so that each has an address; so have the levels that are shown
and the text that is looked for, which narrows nothing: its hits are walked through.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from app import queries
from app.core.errors import InvalidInput
from app.dashboard.job_tabs.base import Look
from app.dashboard.job_tabs.lines import MOST_HITS, Window, hits_after, painted, window
from app.dashboard.links import Query
from app.dashboard.wording import LOGGED, level, level_of
from app.storage.base import EventFilter
from app.storage.base_counts import Kind
from app.storage.base_levels import Levels
from app.storage.base_search import Found, Tally
from scrapewatch.events import LEVELS

MOST_COUNTED: Final = 100_000
"""The newest events that are gone through to count lines: some 300 ms at worst, and once."""

CHIPS: Final = {"debug": ("debug",), "info": ("info",), "warning": ("warning",), "error": ("error", "critical")}
"""The levels that are shown or hidden together, by the one that names them."""
PARTS: Final = ("lines", "hits")
"""What a script asks for alone."""

Count = Callable[..., Tally]
"""See `SearchStore.count`."""

_ALERT: Final = "system_alert"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many lines there are: by the levels of `CHIPS`, and whether there are more than were counted."""

    levels: dict[str, int]
    is_cut: bool

    @property
    def total(self) -> int:
        """Of all levels."""
        return sum(self.levels.values())


def content(look: Look) -> dict[str, Any]:
    """The window that the address asks for, with the chips and the search."""
    levels, counts, asked = chosen(look.query), counted(look), wanted(look.job.id, look.query)
    found = _found(look, asked)
    hits = [event.cursor for event in found.events]
    line = look.cursor("line")
    if line is None and hits and not (look.query.get("before") or look.query.get("after")):
        line = hits[0]
    return {
        **_shown(look, asked, window(look, asked, line), line),
        "search": _search(look, hits, line, found) if asked.q else None,
        "chips": [_chip(look, name, levels, counts) for name in CHIPS],
        "counts": counts,
        "levels": levels,
        "page": {
            "levels": [one for name in levels for one in CHIPS[name]],
            "q": asked.q or "",
            "hits": hits[::-1],
            "isCut": found.before is not None,
            "lines": counts.total,
        },
    }


def part(look: Look) -> dict[str, Any]:
    """A window alone, or the lines in which the text is found."""
    asked, line = wanted(look.job.id, look.query), look.cursor("line")
    found = hits_after(look, asked) if look.query.get("part") == "hits" else window(look, asked, line)
    return _shown(look, asked, found, line)


def _shown(look: Look, asked: EventFilter, found: Window, line: int | None) -> dict[str, Any]:
    return {"lines": painted(look, asked, found.events), "window": found, "line": line}


def wanted(job_id: str, query: Query) -> EventFilter:
    """The lines that the address asks for: of some levels, and with a text in them.

    Raises:
        InvalidInput: it names another level, or no text.
    """
    text = query.get("q")
    if "\x00" in text or len(text) > 1_000:
        raise InvalidInput("must be a text of at most 1000 characters", field="q")
    return replace(_of_levels(job_id, chosen(query)), q=text or None)


def chosen(query: Query) -> list[str]:
    """The names of `CHIPS` that are shown.

    Raises:
        InvalidInput: the address names another.
    """
    names = query.values("level") or list(CHIPS)
    if not set(names) <= set(CHIPS):
        raise InvalidInput("must be of %(known)s", known=", ".join(CHIPS), field="level")
    return [name for name in CHIPS if name in names]


def _of_levels(job_id: str, names: Sequence[str]) -> EventFilter:
    every = EventFilter(job_id=job_id, types=LOGGED)
    if len(names) == len(CHIPS):
        return every
    said = [one for name in names for one in CHIPS[name]]
    silent = tuple(type_ for type_ in LOGGED if type_ != _ALERT and level({"type": type_, "data": {}}) in said)
    return replace(every, levels=Levels(numbers=tuple(map(LEVELS.index, said)), types=silent, severities=tuple(said)))


def counted(look: Look, types: tuple[str, ...] = LOGGED) -> Counts:
    """The lines of the log up to the job's last event; or its events of other types, none being any."""
    return _tally(look.services.search.count, look.job.key, types).upto(look)


class _Tally:
    """The lines of a job, counted once; from then on what has come is added, unless that is much or old ones went."""

    def __init__(self, types: tuple[str, ...]) -> None:
        self._types = types
        self._lock = threading.Lock()
        self._counts: Counts | None = None
        self._as_of = (0, 0)

    def upto(self, look: Look) -> Counts:
        """How many there are up to the job's last event."""
        job, removed = look.job, look.services.events.reach().removed
        with self._lock:
            counts, (cursor, before) = self._counts, self._as_of
            if counts is None or before != removed:
                counts, cursor = Counts(dict.fromkeys(CHIPS, 0), is_cut=False), 0
            if job.last_cursor > cursor:
                every = EventFilter(job_id=job.id, types=self._types)
                told = look.services.search.count(every, before=job.last_cursor + 1, after=cursor, most=MOST_COUNTED)
                if told.before is not None:
                    counts = Counts(dict.fromkeys(CHIPS, 0), is_cut=True)
                counts = _added(counts, told.kinds)
            self._counts, self._as_of = counts, (max(cursor, job.last_cursor), removed)
            return counts


@lru_cache(maxsize=64)
def _tally(count: Count, key: int, types: tuple[str, ...]) -> _Tally:  # noqa: ARG001 - of that job in that store
    return _Tally(types)


def _added(counts: Counts, kinds: Mapping[Kind, int]) -> Counts:
    levels = dict(counts.levels)
    for (type_, number, severity), lines in kinds.items():
        said = level_of(type_, number, severity)
        levels["error" if said == "critical" else said] += lines
    return replace(counts, levels=levels)


def _found(look: Look, asked: EventFilter) -> Found:
    """The newest hits, or older ones where the address says from where to search further back."""
    if not asked.q:
        return Found([], None)
    before = queries.before(look.query.args)
    bound = look.job.last_cursor + 1 if before is None else before
    return look.services.search.search(asked, before=bound, limit=MOST_HITS)


def _search(look: Look, hits: Sequence[int], line: int | None, found: Found) -> dict[str, Any]:
    """How many hits there are, which one is at, counted from the oldest, and where those before and after it are."""
    further = _to(look, next=queries.onward(found.before)) if found.before is not None else None
    reference = line if line is not None else hits[0] + 1 if hits else 0
    previous = next((cursor for cursor in hits if cursor < reference), None)
    following = next((cursor for cursor in reversed(hits) if cursor > reference), None)
    newer = _to(look, line=str(reference)) if look.query.get("next") and hits else None
    return {
        "at": len(hits) - hits.index(reference) if reference in hits else None,
        "total": len(hits),
        "further": further,
        "previous": further if previous is None else _to(look, line=str(previous), next=look.query.get("next")),
        "next": newer if following is None else _to(look, line=str(following), next=look.query.get("next")),
    }


def _to(look: Look, **place: str | None) -> str:
    return look.query.address(**{"line": None, "before": None, "after": None, **place})


def _chip(look: Look, name: str, levels: Sequence[str], counts: Counts) -> dict[str, Any]:
    """A level with how many lines it has, and the address of the log with it shown or hidden."""
    is_on = name in levels
    others = [one for one in CHIPS if (one in levels) != (one == name)] or list(CHIPS)
    level_value = None if len(others) == len(CHIPS) else ",".join(others)
    kept = {"level": level_value, "before": None, "after": None, "line": None}
    return {"name": name, "is_on": is_on, "count": counts.levels[name], "path": look.query.address(**kept)}
