"""What happened while lines were drawn, as marks at its moment: jobs that began or failed, alerts that fired."""

from typing import Any, Final

from app.dashboard.figures import verbatim
from app.dashboard.panels.base import Look
from app.dashboard.wording import shown
from app.storage.base import EventFilter

MOST: Final = 40
TOKENS: Final = {
    "job_started": "--quiet",
    "job_failed": "--failed",
    "job_lost": "--lost",
    "system_alert": "--stalled",
}
"""The types of events that are marked, each with its colour."""


def marks(look: Look) -> list[dict[str, Any]]:
    """The newest `MOST` within the panel's span: `at` in ms, `token` and `text`; none unless the page asks for them."""
    if not look.view.with_marks:
        return []
    from_ms, to_ms = look.span
    wanted = EventFilter(of=look.runs, types=tuple(TOKENS), from_ms=from_ms, to_ms=to_ms)
    found = [(event.at_ms, shown(event)) for event in look.services.events.events(wanted, limit=MOST)]
    return [
        {"at": at_ms, "token": TOKENS[event["type"]], "text": verbatim(f"{event['jobId']} {event['headline']}".strip())}
        for at_ms, event in found
    ]
