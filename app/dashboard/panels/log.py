"""A log: a line for each row, newest first; of metrics, a line for each value."""

from typing import Any

from app.core.clock import rfc3339
from app.dashboard.panels import readings, rows
from app.dashboard.panels.base import Look
from app.dashboard.panels.readings import Reading
from app.dashboard.panels.units import measure


def content(look: Look) -> dict[str, Any]:
    """`lines`: `moment`, `level`, `job` and `text`; of metrics also their `reading`."""
    if look.panel.source == "metrics":
        reading = readings.read(look)
        return {"lines": _values(reading), "reading": reading}
    return {"lines": rows.read(look, rows.MOST_SHOWN)}


def _values(reading: Reading) -> list[dict[str, Any]]:
    told = [
        {
            "moment": rfc3339(at_ms),
            "level": "info",
            "job": "",
            "text": f"{line.title} {' '.join(measure(line.values[at], line.unit))}",
        }
        for at, at_ms in enumerate(reading.times)
        for line in reading.lines
        if line.values[at] is not None
    ]
    return told[: -rows.MOST_SHOWN - 1 : -1]
