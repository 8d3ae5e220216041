"""Lines of a job's log: a part of it, as its page shows them, and the whole of it as text.

What a search has found of them is what the history finds by the same text, and marked alike. Every look at the log goes
through a bounded number of the job's events, so lines may be few or none with more beyond: a window says from where to
go on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from app.dashboard.job_tabs.base import Look
from app.dashboard.marking import excerpt, marked, pattern
from app.dashboard.wording import headline, shown
from app.services import Services
from app.storage.base import Event, EventFilter
from app.storage.base_search import INDEXED, SearchStore
from app.storage.words import Search, read_search, text_said

LINES: Final = 200
"""Lines of a window."""
MOST_HITS: Final = 1_000
"""Hits that can be walked through before one searches further back."""

_INDENT: Final = "\n    "


@dataclass(frozen=True, slots=True)
class Window:
    """Lines one after another, oldest first.

    Attributes:
        older: the cursor before which there may be more, None for the beginning.
        newer: the cursor after which there may be more, None for the end.
    """

    events: Sequence[Event]
    older: int | None = None
    newer: int | None = None


def window(look: Look, asked: EventFilter, line: int | None) -> Window:
    """The lines around one, or before or after the place that the address names, or the newest."""
    search, every, half = look.services.search, replace(asked, q=None), LINES // 2
    if line is not None:
        older = _back(search, every, line, half)
        newer = _onward(search, every, line - 1, half)
        return Window([*older.events, *newer.events], older.older, newer.newer)
    after = look.cursor("after")
    if after is not None:
        return replace(_onward(search, every, after, LINES), older=after + 1 if after else None)
    before = look.cursor("before")
    if before is not None:
        return replace(_back(search, every, before, LINES), newer=before - 1)
    return _back(search, every, look.job.last_cursor + 1, LINES)


def hits_after(look: Look, asked: EventFilter) -> Window:
    """What is found of the lines after the place that the address names."""
    found = look.services.search.search(asked, after=look.cursor("after") or 0, limit=MOST_HITS)
    return Window(found.events[::-1])


def painted(look: Look, asked: EventFilter, lines: Sequence[Event]) -> list[dict[str, Any]]:
    """The lines as the page shows them, marked where the text is found."""
    search = read_search(asked.q) if asked.q else None
    hits, _ = _hits(look.services.search, asked, lines, None) if asked.q else (set[int](), None)
    return [_painted(event, search if event.cursor in hits else None) for event in lines]


def text(services: Services, asked: EventFilter) -> Iterator[str]:
    """The whole log as text, oldest first; no query waits for a slow reader, nor goes through more than a part."""
    after: int | None = 0
    while after is not None:
        told, after = services.runtime.call(_text, services.search, asked, after)
        if told:
            yield told


def _text(search: SearchStore, asked: EventFilter, after: int) -> tuple[str, int | None]:
    """A part of it, and the cursor after which to go on."""
    found = search.onward(replace(asked, q=None), after=after, limit=1_000)
    lines: Sequence[Event] = found.events
    if asked.q and lines:
        hits, before = _hits(search, asked, lines, None)
        while before is not None and before > lines[0].cursor:
            more, before = _hits(search, asked, lines, before)
            hits |= more
        lines = [event for event in lines if event.cursor in hits]
    return "".join(map(_line, lines)), found.after


def _hits(
    search: SearchStore, asked: EventFilter, lines: Sequence[Event], before: int | None
) -> tuple[set[int], int | None]:
    """The cursors of those lines that are found, and the cursor before which to search on."""
    if not lines:
        return set(), None
    begin, end = lines[0].cursor - 1, lines[-1].cursor + 1
    found = search.search(asked, before=before or end, after=begin, limit=len(lines))
    return {event.cursor for event in found.events}, found.before


def _line(event: Event) -> str:
    """What is said on several lines is indented from the second on, so that only an event begins with a time."""
    told = shown(event)
    said = _INDENT.join(headline(told, longest=None).splitlines())
    return f"{told['timestamp']} {told['level'].upper():8} {_kind(event)}{said}\n"


def _kind(event: Event) -> str:
    return "" if event.type in INDEXED else f"{event.type} "


def _painted(event: Event, search: Search | None) -> dict[str, Any]:
    """`excerpt` is of the place where the text was found if the line does not show it."""
    told = shown(event)
    marks = pattern(search, by_words=search is not None and search.has_words and event.type in INDEXED)
    said = f"{_kind(event)}{told['headline']}"
    found = marks is None or marks.search(said)
    return {
        **told,
        "said": marked(said, marks),
        "excerpt": None if found else excerpt(text_said(told["data"]), marks),
    }


def _back(search: SearchStore, every: EventFilter, before: int, limit: int) -> Window:
    found = search.search(every, before=before, limit=limit + 1)
    events = found.events[:limit][::-1]
    return Window(events, older=events[0].cursor if len(found.events) > limit else found.before)


def _onward(search: SearchStore, every: EventFilter, after: int, limit: int) -> Window:
    found = search.onward(every, after=after, limit=limit + 1)
    events = found.events[:limit]
    return Window(events, newer=events[-1].cursor if len(found.events) > limit else found.after)
