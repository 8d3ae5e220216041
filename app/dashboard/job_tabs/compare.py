"""A run beside another one of the same spider: its figures side by side, and the errors that only one of them has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import lazy_gettext

from app.dashboard import rounded
from app.dashboard.filters import NOTHING, duration, number, percent, rate, size
from app.dashboard.job_rows import success
from app.dashboard.job_tabs.base import LEAST_MEAN_MS, Look
from app.dashboard.language import gettext
from app.dashboard.wording import STATUSES, is_number, part
from app.jobs.view import job_json
from app.storage.base import Job
from app.storage.base_groups import MOST_GROUPS, OTHERS

Figures = Mapping[str, float | None]


def _sized(value: float) -> str:
    return " ".join(size(value))


def _shared(value: float) -> str:
    return f"{percent(value, 1)} %"


def _in_ms(value: float) -> str:
    return f"{number(value)} ms"


def _in_points(hundredths: float) -> str:
    return gettext("%(n)s points", n=number(hundredths, 1))


def _hundredths(ratio: float) -> float:
    return rounded.percent(ratio, 1)


@dataclass(frozen=True, slots=True)
class _Row:
    """A figure that is compared: its name, how it is written, what is left of it then, and how a difference is.

    A difference is that of what is shown, and one of shares is told in points.
    """

    label: Any
    write: Callable[[float], str]
    left: Callable[[float], float]
    write_change: Callable[[float], str] | None = None


ROWS: Final[Mapping[str, _Row]] = {
    "items": _Row(lazy_gettext("Items"), number, rounded.number),
    "duration": _Row(lazy_gettext("Took"), duration, rounded.duration),
    "rate": _Row(lazy_gettext("Items per second"), rate, rounded.rate),
    "requests": _Row(lazy_gettext("Requests"), number, rounded.number),
    "answered": _Row(lazy_gettext("Answered"), _shared, _hundredths, _in_points),
    "retried": _Row(lazy_gettext("Retried requests"), number, rounded.number),
    "errors": _Row(lazy_gettext("Errors"), number, rounded.number),
    "bytes": _Row(lazy_gettext("Received"), _sized, rounded.size),
    "p50": _Row(lazy_gettext("Median latency"), _in_ms, rounded.number),
    "p95": _Row(lazy_gettext("Time to answer of 95 %"), _in_ms, rounded.number),
}
"""Figures that are compared, in their order."""


def content(look: Look) -> dict[str, Any]:
    """The figures of both; nothing where there is no other run to be beside."""
    other = look.other
    if other is None:
        return {"rows": [], "only_here": [], "only_there": []}
    mine, theirs = figures(look, look.job), figures(look, other)
    here, there = _titles(look, look.job), _titles(look, other)
    return {
        "rows": [_row(name, mine[name], theirs[name]) for name in ROWS],
        "states": [STATUSES[look.job.status], STATUSES[other.status]],
        "only_here": [title for key, title in here.items() if key not in there],
        "only_there": [title for key, title in there.items() if key not in here],
    }


def figures(look: Look, job: Job) -> Figures:
    """What there is of `ROWS`, None for what nobody told."""
    view = job_json(job, look.services.figures.job_rate(job.id), look.now_ms)
    requests, moved, latency = (part(job.totals, name) for name in ("requests", "bytes", "latency"))
    return {
        "items": job.items,
        "duration": view["duration"],
        "rate": job.items / view["duration"] * 1000 if (view["duration"] or 0) >= LEAST_MEAN_MS else None,
        "requests": _number(requests.get("total")),
        "answered": success(job),
        "retried": _number(requests.get("retried")),
        "errors": job.errors,
        "bytes": _number(moved.get("received")),
        "p50": _number(latency.get("p50")),
        "p95": _number(latency.get("p95")),
    }


def _row(name: str, mine: float | None, theirs: float | None) -> dict[str, Any]:
    row = ROWS[name]
    here, there = (NOTHING if value is None else row.write(value) for value in (mine, theirs))
    told = {"label": row.label, "here": here, "there": there, "change": NOTHING, "share": ""}
    if mine is None or theirs is None:
        return told
    base = row.left(theirs)
    off = rounded.number(row.left(mine) - base, 6)
    sign = "+" if off > 0 else "−" if off < 0 else "±"
    write_change = row.write_change or row.write
    share = f"{sign}{percent(abs(off / base))} %" if base and row.write_change is None else ""
    return {**told, "change": f"{sign}{write_change(abs(off))}", "share": share}


def _titles(look: Look, job: Job) -> dict[str, str]:
    """All groups of a run's errors by what makes them the same in every run; what is in none is told of neither."""
    groups = look.services.groups.of_job(job.id, limit=MOST_GROUPS + 1)
    return {one.fingerprint: one.title or one.kind for one in groups if one.fingerprint != OTHERS}


def _number(value: Any) -> float | None:
    return value if is_number(value) else None
