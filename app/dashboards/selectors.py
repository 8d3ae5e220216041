"""Which series a panel of metrics means: by its query, by its chart's list, or by both."""

from typing import Final

from app.dashboards.config import Panel
from app.metrics.selector import Selector, parse

DEFAULTS: Final = ("jobs.active", "performance.itemsPerSecond", "performance.successRate")
"""What a panel shows that names no metric."""


def selectors(panel: Panel) -> list[Selector]:
    """One a metric, in the order in which they are drawn.

    The metrics of the chart come as they are listed; a query adds its own if it is not among them, and its labels
    narrow them all. A panel with neither shows `DEFAULTS`.

    Raises:
        InvalidInput: one can't be read.
    """
    listed = [
        parse(text, f"{panel.path}.options.chart.data.metrics[{at}]")
        for at, text in enumerate(panel.chart.metrics if panel.chart else ())
    ]
    asked = parse(panel.query, f"{panel.path}.data.query") if panel.query.strip() else None
    if asked is None:
        return listed or [Selector(name, {}) for name in DEFAULTS]
    if asked.name not in {one.name for one in listed}:
        listed.insert(0, Selector(asked.name, {}))
    return [Selector(one.name, {**asked.where, **one.where}) for one in listed]
