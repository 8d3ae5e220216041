"""The list of jobs."""

from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, render_template, request

from app import queries
from app.accounts.access import current_principal, require
from app.dashboard import views
from app.dashboard.language import gettext
from app.dashboard.links import Chip, Query
from app.dashboard.wording import STATUSES
from app.jobs.view import job_json
from app.services import Services
from app.storage.base import Job, JobFilter

PAGE_ROWS: Final = 50
NAMES: Final = ("status", "q", "source", "tag", "from", "to", "next")
HOT: Final = frozenset({"stalled", "lost", "failed"})


def blueprint(services: Services) -> Blueprint:
    """``/jobs``."""
    pages = Blueprint("jobs_page", __name__)

    @pages.get("/jobs")
    @require("read")
    def jobs() -> str:
        query = Query("/jobs", request.args, NAMES)
        now_ms = services.clock.now_ms()
        wanted = queries.job_filter(query.args, now_ms)
        before = queries.before(query.args)
        since, found, counts = services.runtime.call(_listed, services, wanted, before)
        rows = [job_json(job, services.figures.job_rate(job.id), now_ms) for job in found]
        return render_template(
            "jobs/jobs.html",
            **_list_context(query, rows, counts),
            next=_next(found),
            saved=services.runtime.call(views.saved, services, current_principal().user_id, "jobs", query.text()),
            page=_list_block(query, wanted, now_ms, since),
        )

    return pages


def _listed(services: Services, wanted: JobFilter, before: int | None) -> tuple[int, list[Job], dict[str, int]]:
    since = services.events.reach().newest
    found = services.events.jobs(wanted, before=before, limit=PAGE_ROWS)
    return since, found, services.events.job_counts(replace(wanted, statuses=()))


def _next(found: list[Job]) -> str | None:
    return queries.next_page([job.key for job in found], PAGE_ROWS)


def _list_context(query: Query, rows: list[dict[str, Any]], counts: dict[str, int]) -> dict[str, Any]:
    return {
        "query": query,
        "jobs": rows,
        "tabs": [("", gettext("All"), sum(counts.values())), *((s, w, counts.get(s, 0)) for s, w in STATUSES.items())],
        "hot": HOT,
        "chips": _chips(query),
        "cleared": query.address(q=None, source=None, tag=None, **{"from": None, "to": None}),
    }


def _list_block(query: Query, wanted: JobFilter, now_ms: int, since: int) -> dict[str, Any]:
    """What the script of the list needs; `api` lists the same jobs."""
    return {
        "now": now_ms,
        "since": since,
        "first": not query.get("next"),
        "unfiltered": not _chips(query),
        "statuses": list(wanted.statuses),
        "here": query.address(),
        "api": query.api("/api/v1/jobs", PAGE_ROWS),
    }


def _chips(query: Query) -> list[Chip]:
    labels = {"q": gettext("text"), "source": gettext("source"), "tag": gettext("tag"), "from": gettext("from")}
    return query.chips({**labels, "to": gettext("to")})
