"""The dashboards that come along, in the page's language: their names, their panels' titles, their axes' labels.

They are kept and exported as they stand in their files, shown in the language of who looks, and cloned on a page as
they are shown there. `extract` is how ``babel.cfg`` finds those texts.
"""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any, BinaryIO, Final

from app.dashboard.language import gettext
from app.dashboards.config import Board, Chart, Panel
from app.storage.base_dashboards import Dashboard

ORIGIN: Final = "shipped"


def named(dashboard: Dashboard) -> Dashboard:
    """The dashboard by the name that the page calls it."""
    return replace(dashboard, name=_said(dashboard.name)) if dashboard.origin == ORIGIN else dashboard


def titled(board: Board) -> Board:
    """The board with all that is written on it in the page's language."""
    return replace(board, panels=tuple(_panel(panel) for panel in board.panels))


def as_shown(dashboard: Dashboard) -> Dashboard:
    """The dashboard with its name and its configuration in the page's language, as a page shows it."""
    if dashboard.origin != ORIGIN:
        return dashboard
    config = deepcopy(dict(dashboard.config))
    for panel in config["layout"]["panels"]:
        panel["title"] = _said(panel["title"])
        if "chart" in panel["options"]:
            display = panel["options"]["chart"]["display"]
            display["title"] = _said(display["title"])
            for axis in display["axes"].values():
                axis["label"] = _said(axis["label"])
    return replace(dashboard, name=_said(dashboard.name), config=config)


def extract(file: BinaryIO, _keywords: object, _tags: object, options: object) -> Iterator[tuple[Any, ...]]:  # noqa: ARG001 - Babel names it
    """The texts of a file, as Babel asks its extractors for them: line, function, text, comments."""
    config = json.load(file)
    panels = config["layout"]["panels"]
    displays = [panel["options"]["chart"]["display"] for panel in panels if "chart" in panel["options"]]
    labels = [axis["label"] for display in displays for axis in display["axes"].values()]
    texts = [config["name"], *(one["title"] for one in [*panels, *displays]), *labels]
    return ((1, "", text, []) for text in dict.fromkeys(texts) if text)


def _panel(panel: Panel) -> Panel:
    return replace(panel, title=_said(panel.title), chart=_chart(panel.chart) if panel.chart else None)


def _chart(chart: Chart) -> Chart:
    return replace(chart, title=_said(chart.title), x_label=_said(chart.x_label), y_label=_said(chart.y_label))


def _said(text: str) -> str:
    """Nothing stays nothing: to gettext an empty text is the catalogue's own head."""
    return gettext(text) if text else ""
