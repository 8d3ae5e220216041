"""The list of jobs: those that are open first, narrowed by a search, by states and by the API's parameters."""

from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from app import queries
from app.accounts.access import current_principal, require
from app.core.terms import Misread, terms, without
from app.dashboard import bezel, bulk, job_rows, look, views
from app.dashboard.bulk import MOST_COUNTED
from app.dashboard.language import gettext, told
from app.dashboard.links import Chip, Query
from app.dashboard.threads import in_thread
from app.dashboard.wording import STATUSES
from app.jobs.listing import counts_of, page_of
from app.jobs.search import KEYS
from app.services import Services
from app.storage.base import JobFilter

MOST_FRESH: Final = 1_000
"""New jobs that are counted one by one."""
NAMES: Final = ("status", "q", "source", "tag", "from", "to", "next")
HOT: Final = frozenset({"stalled", "lost", "failed"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page of the list is asked for.

    Attributes:
        wanted: its rows.
        tabs: the same in any state, which the tabs count.
        wrong: the search that can't be read, taken apart at the word at fault; then it filters nothing.
    """

    wanted: JobFilter
    tabs: JobFilter
    wrong: dict[str, str] | None = None


def blueprint(services: Services) -> Blueprint:
    """``/jobs``."""
    pages = Blueprint("jobs_page", __name__)

    @pages.get("/jobs")
    @require("read")
    def jobs() -> ResponseReturnValue:
        query = Query("/jobs", request.args, NAMES)
        mine = _mine()
        rows, user_id = mine["look"].rows, current_principal().user_id
        content, seen = in_thread(services.runtime, _looked, services, query, user_id, rows)
        bezel.hand_on(seen)
        shown = render_template("jobs/jobs.html", **content, **mine)
        return shown, 400 if content["wrong"] else 200

    @pages.get("/jobs.json")
    @require("read")
    def renewed() -> Response:
        query = Query("/jobs", request.args, NAMES)
        keys = queries.numbers(request.args, "keys", job_rows.MOST_ROWS)
        after = queries.numbers(request.args, "after", 1)
        answer = in_thread(services.runtime, _renewed, services, asked(query, services.clock.now_ms()), keys, after)
        return Response(msgspec.json.encode(answer), content_type="application/json")

    bulk.add_form(pages, services)
    return pages


def _mine() -> dict[str, Any]:
    """What depends on who looks, and with which browser."""
    who = current_principal()
    liked = look.look(request.cookies)
    return {
        "look": liked,
        "numbers": look.ROWS,
        "may_operate": who.may("operate"),
        "may_delete": who.may("admin"),
    }


def asked(query: Query, now_ms: int) -> Asked:
    """What the arguments ask for.

    Raises:
        InvalidInput: naming one that can't be used, unless it is the search.
    """
    args = query.args
    try:
        return Asked(queries.job_filter(args, now_ms), queries.job_filter({**args, "status": ""}, now_ms))
    except Misread as error:
        text = args["q"]
        parts = {"before": text[: error.start], "word": text[error.start : error.end], "after": text[error.end :]}
        rest = {**args, "q": ""}
        without_states = queries.job_filter({**rest, "status": ""}, now_ms)
        return Asked(queries.job_filter(rest, now_ms), without_states, {**parts, "reason": told(error.reason)})


def _looked(services: Services, query: Query, user_id: int | None, rows: int) -> tuple[dict[str, Any], bezel.Seen]:
    """All that the page and the bezel around it show; runs in a real thread."""
    seen = bezel.look(services)
    content = _content(services, query, rows, seen.newest)
    content["saved"] = views.saved(services, user_id, "jobs", query.text())
    return content, seen


def _content(services: Services, query: Query, rows: int, since: int) -> dict[str, Any]:
    """All that the page shows, which holds all up to the cursor `since`."""
    now_ms = services.clock.now_ms()
    meant = asked(query, now_ms)
    newest = next((job.key for job in services.events.jobs(JobFilter(), limit=1)), 0)
    found, next_place = page_of(services.events, meant.wanted, queries.place(query.args), rows, newest)
    counts, more = counts_of(services.events, meant.tabs, MOST_COUNTED, newest)
    chips = [] if meant.wrong else _chips(query)
    return {
        "query": query,
        "jobs": job_rows.rows(services, found, now_ms),
        "tabs": [("", gettext("All"), sum(counts.values())), *((s, w, counts.get(s, 0)) for s, w in STATUSES.items())],
        "matching": sum(counts.get(status, 0) for status in meant.wanted.statuses or counts),
        "more": more,
        "hot": HOT,
        "chips": chips,
        "cleared": query.address(q=None, source=None, tag=None, **{"from": None, "to": None}),
        "wrong": meant.wrong,
        "next": queries.next_place(next_place),
        "page": {
            "now": now_ms,
            "since": since,
            "first": not query.get("next"),
            "unfiltered": meant.tabs == JobFilter(),
            "here": query.address(),
            "rows": query.export("/jobs.json"),
            "newest": newest,
            "lateMs": services.settings.job_stalled_after // 2,
        },
    }


def _renewed(services: Services, meant: Asked, keys: tuple[int, ...], after: tuple[int, ...]) -> dict[str, Any]:
    """The rows of the jobs of these keys, and how many of those asked for have come after the one of `after`.

    `since` is a cursor up to which all is in them.
    """
    since = services.events.reach().newest
    found = services.events.jobs(JobFilter(keys=keys), limit=len(keys)) if keys else []
    counts = services.events.job_counts(replace(meant.wanted, after=after[0]), MOST_FRESH) if after else {}
    rows = job_rows.rows(services, found, services.clock.now_ms())
    return {"rows": rows, "fresh": sum(counts.values()), "since": since}


def _chips(query: Query) -> list[Chip]:
    """The terms of the search, and the parameters."""
    text = query.get("q")
    found = [
        Chip(
            gettext("not %(key)s", key=term.key or gettext("text")) if term.negated else term.key or gettext("text"),
            term.value,
            query.address(q=without(text, term.start, term.end) or None),
        )
        for term in terms(text, KEYS)
    ]
    labels = {"source": gettext("source"), "tag": gettext("tag"), "from": gettext("from"), "to": gettext("to")}
    return found + query.chips(labels)
