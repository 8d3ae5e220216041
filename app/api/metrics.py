"""``/api/v1/metrics``: the figures as they are now, and what each of them means."""

from dataclasses import asdict

from flask import Blueprint, Response

from app.accounts.access import require
from app.api.answers import answer
from app.metrics.catalogue import METRICS
from app.services import Services


def blueprint(services: Services) -> Blueprint:
    """Current figures and the catalogue."""
    metrics = Blueprint("metrics", __name__, url_prefix="/api/v1/metrics")

    @metrics.get("/current")
    @require("read")
    def current() -> Response:
        return answer(services.figures.current())

    @metrics.get("/catalogue")
    @require("read")
    def catalogue() -> Response:
        return answer({"items": [asdict(metric) for metric in METRICS.values()], "next": None})

    return metrics
