"""The list of jobs: those that are open first, narrowed by a search, by states and by the API's parameters."""

from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app import queries
from app.accounts.access import current_principal, require
from app.core.terms import Misread, terms, without
from app.dashboard import views
from app.dashboard.language import gettext
from app.dashboard.links import Chip, Query
from app.dashboard.threads import in_thread
from app.dashboard.wording import STATUSES
from app.jobs.listing import page_of
from app.jobs.search import KEYS
from app.jobs.view import job_json
from app.services import Services
from app.storage.base import JobFilter

PAGE_ROWS: Final = 50
MOST_COUNTED: Final = 10_000
"""Of those that match a filter: there are numbers of all jobs, but not of all that anybody may ask for."""
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
        content = in_thread(services.runtime, _content, services, query, current_principal().user_id)
        return render_template("jobs/jobs.html", **content), 400 if content["wrong"] else 200

    return pages


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
        return Asked(queries.job_filter(rest, now_ms), without_states, {**parts, "reason": error.reason})


def _content(services: Services, query: Query, user_id: int | None) -> dict[str, Any]:
    """All that the page shows; runs in a real thread."""
    now_ms = services.clock.now_ms()
    meant = asked(query, now_ms)
    since = services.events.reach().newest
    found, next_place = page_of(services.events, meant.wanted, queries.place(query.args), PAGE_ROWS)
    counts = services.events.job_counts(meant.tabs, None if meant.tabs == JobFilter() else MOST_COUNTED)
    chips = [] if meant.wrong else _chips(query)
    return {
        "query": query,
        "jobs": [job_json(job, services.figures.job_rate(job.id), now_ms) for job in found],
        "tabs": [("", gettext("All"), sum(counts.values())), *((s, w, counts.get(s, 0)) for s, w in STATUSES.items())],
        "more": meant.tabs != JobFilter() and sum(counts.values()) >= MOST_COUNTED,
        "hot": HOT,
        "chips": chips,
        "cleared": query.address(q=None, source=None, tag=None, **{"from": None, "to": None}),
        "wrong": meant.wrong,
        "next": queries.next_place(next_place),
        "saved": views.saved(services, user_id, "jobs", query.text()),
        "page": {
            "now": now_ms,
            "since": since,
            "first": not query.get("next"),
            "unfiltered": not chips,
            "statuses": list(meant.wanted.statuses),
            "here": query.address(),
            "api": query.api("/api/v1/jobs", PAGE_ROWS),
        },
    }


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
