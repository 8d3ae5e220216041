"""Panels of a dashboard: one file a type, one row in `PANELS`.

base      what a panel is handed, and what it gives
answers   series, as they are asked for        readings  lines over time, from any source
rows      jobs, events, alerts, newest first   units     figures as people read them
marks     what happened while lines were drawn      axes      lines of several units in one chart

To add a type: a file with `content(look)`, a template ``dashboards/panels/<type>.html``, its word in
`app.dashboards.config.TYPES`, and a row below.
"""

from collections.abc import Mapping
from typing import Final

from app.dashboard.panels import chart, log, stats, table
from app.dashboard.panels.base import Content, Look

PANELS: Final[Mapping[str, Content]] = {
    "chart": chart.content,
    "table": table.content,
    "stats": stats.content,
    "log": log.content,
}
__all__ = ["PANELS", "Look"]
