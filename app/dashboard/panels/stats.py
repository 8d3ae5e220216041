"""Figures: the newest value of each metric, or how many jobs, events or alerts there are."""

from typing import Any, Final

from app.dashboard.panels import readings
from app.dashboard.panels.base import Look
from app.dashboard.panels.readings import Drawn
from app.dashboard.panels.units import measure

SPARK_POINTS: Final = 60
SPARK_WIDTH: Final = 100.0
SPARK_HEIGHT: Final = 22.0


def content(look: Look) -> dict[str, Any]:
    """`stats`: name, figure with its unit, and the points of a small line."""
    reading = readings.read(look, SPARK_POINTS)
    counted = look.panel.source != "metrics"
    return {"stats": [_stat(line) for line in reading.lines], "reading": reading, "counted": counted}


def _stat(line: Drawn) -> dict[str, Any]:
    return {"name": line.name, "figure": measure(readings.told(line), line.unit), "spark": spark(line.values)}


def spark(values: list[float | None]) -> str:
    """The path of a small line, ``M0 12 L…``; a gap lifts the pen."""
    known = [value for value in values if value is not None]
    if len(known) < 2 or len(values) < 2:
        return ""
    low, high = min(0.0, *known), max(known)
    span = (high - low) or 1.0
    steps = []
    pen = "M"
    for at, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        x = at * SPARK_WIDTH / (len(values) - 1)
        y = SPARK_HEIGHT - 1 - (value - low) / span * (SPARK_HEIGHT - 2)
        steps.append(f"{pen}{x:.1f} {y:.1f}")
        pen = "L"
    return " ".join(steps)
