"""What can be told of a dashboard before it is shown: whether its queries can be read at all."""

from app.dashboards import filters
from app.dashboards.config import Board, Panel


def check(board: Board) -> None:
    """See that every panel's query can be read.

    Raises:
        InvalidInput: for the path of the field, naming the word that can't be used.
    """
    for panel in board.panels:
        _check_query(panel)


def _check_query(panel: Panel) -> None:
    if panel.source != "metrics":
        filters.parse(panel.query, panel.source, f"{panel.path}.data.query")
