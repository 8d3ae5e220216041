"""``/api/v1/metrics``: figures over time, as they are now, and what each of them means."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, request

from app.accounts.access import require
from app.api.answers import answer
from app.metrics import transforms
from app.metrics.catalogue import METRICS
from app.metrics.piped import PipedReader
from app.metrics.series import Answer, Line, SeriesQuery
from app.queries import series_query
from app.services import Services


def blueprint(services: Services) -> Blueprint:
    """Lines, current figures and the catalogue."""
    metrics = Blueprint("metrics", __name__, url_prefix="/api/v1/metrics")

    @metrics.get("")
    @require("read")
    def lines() -> Response:
        asked = series_query(request.args, services.clock.now_ms())
        return answer(answer_json(transformed(services, asked, request.args)))

    @metrics.get("/current")
    @require("read")
    def current() -> Response:
        return answer(services.figures.current())

    @metrics.get("/catalogue")
    @require("read")
    def catalogue() -> Response:
        return answer({"items": [asdict(metric) for metric in METRICS.values()], "next": None})

    return metrics


def transformed(services: Services, asked: SeriesQuery, args: Mapping[str, str]) -> Answer:
    """The answer, through the pipe that `args` may give as `transform`.

    Raises:
        InvalidInput: naming the argument.
    """
    steps = transforms.parse(args.get("transform", ""))
    reader = PipedReader(services.reader.query, services.events, services.clock.now_ms())
    return services.runtime.call(reader.query, asked, steps)


def answer_json(found: Answer) -> dict[str, Any]:
    """As the API shows it; times and steps in ms."""
    lines = [line_json(line) for line in found.series]
    return {"name": found.name, "unit": found.unit, "step": found.step_ms, "series": lines}


def line_json(line: Line) -> dict[str, Any]:
    """A line as the API shows it."""
    return {"labels": line.labels, "points": line.points}
