"""The overview: counts, rates, charts, running jobs and the latest alerts; before the first event, how to send it."""

from bisect import bisect_left
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts.access import current_actor, current_principal, require
from app.accounts.kinds import ISSUED
from app.core.clock import rfc3339
from app.dashboard import figures, trends
from app.dashboard.alerts import latest
from app.dashboard.figures import Trace
from app.dashboard.language import gettext
from app.dashboard.snippets import snippets
from app.dashboard.threads import in_thread
from app.jobs.view import job_json
from app.metrics.series import Answer, SeriesQuery
from app.services import Services
from app.storage.base import EventFilter, Job, JobFilter
from app.storage.base_series import MINUTE_MS

RANGES_MS: Final = {"15m": 15 * MINUTE_MS, "1h": 60 * MINUTE_MS, "6h": 360 * MINUTE_MS}
RUNNING: Final = ("running", "stalled")
ROWS: Final = 10
ALERTS: Final = 4
SOURCES: Final = 3
FIRST_SENDER: Final = "my-scraper"
"""Whose token the page before the first event makes."""


def blueprint(services: Services) -> Blueprint:
    """``/``."""
    pages = Blueprint("overview", __name__)

    @pages.get("/")
    @require("read")
    def overview() -> ResponseReturnValue:
        user = current_principal().user_id
        if not request.args and user is not None:
            home = services.runtime.call(services.dashboards.home, user)
            if home is not None:
                return redirect(f"/dashboards/{home}")
        if not services.runtime.call(services.events.events, EventFilter(), limit=1):
            return _first_run(services, {})
        span = request.args.get("range", "15m")
        chosen = span if span in RANGES_MS else "15m"
        return render_template("overview/overview.html", **in_thread(services.runtime, _content, services, chosen))

    @pages.post("/first-token")
    @require("admin")
    def first_token() -> ResponseReturnValue:
        make = partial(services.accounts.tokens.create, FIRST_SENDER, "ingest")
        _, token = services.runtime.call(services.audit.made, current_actor(), ISSUED, make)
        return _first_run(services, {"token": token})

    return pages


def _first_run(services: Services, made: dict[str, str]) -> ResponseReturnValue:
    """How to send the first job; with the token that was `made` for it, which is seen this once."""
    settings = services.settings
    moment = rfc3339(services.clock.now_ms())
    shown = snippets(settings.public_url, settings.websocket_path, moment)
    may_make = current_principal().may("admin")
    return render_template("overview/first_run.html", address=settings.public_url, may_make=may_make, **shown, **made)


def _content(services: Services, chosen: str) -> dict[str, Any]:
    """All that the page shows; runs in a real thread."""
    since = services.events.reach().newest
    now_ms = services.clock.now_ms()
    running = services.events.jobs(JobFilter(statuses=RUNNING), limit=ROWS)
    charts = _charts(services, chosen, now_ms)
    return {
        "ranges": tuple(RANGES_MS),
        "chosen": chosen,
        "charts": charts,
        "figures": services.figures.current(),
        "counts": services.events.job_counts(JobFilter()),
        "jobs": [job_json(job, services.figures.job_rate(job.id), now_ms) for job in running],
        "alerts": latest(services.alerts, ALERTS),
        "blank": job_json(Job(id="", sender_id=0, created_at=now_ms), None, now_ms),
        "page": {
            "now": now_ms,
            "since": since,
            "rows": ROWS,
            "api": f"/api/v1/jobs?status={','.join(RUNNING)}&limit={ROWS}",
            "jobs": [(job.id, job.items) for job in running],
            "charts": charts,
            "chartTemplate": figures.TEMPLATE,
            "chartConfig": figures.CONFIG,
        },
    }


def _charts(services: Services, chosen: str, now_ms: int) -> dict[str, Any]:
    span = RANGES_MS[chosen]
    asked: dict[str, Any] = {"from_ms": now_ms - span, "to_ms": now_ms + 1, "most": trends.MAX_POINTS}
    items = trends.of_sources(services.reader, SeriesQuery(name="items", **asked))
    cpu, used = (
        services.reader.query(SeriesQuery(name=f"system.{name}", **asked)) for name in ("cpu.usage", "memory.used")
    )
    shared = {"open": True, "span": span}
    rate, host = _items(items, _begin(items, cpu)), _host(services, cpu, used)
    return {
        "items": {
            **shared,
            "step": items.step_ms,
            "per": "second",
            "figure": rate,
            "blank": figures.is_blank(rate, counted=True),
        },
        "host": {
            **shared,
            "step": cpu.step_ms,
            "per": None,
            "figure": host,
            "blank": figures.is_blank(host, counted=False),
        },
    }


def _begin(*answers: Answer) -> int:
    """When the first of all values was measured: before it nobody knows that there was nothing. 0 if there is none."""
    lines = (line for answer in answers for line in answer.series)
    return min((at_ms for line in lines for at_ms, value in line.points if value is not None), default=0)


def _items(over: Answer, begin_ms: int) -> dict[str, Any]:
    first = max(0, bisect_left(over.times, begin_ms) - 1)  # one step earlier, so that a line rises from 0
    found = trends.by_source(over, SOURCES)
    named = [source for source in found if source != trends.OTHERS]
    traces = [
        Trace(source, source, f"--c{place + 1}", trends.per_second(found[source], over.step_ms)[first:])
        for place, source in enumerate(named)
    ]
    rest = trends.per_second(found.get(trends.OTHERS, [0.0] * len(over.times)), over.step_ms)
    name = gettext("others") if named else gettext("all jobs")
    traces.append(Trace(trends.OTHERS, name, f"--c{len(named) + 1}", rest[first:]))  # also where new sources go
    return figures.lines(list(over.times)[first:], traces, unit="/s", stacked=True)


def _host(services: Services, cpu: Answer, used: Answer) -> dict[str, Any]:
    total = services.figures.current()["system"]["memory"]["total"]
    memory = [value / total if value is not None and total else None for value in trends.measured(used)]
    traces = (
        Trace("cpu", gettext("CPU"), "--c1", _in_percent(trends.measured(cpu))),
        Trace("memory", gettext("Memory"), "--c2", _in_percent(memory)),
    )
    return figures.lines(list(cpu.times), traces, unit=" %")


def _in_percent(ratios: Sequence[float | None]) -> list[float | None]:
    return [None if ratio is None else round(ratio * 100, 1) for ratio in ratios]
