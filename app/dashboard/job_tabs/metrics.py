"""The figures of a job over its run, or over a part of it: one moment marked on all charts, each also as a table.

Beside another run, that one's lines are laid over this one's as if both had begun at the same moment.
"""

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext

from app import queries
from app.core.errors import InvalidInput
from app.dashboard import figures
from app.dashboard.filters import number
from app.dashboard.job_tabs.base import Look
from app.dashboard.panels import base as panels
from app.dashboard.panels import chart
from app.dashboards.config import Chart, Panel
from app.jobs.fold import ENDED
from app.metrics.resolution import kept
from app.storage.base import Job
from app.storage.base_series import MINUTE_MS

LEAST_SPAN_MS: Final = MINUTE_MS
EARLIER: Final = chart.EARLIER

CHARTS: Final[Mapping[str, tuple[str, Any, str, tuple[str, ...]]]] = {
    "items": ("line", lazy_gettext("Items per second"), "rate", ("items",)),
    "answers": ("bar", lazy_gettext("Answers by status"), "groupBy(status)", ("responses",)),
    "errors": ("bar", lazy_gettext("Errors and failed requests"), "", ("errors", "requestsFailed", "requestsRetried")),
    "latency": ("line", lazy_gettext("Time to answer"), "", ("latency.p50", "latency.p95")),
    "requests": ("line", lazy_gettext("Requests per second"), "rate", ("requests",)),
    "bytes": ("line", lazy_gettext("Bytes received per second"), "rate", ("bytesReceived",)),
}
"""Name to kind, title, transform and metrics."""

COLOURS: Final[Mapping[str, Mapping[str, str]]] = {
    "answers": {"1xx": "--c3", "2xx": "--quiet", "3xx": "--c3", "4xx": "--stalled", "5xx": "--failed"},
    "errors": {"errors": "--failed", "requestsFailed": "--stalled", "requestsRetried": "--quiet"},
}
"""What has a status keeps its colour."""


def content(look: Look) -> dict[str, Any]:
    """The charts with their legends, for the span that the address names."""
    run = _measured(look)
    span = _span(look, run)
    drawn = {name: _drawn(look, look.job, name, span) for name in CHARTS}
    if look.other is not None:
        for name, one in drawn.items():
            _lay_over(one["chart"], _drawn(look, look.other, name, _moved(look, span)), look)
    charts = {name: one["chart"] for name, one in drawn.items()}
    return {
        "drawn": drawn,
        "titles": {name: title for name, (_, title, _, _) in CHARTS.items()},
        "span": span,
        "is_part": span != run,
        "tables": {name: _table(one) for name, one in charts.items()},
        "page": {
            "charts": charts,
            "grows": look.job.status not in ENDED and not look.query.get("to"),
            "chartTemplate": figures.TEMPLATE,
            "chartConfig": figures.CONFIG,
        },
    }


def whole(job: Job, now_ms: int) -> tuple[int, int]:
    """When a run began and ended, or now."""
    begin = job.started_at or job.created_at
    return begin, max(job.finished_at or (job.last_event_at if job.status in ENDED else now_ms), begin + LEAST_SPAN_MS)


def _measured(look: Look) -> tuple[int, int]:
    """The same from where the bucket begins in which it began: nothing else is counted there for a job."""
    begin, end = whole(look.job, look.now_ms)
    return begin - begin % kept(begin, look.now_ms), end


def _span(look: Look, run: tuple[int, int]) -> tuple[int, int]:
    begin, end = queries.span(look.query.args, look.now_ms)
    span = (run[0] if begin is None else begin, run[1] if end is None else end)
    if span[0] >= span[1]:
        raise InvalidInput("must be before to", field="from")
    return span


def _moved(look: Look, span: tuple[int, int]) -> tuple[int, int]:
    """The same part of the other run."""
    off = _offset(look)
    return span[0] - off, span[1] - off


def _offset(look: Look) -> int:
    """By how much the other run began earlier."""
    return 0 if look.other is None else whole(look.job, look.now_ms)[0] - whole(look.other, look.now_ms)[0]


def _drawn(look: Look, job: Job, name: str, span: tuple[int, int]) -> dict[str, Any]:
    kind, title, transform, metrics = CHARTS[name]
    options = Chart(
        type=kind, metrics=metrics, range_ms=span[1] - span[0], aggregation="avg" if kind == "line" else "sum"
    )
    panel = Panel(id=name, type="chart", title=title, source="metrics", path=name, transform=transform, chart=options)
    view = panels.View(
        now_ms=look.now_ms,
        from_ms=span[0],
        to_ms=span[1],
        variables={"job": job.id},
        colours=COLOURS.get(name, {}),
        with_marks=job is look.job,
    )
    return chart.content(panels.Look(panel=panel, view=view, services=look.services))


def _lay_over(mine: dict[str, Any], other: dict[str, Any], look: Look) -> None:
    """Put the other run's lines into the chart, drawn as those of an earlier time; bars would hide one another."""
    off, name = _offset(look), look.other.id if look.other else ""
    for trace in other["chart"]["figure"]["data"]:
        told = {**trace["meta"], "token": EARLIER, "key": f"{trace['meta']['key']} {name}"}
        line = {"type": "scatter", "mode": "lines", "hovertemplate": trace.get("hovertemplate")}
        times = [at + off for at in trace["x"]]
        named = f"{trace['name']} {figures.verbatim(name)}"
        mine["figure"]["data"].append({**line, "x": times, "y": trace["y"], "name": named, "meta": told})


def _table(drawn: Mapping[str, Any]) -> dict[str, Any]:
    """The newest figures as rows, for whoever has no script."""
    traces = [trace for trace in drawn["figure"]["data"] if trace["meta"]["token"] != EARLIER]
    times = traces[0]["x"] if traces else []
    rows = [(at, [number(trace["y"][place], 1) for trace in traces]) for place, at in enumerate(times)]
    return {"names": [trace["meta"]["name"] for trace in traces], "rows": rows[:-61:-1]}
