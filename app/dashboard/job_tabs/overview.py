"""The first tab: two charts over the run, the newest lines, items and errors of this attempt, and what they come to."""

from typing import Any, Final

from app.dashboard import figures, trends
from app.dashboard.figures import Trace
from app.dashboard.job_tabs import errors, items
from app.dashboard.job_tabs.base import Look
from app.dashboard.language import gettext
from app.dashboard.wording import LOGGED, item, shown
from app.jobs.fold import ENDED
from app.metrics.resolution import Span, grid
from app.storage.base_series import RAW_MS

LOG_LINES: Final = 50
ITEMS: Final = 20
ERRORS: Final = 20
"""About twice what is seen of each without scrolling; the whole is a tab away, and what comes now is added."""

POINTS: Final = 180
"""Of a chart, which has half the width of the page."""


def content(look: Look) -> dict[str, Any]:
    """What stands there before its script goes on from the job's last cursor."""
    drawn = charts(look)
    found_items, found_errors = look.part((items.TYPE,), ITEMS), look.part(("error",), ERRORS)
    return {
        "log": [shown(event) for event in reversed(look.newest(LOGGED, LOG_LINES))],
        "items": [item(shown(event)) for event in found_items.events],
        "errors": [shown(event) for event in found_errors.events],
        "items_lie_back": bool(look.job.items) and found_items.before is not None,
        "errors_lie_back": bool(look.job.errors) and found_errors.before is not None,
        "charts": drawn,
        **errors.top(look),
        **items.top(look),
        "page": {"charts": drawn, "chartTemplate": figures.TEMPLATE, "chartConfig": figures.CONFIG},
    }


def charts(look: Look) -> dict[str, Any]:
    """Items per second, and requests and errors, over the run."""
    job, now_ms = look.job, look.now_ms
    begin = (job.started_at or job.created_at) - RAW_MS  # one step earlier, so that a line rises from 0
    end = max(job.finished_at or now_ms, begin + RAW_MS)
    over = grid(Span(from_ms=begin, to_ms=end + 1, most=POINTS), now_ms)
    shared = {"step": over.step_ms, "open": job.status not in ENDED, "span": None}
    labels = {"job": job.id[:200]}

    def gained(name: str) -> list[float]:
        return trends.counted(look.services.reader, name, labels, over)

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
