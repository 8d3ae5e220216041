"""What can be told of a dashboard before it is shown: whether its queries can be read at all."""

from collections.abc import Callable, Collection

from app.core.errors import InvalidInput
from app.dashboards import filters
from app.dashboards.config import Board, Panel
from app.dashboards.selectors import selectors
from app.metrics import transforms
from app.metrics.catalogue import METRICS


def check(board: Board, names: Callable[[], Collection[str]]) -> None:
    """See that every panel's query can be read and names metrics that there are.

    `names` gives those that users have sent.

    Raises:
        InvalidInput: for the path of the field, naming the word that can't be used.
    """
    unknown: dict[str, str] = {}
    for panel in board.panels:
        unknown.update(_unknown(panel))
    sent = names() if unknown else ()
    for name, field in unknown.items():
        if name not in sent:
            raise InvalidInput(f"names {name}: no such metric is measured, and none was sent so far", field=field)


def _unknown(panel: Panel) -> dict[str, str]:
    """Names that are not in the catalogue, each with the path of its field."""
    query = f"{panel.path}.data.query"
    if panel.source != "metrics":
        filters.parse(panel.query, panel.source, query)
        return {}
    listed = f"{panel.path}.options.chart.data.metrics"
    texts = panel.chart.metrics if panel.chart else ()
    transforms.parse(panel.transform, f"{panel.path}.data.transform")
    found = {}
    for one in selectors(panel):
        if one.name not in METRICS:
            at = next((place for place, text in enumerate(texts) if one.name in text), None)
            found[one.name] = query if at is None else f"{listed}[{at}]"
    return found
