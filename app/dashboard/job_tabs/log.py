"""The log of a job, over all its attempts: a window of its lines, how many there are of each level, and what was found.

A window is named by one of its ends or by a line in it, so that each has an address; so have the levels that are shown
and the text that is looked for, which narrows nothing: its hits are walked through.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from app.core.errors import InvalidInput
from app.dashboard.job_tabs.base import Look
from app.dashboard.links import Query
from app.dashboard.wording import LOGGED, headline, level, level_of, shown
from app.services import Services
from app.storage.base import Event, EventFilter
from app.storage.base_counts import Counted
from app.storage.base_levels import Levels
from app.storage.base_series import Cells
from scrapewatch.events import LEVELS

LINES: Final = 200
"""Lines of a window."""
MOST_COUNTED: Final = 100_000
"""The newest lines that are counted."""
MOST_ADDED: Final = 1_000
"""New lines that are added to what was counted before, rather than counting all anew."""
MOST_HITS: Final = 1_000
"""The newest hits that can be walked through."""

CHIPS: Final = {"debug": ("debug",), "info": ("info",), "warning": ("warning",), "error": ("error", "critical")}
"""The levels that are shown or hidden together, by the one that names them."""

Count = Callable[[EventFilter, Cells, int], Counted]
"""See `EventStore.count`."""

_ALERT: Final = "system_alert"
_ALWAYS: Final = Cells(0, 2**62, 1)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many lines there are: by the levels of `CHIPS`, and whether there are more than were counted."""

    levels: dict[str, int]
    is_cut: bool

    @property
    def total(self) -> int:
        """Of all levels."""
        return sum(self.levels.values())


@dataclass(frozen=True, slots=True)
class Window:
    """Lines one after another, oldest first, and whether there are older and newer ones."""

    events: Sequence[Event]
    has_older: bool
    has_newer: bool


def content(look: Look) -> dict[str, Any]:
    """The window that the address asks for, with the chips and the search."""
    levels, counts, asked = chosen(look.query), counted(look), wanted(look.job.id, look.query)
    hits = [event.cursor for event in look.services.events.events(asked, limit=MOST_HITS)] if asked.q else []
    found = _counts(look.services.events.count, asked) if asked.q else None
    total = found.total if found else 0
    line = look.cursor("line")
    if line is None and hits and not (look.query.get("before") or look.query.get("after")):
        line = hits[0]
    return {
        **_shown(_window(look, replace(asked, q=None), line), line),
        "found": found,
        "search": _search(hits, line, total),
        "chips": [_chip(look, name, levels, counts) for name in CHIPS],
        "counts": counts,
        "levels": levels,
        "page": {
            "levels": [one for name in levels for one in CHIPS[name]],
            "q": asked.q or "",
            "hits": hits[::-1],
            "found": total,
            "lines": counts.total,
        },
    }


def part(look: Look) -> dict[str, Any]:
    """The window alone."""
    line = look.cursor("line")
    return _shown(_window(look, replace(wanted(look.job.id, look.query), q=None), line), line)


def _shown(window: Window, line: int | None) -> dict[str, Any]:
    return {"lines": [shown(event) for event in window.events], "window": window, "line": line}


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
    """The lines of the whole log up to the job's last event; or its events of other types, none being any."""
    return _tally(look.services.events.count, look.job.key, types).upto(look)


def text(services: Services, asked: EventFilter) -> Iterator[str]:
    """The whole log as text, oldest first; no query waits for a slow reader."""
    after = 0
    while found := services.runtime.call(services.events.events_after, asked, after=after, limit=1_000):
        yield "".join(map(_line, found))
        after = found[-1].cursor


def _line(event: Event) -> str:
    told = shown(event)
    kind = "" if event.type in {"log", "error"} else f"{event.type} "
    return f"{told['timestamp']} {told['level'].upper():8} {kind}{headline(told, longest=None)}\n"


class _Tally:
    """The lines of a job, counted once; from then on what has come is added, unless that is much or old ones went."""

    def __init__(self, types: tuple[str, ...]) -> None:
        self._types = types
        self._lock = threading.Lock()
        self._counts: Counts | None = None
        self._as_of = (0, 0)

    def upto(self, look: Look) -> Counts:
        """How many there are up to the job's last event."""
        events, job, removed = look.services.events, look.job, look.services.events.reach().removed
        with self._lock:
            cursor, before = self._as_of
            if self._counts is not None and (job.last_cursor, removed) == self._as_of:
                return self._counts
            every = EventFilter(job_id=job.id, types=self._types)
            fresh = events.events_after(every, after=cursor, limit=MOST_ADDED + 1)
            if self._counts is None or before != removed or len(fresh) > MOST_ADDED:
                self._counts, fresh = _counts(events.count, every), []
                later = events.events_after(every, after=job.last_cursor, limit=MOST_ADDED)
                self._counts = _changed(self._counts, later, -1)
            self._counts = _changed(self._counts, [one for one in fresh if one.cursor <= job.last_cursor], 1)
            self._as_of = (max(cursor, job.last_cursor), removed)
            return self._counts


@lru_cache(maxsize=64)
def _tally(count: Count, key: int, types: tuple[str, ...]) -> _Tally:  # noqa: ARG001 - of that job in that store
    return _Tally(types)


def _changed(counts: Counts, events: Sequence[Event], by: int) -> Counts:
    levels = dict(counts.levels)
    for event in events:
        levels[_chip_of(shown(event)["level"])] += by
    return replace(counts, levels=levels)


def _chip_of(said: str) -> str:
    return "error" if said == "critical" else said


def _counts(count: Count, asked: EventFilter) -> Counts:
    found = count(asked, _ALWAYS, MOST_COUNTED)
    levels = dict.fromkeys(CHIPS, 0)
    for ((type_, number, severity), _), lines in found.cells.items():
        levels[_chip_of(level_of(type_, number, severity))] += lines
    return Counts(levels, found.of > found.counted)


def _window(look: Look, asked: EventFilter, line: int | None) -> Window:
    events = look.services.events
    after = look.cursor("after")
    if line is not None:
        older = events.events(asked, before=line, limit=LINES // 2 + 1)
        newer = events.events_after(asked, after=line - 1, limit=LINES // 2 + 1)
        shown_ones = [*older[: LINES // 2][::-1], *newer[: LINES // 2]]
        return Window(shown_ones, len(older) > LINES // 2, len(newer) > LINES // 2)
    if after is not None:
        newer = events.events_after(asked, after=after, limit=LINES + 1)
        return Window(newer[:LINES], after > 0, len(newer) > LINES)
    before = look.cursor("before")
    older = events.events(asked, before=look.job.last_cursor + 1 if before is None else before, limit=LINES + 1)
    return Window(older[:LINES][::-1], len(older) > LINES, before is not None)


def _search(hits: Sequence[int], line: int | None, total: int) -> dict[str, Any]:
    """Which hit one is at, counted from the oldest, and the cursors of those before and after it."""
    if not hits:
        return {"at": None, "previous": None, "next": None}
    reference = hits[0] + 1 if line is None else line
    at = hits.index(reference) if reference in hits else None
    return {
        "at": None if at is None else total - at,
        "previous": next((cursor for cursor in hits if cursor < reference), None),
        "next": next((cursor for cursor in reversed(hits) if cursor > reference), None),
    }


def _chip(look: Look, name: str, levels: Sequence[str], counts: Counts) -> dict[str, Any]:
    """A level with how many lines it has, and the address of the log with it shown or hidden."""
    is_on = name in levels
    others = [one for one in CHIPS if (one in levels) != (one == name)] or list(CHIPS)
    level_value = None if len(others) == len(CHIPS) else ",".join(others)
    kept = {"level": level_value, "before": None, "after": None, "line": None}
    return {"name": name, "is_on": is_on, "count": counts.levels[name], "path": look.query.address(**kept)}
