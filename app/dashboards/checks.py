"""What can be told of a dashboard before it is shown: whether its queries can be read at all, and be answered."""

from collections.abc import Callable, Collection, Iterable

from app.core.errors import InvalidInput
from app.dashboards import filters
from app.dashboards.config import Board, Panel
from app.dashboards.selectors import named
from app.metrics import transforms
from app.metrics.catalogue import METRICS
from app.metrics.selector import Selector
from app.metrics.series import QUANTILES


def check(board: Board, names: Callable[[], Collection[str]]) -> None:
    """See that every panel's query can be read and names metrics that there are.

    `names` gives those that users have sent.

    Raises:
        InvalidInput: for the path of the field, naming the word that can't be used.
    """
    unknown = [one for panel in board.panels for one in _unknown(panel)]
    sent = names() if unknown else ()
    for name, field in unknown:
        if name not in sent:
            raise InvalidInput(
                "names %(name)s: no such metric is measured, and none was sent so far", name=name, field=field
            )


def _unknown(panel: Panel) -> list[tuple[str, str]]:
    """Names that are not in the catalogue, each with the path of its field."""
    transform = f"{panel.path}.data.transform"
    if panel.source != "metrics":
        filters.parse(panel.query, panel.source, f"{panel.path}.data.query")
        if panel.transform.strip():
            raise InvalidInput("is for metrics: there are no lines to change of other sources", field=transform)
        return []
    transforms.parse(panel.transform, transform)
    found = named(panel)
    _require_quantiles(panel, (one for one, _ in found))
    return [(one.name, field) for one, field in found if one.name not in METRICS]


def _require_quantiles(panel: Panel, asked: Iterable[Selector]) -> None:
    """A chart that asks for a quantile is of metrics that have some."""
    if panel.chart is None or panel.chart.aggregation not in QUANTILES:
        return
    for one in asked:
        if one.name in METRICS and METRICS[one.name].kind == "counter":
            field = f"{panel.path}.options.chart.data.aggregation"
            raise InvalidInput(
                "can't be %(aggregation)s of %(name)s: a counter has none",
                aggregation=panel.chart.aggregation,
                name=one.name,
                field=field,
            )
