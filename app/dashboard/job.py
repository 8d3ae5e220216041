"""The live page of a job."""

from typing import Any, Final

from flask import Blueprint, render_template

from app import queries
from app.accounts.access import require
from app.core.errors import NotFound
from app.dashboard import figures, trends
from app.dashboard.figures import Trace
from app.dashboard.language import gettext
from app.dashboard.threads import in_thread
from app.dashboard.wording import LOGGED, item, shown
from app.jobs.fold import ENDED
from app.jobs.view import job_json
from app.metrics.resolution import Span, grid
from app.services import Services
from app.storage.base import Event, EventFilter, Job
from app.storage.base_series import RAW_MS

LOG_LINES: Final = 300
ITEMS: Final = 50
ERRORS: Final = 50


def blueprint(services: Services) -> Blueprint:
    """``/jobs/<id>``."""
    pages = Blueprint("job_page", __name__)

    @pages.get("/jobs/<job_id:job_id>")
    @require("read")
    def job(job_id: str) -> str:
        content = in_thread(services.runtime, _job_content, services, queries.path_id(job_id))
        if content is None:
            raise NotFound(job_id)
        return render_template("jobs/job.html", **content)

    return pages


def _job_content(services: Services, job_id: str) -> dict[str, Any] | None:
    """All that the page shows, as of the job's last cursor; runs in a real thread."""
    job = services.events.job(job_id)
    if job is None:
        return None
    now_ms = services.clock.now_ms()
    log = _newest(services, job, LOGGED, LOG_LINES)
    items = _newest(services, job, ("item_scraped",), ITEMS)
    errors = _newest(services, job, ("error",), ERRORS)
    charts = _charts(services, job, now_ms)
    view = job_json(job, services.figures.job_rate(job.id), now_ms)
    return {
        "job": view,
        "totals": job.totals,
        "config": job.config,
        "log": [shown(event) for event in reversed(log)],
        "items": [item(shown(event)) for event in items],
        "errors": [shown(event) for event in errors],
        "charts": charts,
        "page": {
            "job": view,
            "totals": job.totals,
            "since": job.last_cursor,
            "charts": charts,
            "chartTemplate": figures.TEMPLATE,
            "chartConfig": figures.CONFIG,
        },
    }


def _newest(services: Services, job: Job, types: tuple[str, ...], limit: int) -> list[Event]:
    """The newest events of this attempt that its counters include, newest first."""
    found = services.events.events(EventFilter(job_id=job.id, types=types), before=job.last_cursor + 1, limit=limit)
    return [event for event in found if event.cursor >= job.first_cursor]


def _charts(services: Services, job: Job, now_ms: int) -> dict[str, Any]:
    begin = (job.started_at or job.created_at) - RAW_MS  # one step earlier, so that a line rises from 0
    end = max(job.finished_at or now_ms, begin + RAW_MS)
    over = grid(Span(from_ms=begin, to_ms=end + 1, most=trends.MAX_POINTS), now_ms)
    shared = {"step": over.step_ms, "open": job.status not in ENDED, "span": None}
    labels = {"job": job.id[:200]}

    def gained(name: str) -> list[float]:
        return trends.counted(services.reader, name, labels, over)

    failed = gained("requestsFailed")
    answered = [max(0.0, made - lost) for made, lost in zip(gained("requests"), failed, strict=True)]
    rate = figures.lines(
        list(over.times),
        [Trace("items", gettext("items"), "--c1", trends.per_second(gained("items"), over.step_ms))],
        unit="/s",
    )
    requests = figures.bars(
        list(over.times),
        [
            Trace("answered", gettext("answered"), "--quiet", answered),
            Trace("failed", gettext("failed"), "--stalled", failed),
        ],
        marks=[Trace("errors", gettext("errors"), "--failed", gained("errors"))],  # a failed request may be one, too
    )
    return {
        "rate": {**shared, "per": "second", "figure": rate, "blank": figures.is_blank(rate, counted=True)},
        "requests": {**shared, "per": "step", "figure": requests, "blank": figures.is_blank(requests, counted=True)},
    }
