"""``/api/v1/jobs``: jobs, one job, its events; an id may hold slashes."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from app.accounts.access import current_actor, require
from app.api.answers import answer
from app.api.events import list_events
from app.audited import deleted, pinned_or_not
from app.core.errors import InvalidInput, NotFound
from app.core.shape import a_truth, decode
from app.jobs.view import detailed_json, job_json
from app.queries import before, job_filter, limit, next_page, path_id
from app.services import Services
from app.storage.base import Job


def blueprint(services: Services) -> Blueprint:
    """Reads for everyone who may read, pins for operators, DELETE for admins."""
    jobs = Blueprint("jobs", __name__, url_prefix="/api/v1/jobs")

    def shown(job: Job) -> dict[str, object]:
        return job_json(job, services.figures.job_rate(job.id), services.clock.now_ms())

    @jobs.get("")
    @require("read")
    def page() -> Response:
        wanted = job_filter(request.args, services.clock.now_ms())
        size = limit(request.args)
        found = services.runtime.call(services.events.jobs, wanted, before=before(request.args), limit=size)
        keys = [job.key for job in found]
        return answer({"items": [shown(job) for job in found], "next": next_page(keys, size)})

    @jobs.get("/<job_id:job_id>")
    @require("read")
    def one(job_id: str) -> Response:
        job = _known(services, job_id)
        figures, now_ms = services.figures, services.clock.now_ms()
        return answer(detailed_json(job, figures.job_rate(job.id), figures.job_pace(job.id), now_ms))

    @jobs.get("/<job_id:job_id>/events")
    @require("read")
    def events(job_id: str) -> Response:
        return list_events(services, _known(services, job_id).id)

    @jobs.patch("/<job_id:job_id>")
    @require("operate")
    def change(job_id: str) -> Response:
        pinned = _pinned(decode(request.get_data()))
        job = _known(services, job_id)
        services.runtime.call(pinned_or_not, services, current_actor(), job, pinned=pinned)
        return answer(shown(_known(services, job_id)))

    @jobs.delete("/<job_id:job_id>")
    @require("admin")
    def delete(job_id: str) -> Response:
        services.runtime.call(deleted, services, current_actor(), [_known(services, job_id).id])
        return Response(status=204)

    return jobs


def _pinned(change: Mapping[str, Any]) -> bool:
    """What a change says, of the one thing that may be changed."""
    unknown = next((name for name in change if name != "pinned"), None)
    if unknown is not None:
        raise InvalidInput("can't be changed", field=unknown)
    return a_truth(change.get("pinned"), "pinned")


def _known(services: Services, job_id: str) -> Job:
    job = services.runtime.call(services.events.job, path_id(job_id))
    if job is None:
        raise NotFound("There is no job %(job_id)r.", job_id=job_id)
    return job
