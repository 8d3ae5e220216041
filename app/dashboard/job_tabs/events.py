"""Every event of a job as it is stored, newest first, by type."""

from typing import Any, Final

from app import queries
from app.dashboard.job_tabs import log
from app.dashboard.job_tabs.base import Look
from app.dashboard.wording import shown, whole
from scrapewatch.events import EVENTS

ROWS: Final = 50


def content(look: Look) -> dict[str, Any]:
    """A page of them; `line` names the newest that is shown, so that one event has an address."""
    wanted = queries.event_filter({"type": look.query.get("type")}, look.now_ms, look.job.id)
    line = look.cursor("line")
    before = queries.before(look.query.args) if line is None else line + 1
    counts = log.counted(look, ())
    found = look.services.search.search(wanted, before=before, limit=ROWS)
    return {
        "events": [{**shown(event), "whole": whole(shown(event))} for event in found.events],
        "types": tuple(EVENTS),
        "line": line,
        "counts": counts,
        "page": {"type": look.query.get("type"), "events": counts.total},
        "next": queries.onward(found.before),
    }
