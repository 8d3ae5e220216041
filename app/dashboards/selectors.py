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
    return [one for one, _ in named(panel)]


def named(panel: Panel) -> list[tuple[Selector, str]]:
    """The same, each with the path of the field that names it.

    Raises:
        InvalidInput: one can't be read.
    """
    query, listed = f"{panel.path}.data.query", f"{panel.path}.options.chart.data.metrics"
    texts = {f"{listed}[{at}]": text for at, text in enumerate(panel.chart.metrics if panel.chart else ())}
    found = [(parse(text, field), field) for field, text in texts.items()]
    asked = parse(panel.query, query) if panel.query.strip() else None
    if asked is None:
        return found or [(Selector(name, {}), query) for name in DEFAULTS]
    if asked.name not in {one.name for one, _ in found}:
        found.insert(0, (Selector(asked.name, {}), query))
    return [(Selector(one.name, {**asked.where, **one.where}), field) for one, field in found]
