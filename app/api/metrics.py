"""``/api/v1/metrics``: figures over time, as they are now, and what each of them means."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, request

from app.accounts.access import require
from app.api.answers import answer
from app.api.sources import sources_of
from app.exports.tables import line_json, transformed
from app.metrics.catalogue import METRICS
from app.metrics.series import Answer
from app.services import Services


def blueprint(services: Services) -> Blueprint:
    """Lines, current figures and the catalogue."""
    metrics = Blueprint("metrics", __name__, url_prefix="/api/v1/metrics")

    @metrics.get("")
    @require("read")
    def lines() -> Response:
        return answer(answer_json(services.runtime.call(transformed, sources_of(services), request.args)))

    @metrics.get("/current")
    @require("read")
    def current() -> Response:
        return answer(services.figures.current())

    @metrics.get("/catalogue")
    @require("read")
    def catalogue() -> Response:
        return answer({"items": [asdict(metric) for metric in METRICS.values()], "next": None})

    return metrics


def answer_json(found: Answer) -> dict[str, Any]:
    """As the API shows it; times and steps in ms."""
    lines = [line_json(line) for line in found.series]
    return {"name": found.name, "unit": found.unit, "step": found.step_ms, "series": lines}
