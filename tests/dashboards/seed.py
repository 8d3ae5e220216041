"""Configurations that tests begin with: one with a panel of each type and a chart of each kind."""

from typing import Any


def chart(kind: str = "line", *metrics: str) -> dict[str, Any]:
    """A ChartConfig."""
    return {
        "type": kind,
        "data": {
            "metrics": list(metrics or ("performance.itemsPerSecond",)),
            "timeRange": 3_600_000,
            "aggregation": "sum" if "items" in metrics else "avg",
        },
        "display": {
            "title": "Items per second",
            "axes": {"x": {"label": "time"}, "y": {"label": "items"}},
            "legend": True,
        },
    }


def panel(name: str, kind: str = "chart", source: str = "metrics", **more: Any) -> dict[str, Any]:
    """A panel; `more` are fields of it."""
    options = {"chart": chart()} if kind == "chart" else {}
    return {"id": name, "type": kind, "title": name, "data": {"source": source}, "options": options, **more}


def config(*panels: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A DashboardConfig of those panels; `more` are fields beside layout and theme."""
    return {
        "layout": {"panels": list(panels), "refresh": 5_000},
        "theme": {"dark": True, "colors": {"primary": "#0d8c94"}},
        **more,
    }


def full() -> dict[str, Any]:
    """Every type of panel and every kind of chart, with fields of the writer's own."""
    return config(
        panel("line", options={"chart": chart("line"), "note": {"by": ["zoe", 1, 1.5, None, True]}}),
        panel("bar", options={"chart": chart("bar", "items")}),
        panel("gauge", options={"chart": chart("gauge", "system.cpu.usage")}),
        panel("jobs", "table", "jobs", data={"source": "jobs", "query": "status:running,failed vintage"}),
        panel("rate", "stats", data={"source": "metrics", "query": "performance.itemsPerSecond"}),
        panel("events", "log", "events", data={"source": "events", "query": "level:warning"}),
        name="Shop prices",
    )
