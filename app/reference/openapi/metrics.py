"""Figures over time and now, and the catalogue of them."""

from typing import Final

from app.metrics.resolution import MAX_POINTS
from app.reference.openapi.operation import Answer, Operation, Part, told
from app.reference.openapi.parameters import OF_LINES
from app.reference.shapes import (
    AMOUNT,
    COUNT,
    NUMBER,
    RATIO,
    TEXT,
    TEXTS_BY_NAME,
    Schema,
    about,
    listed,
    maybe,
    one_of,
    page_of,
    ref,
    thing,
)

LINE: Final[Schema] = thing(
    {
        "labels": TEXTS_BY_NAME,
        "points": listed(
            {
                "type": "array",
                "prefixItems": [{"type": "integer"}, maybe(NUMBER)],
                "minItems": 2,
                "maxItems": 2,
                "description": "time in ms, value; null where nothing was measured",
            },
            most=MAX_POINTS,
        ),
    }
)
_LINES: Final[Schema] = thing({"name": TEXT, "unit": TEXT, "step": about(COUNT, "ms"), "series": listed(ref("Line"))})
_METRIC: Final[Schema] = thing(
    {
        "name": TEXT,
        "unit": TEXT,
        "kind": one_of(("gauge", "counter")),
        "help": TEXT,
        "labels": listed(TEXT),
        "samples": about(TEXT, "the metric that tells from how many samples this one is made"),
    }
)
CURRENT: Final[Schema] = thing(
    {
        "system": thing(
            {
                "cpu": thing({"usage": RATIO, "load": listed(AMOUNT, least=3, most=3)}),
                "memory": thing({"used": COUNT, "total": COUNT, "free": COUNT}),
                "network": thing({"requestsPerSecond": AMOUNT, "bytesTransferred": COUNT}),
                "workers": thing({"active": COUNT, "idle": COUNT, "maxConcurrency": COUNT}),
            }
        ),
        "scraping": thing(
            {
                "jobs": thing({"active": COUNT, "queued": COUNT, "completed": COUNT, "failed": COUNT}),
                "performance": thing({"averageJobDuration": AMOUNT, "itemsPerSecond": AMOUNT, "successRate": RATIO}),
                "resources": thing({"proxyUsage": RATIO, "bandwidthUsed": COUNT}),
            }
        ),
    }
)

PART: Final = Part(
    name="Metrics",
    about="Figures that are measured, and those that scrapers send. Sizes are bytes, durations ms, ratios 0 to 1.",
    operations={
        "GET /api/v1/metrics": Operation(
            summary="Read a metric over time",
            parameters=OF_LINES,
            answers={200: told(f"A line for each set of labels, of {MAX_POINTS:,} points at most.", ref("Lines"))},
        ),
        "GET /api/v1/metrics/current": Operation(
            summary="Read what is measured now",
            answers={
                200: told("SystemMetrics and ScrapingMetrics; 0 for what was not measured.", ref("CurrentMetrics"))
            },
        ),
        "GET /api/v1/metrics/catalogue": Operation(
            summary="List the metrics that there are", answers={200: told("All of them.", page_of(ref("Metric")))}
        ),
        "GET /metrics": Operation(
            summary="Scrape the server's figures",
            about="For Prometheus; see docs/prometheus.md.",
            answers={200: Answer(about="All families.", content={"text/plain": TEXT})},
        ),
    },
    schemas={"Line": LINE, "Lines": _LINES, "Metric": _METRIC, "CurrentMetrics": CURRENT},
)
