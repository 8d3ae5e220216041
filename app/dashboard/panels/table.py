"""A table: jobs, events or alerts newest first, or one row a series with its figures over the span."""

from typing import Any

from app.dashboard.panels import readings, rows
from app.dashboard.panels.base import Look
from app.dashboard.panels.readings import Drawn
from app.dashboard.panels.units import measure


def content(look: Look) -> dict[str, Any]:
    """`rows`: of `rows.Row`, or of series with `latest`, `mean`, `least` and `greatest`; then also their `reading`."""
    if look.panel.source == "metrics":
        reading = readings.read(look)
        return {"rows": [_series(line) for line in reading.lines], "reading": reading}
    return {"rows": rows.read(look, rows.MOST_SHOWN)}


def _series(line: Drawn) -> dict[str, Any]:
    known = [value for value in line.values if value is not None]
    return {
        "name": line.name,
        "title": line.title,
        "latest": measure(readings.latest(line), line.unit),
        "mean": measure(sum(known) / len(known) if known else None, line.unit),
        "least": measure(min(known, default=None), line.unit),
        "greatest": measure(max(known, default=None), line.unit),
    }
