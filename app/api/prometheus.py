"""``/metrics``: the server's figures, and the scraping's by spider, in the text format of Prometheus."""

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, ProcessCollector, generate_latest

from app.accounts.access import require
from app.core.errors import Unavailable
from app.metrics.exposition import Exposition, Sources
from app.services import Services


def blueprint(services: Services) -> Blueprint:
    """One scrape."""
    prometheus = Blueprint("prometheus", __name__)
    registry = CollectorRegistry()
    registry.register(Exposition(lambda: _sources(services)))
    ProcessCollector(registry=registry)

    @prometheus.get("/metrics")
    @require("read")
    def scrape() -> Response:
        return Response(services.runtime.call(generate_latest, registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)

    return prometheus


def _sources(services: Services) -> Sources:
    """Everything there is; while the database is away, what can be told without it."""
    figures = services.figures
    try:
        status = services.status.read()
    except Unavailable:
        status = services.status.of_process()
    return Sources(
        status=status,
        values=figures.values(),
        spiders=figures.by_spider(),
        hosts=figures.by_host(),
        own=figures.own_by_spider(),
    )
