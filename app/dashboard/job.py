"""The page of a job: its head, and the tab that the address names."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue

from app import queries
from app.accounts.access import current_actor, current_principal, require
from app.accounts.actors import Actor
from app.accounts.audit import Thing
from app.audited import exported, pinned_or_not
from app.core.clock import rfc3339
from app.core.errors import InvalidInput, NotFound
from app.dashboard import bezel
from app.dashboard.filters import duration, number
from app.dashboard.job_rows import success
from app.dashboard.job_tabs import TABS, alerts, errors, lines, log, runs
from app.dashboard.job_tabs.base import LEAST_MEAN_MS, NAMES, Look
from app.dashboard.language import gettext, ngettext
from app.dashboard.links import Query, job_path
from app.dashboard.threads import in_thread
from app.dashboard.wording import STATUSES, reason
from app.jobs.fold import ENDED
from app.jobs.view import detailed_json
from app.services import Services
from app.storage.base import Job
from app.storage.base_groups import Mute

TEXT: Final = "text/plain; charset=utf-8"


def blueprint(services: Services) -> Blueprint:
    """``/jobs/<id>``."""
    pages = Blueprint("job_page", __name__)

    @pages.get("/jobs/<job_id:job_id>")
    @require("read")
    def job(job_id: str) -> str:
        query = Query(job_path(queries.path_id(job_id)), request.args, NAMES)
        tab = query.get("tab") or next(iter(TABS))
        if tab not in TABS:
            raise InvalidInput("must be one of %(known)s", known=", ".join(TABS), field="tab")
        if tab == "log" and query.get("part") in log.PARTS:
            return render_template(
                "jobs/log_part.html", **in_thread(services.runtime, _part, services, job_id, query, tab)
            )
        content, seen = in_thread(services.runtime, _looked, services, job_id, query, tab)
        bezel.hand_on(seen)
        content["may_operate"] = current_principal().may("operate")
        return render_template(f"jobs/tabs/{tab}.html", **content)

    @pages.get("/export/log.txt")
    @require("read")
    def export_log() -> Response:
        query = Query("/export/log.txt", request.args, ("job", "level", "q"))
        job_id = queries.path_id(query.get("job"))
        wanted = log.wanted(job_id, query)
        if services.runtime.call(services.events.job, job_id) is None:
            raise NotFound("There is no job %(job_id)r.", job_id=job_id)
        headers = {"Content-Disposition": 'attachment; filename="log.txt"'}
        told = ((text, text.count("\n")) for text in stream_with_context(lines.text(services, wanted)))
        texts = exported(services, current_actor(), "log.txt", query.args, told)
        return Response(texts, headers=headers, content_type=TEXT)

    @pages.post("/mutes")
    @require("operate")
    def mute() -> ResponseReturnValue:
        job_id, fingerprint = (queries.path_id(request.form.get(name, "")) for name in ("job", "fingerprint"))
        actor = current_actor()
        word = None if request.form.get("muted") == "0" else Mute(actor.name, services.clock.now_ms())
        services.runtime.call(_mute, services, job_id, fingerprint, word, actor)
        return redirect(f"{job_path(job_id)}?tab=errors", 303)

    @pages.post("/pins")
    @require("operate")
    def pin() -> ResponseReturnValue:
        job_id, pinned = queries.path_id(request.form.get("job", "")), request.form.get("pinned") != "0"
        services.runtime.call(_pin, services, current_actor(), job_id, pinned=pinned)
        return redirect(job_path(job_id), 303)

    return pages


def _pin(services: Services, actor: Actor, job_id: str, *, pinned: bool) -> None:
    job = services.events.job(job_id)
    if job is None:
        raise NotFound("There is no job %(job_id)r.", job_id=job_id)
    pinned_or_not(services, actor, job, pinned=pinned)


def _mute(services: Services, job_id: str, fingerprint: str, word: Mute | None, actor: Actor) -> None:
    """Say that such errors are no news in all runs of the job's spider, or by None that they are again.

    Raises:
        NotFound: there is no such group.
        InvalidInput: the job names no spider, and so has no other runs.
    """
    job = services.events.job(job_id)
    if job is None or services.groups.one(job_id, fingerprint) is None:
        raise NotFound("There is no job %(job_id)r.", job_id=job_id)
    if word is not None and not errors.has_spider(job):
        raise InvalidInput("must be of a job with a source or a query", field="job")
    action = "error.unmute" if word is None else "error.mute"
    services.audit.note(actor, action, Thing("error", fingerprint, job_id))
    if word is None:
        services.groups.unmute(job_id, fingerprint)
        return
    if not services.groups.mute(job_id, fingerprint, word):
        raise NotFound("There is no job %(job_id)r.", job_id=job_id)


def _look(services: Services, job_id: str, query: Query, tab: str) -> Look:
    """The job as it stands, beside the run that is named, or on the tab that compares runs the last completed one.

    Runs in a real thread.

    Raises:
        NotFound: there is none.
    """
    job = services.events.job(job_id)
    if job is None:
        raise NotFound("There is no job %(job_id)r.", job_id=job_id)
    named = query.get("compare")
    other = services.events.job(queries.path_id(named)) if named else None
    if named and other is None:
        raise InvalidInput("must be the id of a job", field="compare")
    if tab == "compare" and other is None:
        other = runs.last_completed(services, job)
    return Look(services=services, job=job, query=query, now_ms=services.clock.now_ms(), other=other)


def _looked(services: Services, job_id: str, query: Query, tab: str) -> tuple[dict[str, Any], bezel.Seen]:
    """The page, and how alerts stand, at the same moment; runs in a real thread."""
    with services.database.snapshot():
        seen = bezel.look(services)
        return _content(services, job_id, query, tab), seen


def _part(services: Services, job_id: str, query: Query, tab: str) -> dict[str, Any]:
    """Further lines for the script of the log, and nothing else of the page."""
    return {"query": query, **log.part(_look(services, job_id, query, tab))}


def _content(services: Services, job_id: str, query: Query, tab: str) -> dict[str, Any]:
    """The head of the page as of the job's last cursor, and the tab."""
    look = _look(services, job_id, query, tab)
    job = look.job
    found, siblings = TABS[tab].content(look), runs.siblings(services, job)
    rate, pace = services.figures.job_rate(job.id), services.figures.job_pace(job.id)
    view = detailed_json(job, rate, pace, look.now_ms)
    shared = {
        "job": view,
        "totals": job.totals,
        "since": job.last_cursor,
        "sentence": sentence(job),
        "earlierErrors": errors.counted(look) - job.errors,
    }
    return {
        "least_mean_ms": LEAST_MEAN_MS,
        **found,
        "sentence": sentence(job),
        "job": view,
        "totals": job.totals,
        "answered": success(job),
        "config": job.config,
        "query": query,
        "tab": tab,
        "other": look.other,
        "runs": siblings,
        "choices": [(one.id, rfc3339(one.started_at or one.created_at), one.status) for one in siblings.others],
        "tabs": [(name, one.label, *_tally(look, name, found if name == tab else {})) for name, one in TABS.items()],
        "page": {**shared, **found.get("page", {})},
    }


def sentence(job: Job) -> str:
    """What is to be said of how the job stands: how it ended and why, or why it is stalled or lost."""
    if job.status not in ENDED:
        return reason(job)
    spent = gettext("after %(span)s", span=duration(job.duration)) if job.duration is not None else ""
    items = ngettext("%(n)s item", "%(n)s items", job.items, n=number(job.items))
    failures = ngettext("%(n)s error", "%(n)s errors", job.errors, n=number(job.errors))
    told = " ".join(filter(None, (str(STATUSES[job.status]), spent, gettext("with %(items)s", items=items))))
    counted = gettext("%(told)s and %(errors)s", told=told, errors=failures) if job.errors else told
    if job.reason and job.status != "completed":
        return gettext("%(ended)s: %(reason)s", ended=counted, reason=reason(job))
    return f"{counted}."


def _tally(look: Look, tab: str, found: Mapping[str, Any]) -> tuple[str | None, bool]:
    """How much stands on a tab, None where nobody counts, and whether a person should look there.

    Lines of log and events are counted for their own tabs alone, as it takes a walk through all that the job has sent.
    Errors are those of all attempts, as they are in their groups.
    """
    if tab in {"log", "events"}:
        counts = found.get("counts")
        return (number(counts.total) + ("+" if counts.is_cut else "") if counts else None), False
    if tab == "errors":
        count = errors.counted(look)
        return number(count), count > 0
    if tab == "items":
        return number(look.job.items), False
    if tab == "alerts":
        still_open = alerts.still_open(look)
        return (number(len(still_open)) if still_open else None), bool(still_open)
    return None, False
