"""The history: every event kept, by job, source, type, level, text and time; exported with exactly those filters."""

import re
from typing import Any, Final

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app import queries
from app.accounts.access import current_principal, require
from app.core.errors import NotFound
from app.dashboard import bezel, views
from app.dashboard.language import gettext
from app.dashboard.links import Query
from app.dashboard.marking import excerpt, marked, pattern
from app.dashboard.misread import misread
from app.dashboard.threads import in_thread
from app.dashboard.wording import shown, whole
from app.jobs.fingerprint import fingerprint_of
from app.services import Services
from app.storage.base import Event, EventFilter
from app.storage.base_search import INDEXED, Found
from app.storage.words import Search, read_search, text_said
from scrapewatch.events import EVENTS, LEVELS

PAGE_ROWS: Final = 50
FIELDS: Final = ("job", "source", "type", "level", "q", "from", "to")
NAMES: Final = (*FIELDS, "next")
RANGES: Final = ("-15m", "-1h", "-24h", "-7d")
COUNTED: Final = frozenset({"job", "type", "from"})
"""Filters that a script can hold new events against."""
_HAS_SIGN: Final = re.compile(r'["*-]')


def blueprint(services: Services) -> Blueprint:
    """``/events`` and ``/events/<cursor>``."""
    pages = Blueprint("history", __name__)

    @pages.get("/events")
    @require("read")
    def history() -> ResponseReturnValue:
        query = Query("/events", request.args, NAMES)
        content, seen = in_thread(services.runtime, _looked, services, query, current_principal().user_id)
        bezel.hand_on(seen)
        return render_template("events/history.html", **content), 400 if content["wrong"] else 200

    @pages.get("/events/<int:cursor>")
    @require("read")
    def event(cursor: int) -> str:
        found = services.runtime.call(_one, services, cursor)
        return render_template("events/event.html", event=_row(found, None))

    return pages


def _looked(services: Services, query: Query, user_id: int | None) -> tuple[dict[str, Any], bezel.Seen]:
    """All that the page shows, at one moment; runs in a real thread."""
    with services.database.snapshot():
        seen = bezel.look(services)
        now_ms = services.clock.now_ms()
        wrong = misread(queries.event_filter, query.args, now_ms, FIELDS)
        found = {} if wrong else _found(services, query, now_ms, seen.newest)
        return {**_form(services, query, user_id), **found, "wrong": wrong}, seen


def _form(services: Services, query: Query, user_id: int | None) -> dict[str, Any]:
    """What is asked for, and what can be; a type that there is none of stands among them where somebody asks for it."""
    return {
        "query": query,
        "types": tuple(dict.fromkeys((*EVENTS, *query.values("type")))),
        "levels": LEVELS,
        "ranges": RANGES,
        "chips": query.chips(_labels()),
        "saved": views.saved(services, user_id, "events", query.text()),
    }


def _found(services: Services, query: Query, now_ms: int, since: int) -> dict[str, Any]:
    """What there is of it, which holds all up to the cursor `since`."""
    wanted = queries.event_filter(query.args, now_ms)
    found = services.search.search(wanted, before=queries.before(query.args), limit=PAGE_ROWS)
    search = read_search(wanted.q) if wanted.q else None
    return {
        "events": [_row(event, search) for event in found.events],
        "next": queries.onward(found.before),
        "looked": _gone_through(services, found),
        "wider": _wider(wanted.q or ""),
        "page": _counting(wanted, since) if COUNTED.issuperset(query.args) else None,
    }


def _counting(wanted: EventFilter, since: int) -> dict[str, Any]:
    """By what the page's script counts the events that have come since: their room, their types, not before when."""
    return {
        "room": "events" if wanted.job_id is None else f"job:{wanted.job_id}",
        "types": wanted.types,
        "fromMs": wanted.from_ms,
        "since": since,
    }


def _gone_through(services: Services, found: Found) -> int:
    """The percentage of the history that has been looked through, where there is more of it."""
    newest = services.events.reach().newest
    return 100 if found.before is None or not newest else round(100 * (1 - found.before / (newest + 1)))


def _one(services: Services, cursor: int) -> Event:
    found = services.events.events_after(EventFilter(), after=cursor - 1, limit=1) if cursor <= queries.GREATEST else []
    if not found or found[0].cursor != cursor:
        raise NotFound("There is no event %(cursor)s, or it is kept no longer.", cursor=cursor)
    return found[0]


def _row(event: Event, search: Search | None) -> dict[str, Any]:
    """What the page shows of an event, what was found in it marked; `excerpt` where the headline does not hold it."""
    said = shown(event)
    body = whole(said)
    marks = _marks(search, event.type)
    return {
        **said,
        "headline": marked(said["headline"], marks),
        "excerpt": None if marks is None or marks.search(said["headline"]) else excerpt(text_said(said["data"]), marks),
        "whole": marked(body, marks),
        "group": fingerprint_of(said["data"]) if event.type == "error" and event.job_id else None,
    }


def _marks(search: Search | None, type_: str) -> re.Pattern[str] | None:
    """What is marked in an event of that type: what it was found by."""
    return pattern(search, by_words=search is not None and search.has_words and type_ in INDEXED)


def _wider(q: str) -> str | None:
    """The same search for words that only begin so; None where that is nothing else."""
    words = q.split()
    return " ".join(f"{word}*" for word in words) if words and not _HAS_SIGN.search(q) else None


def _labels() -> dict[str, str]:
    return {
        "job": gettext("job"),
        "source": gettext("source"),
        "type": gettext("type"),
        "level": gettext("errors and logs from level"),
        "q": gettext("text"),
        "from": gettext("from"),
        "to": gettext("to"),
    }
