"""Figures: the newest value of each metric, or how many jobs, events or alerts there are."""

from collections.abc import Mapping
from typing import Any, Final

from app.dashboard.panels import answers, readings
from app.dashboard.panels.base import Look
from app.dashboard.panels.readings import Drawn
from app.dashboard.panels.units import measure
from app.dashboards.selectors import selectors
from app.metrics.catalogue import METRICS

SPARK_POINTS: Final = 60
SPARK_WIDTH: Final = 100.0
SPARK_HEIGHT: Final = 22.0


def content(look: Look) -> dict[str, Any]:
    """`stats`: name, figure with its unit, and the points of a small line."""
    reading = readings.read(look, SPARK_POINTS)
    counted = look.panel.source != "metrics"
    now = {} if counted else _now(look)
    return {"stats": [_stat(line, now) for line in reading.lines], "reading": reading, "counted": counted}


def _stat(line: Drawn, now: Mapping[str, float]) -> dict[str, Any]:
    value = now.get(line.name, readings.told(line))
    return {
        "name": line.name,
        "title": line.title,
        "named": line.name != line.metric,
        "figure": measure(value, line.unit),
        "spark": spark(line.values),
    }


def _now(look: Look) -> dict[str, float]:
    """Figures of the whole house as they are at this moment, where these are what is asked for."""
    panel = look.panel
    if not look.view.is_live or panel.transform or "aggregation" in panel.options or panel.chart:
        return {}
    whole = {one.name for one in selectors(panel) if not one.where and one.name in METRICS}
    if look.view.variables:
        whole -= set(answers.MADE_OF)
    values = look.services.figures.values()
    return {name: values[name] for name in whole if name in values and METRICS[name].kind == "gauge"}


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
