"""``/api/v1/metrics``: figures over time, as they are now, and what each of them means."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, request

from app.accounts.access import require
from app.api.answers import answer
from app.metrics import transforms
from app.metrics.catalogue import METRICS
from app.metrics.piped import PipedReader
from app.metrics.series import Answer, Line
from app.queries import series_query
from app.services import Services


def blueprint(services: Services) -> Blueprint:
    """Lines, current figures and the catalogue."""
    metrics = Blueprint("metrics", __name__, url_prefix="/api/v1/metrics")
    piped = PipedReader(services.reader, services.events)

    @metrics.get("")
    @require("read")
    def lines() -> Response:
        asked = series_query(request.args, services.clock.now_ms())
        steps = transforms.parse(request.args.get("transform", ""))
        return answer(answer_json(services.runtime.call(piped.query, asked, steps)))

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


def line_json(line: Line) -> dict[str, Any]:
    """A line as the API shows it."""
    return {"labels": line.labels, "points": line.points}
