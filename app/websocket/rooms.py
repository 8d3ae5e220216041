"""The rooms of ``/live``, by the names that a reader asks for; made here and nowhere else."""

from typing import Any, Final

from app.core.errors import InvalidInput
from app.storage.base import EventFilter
from scrapewatch.events import MAX_JOB_ID

FIXED: Final = ("jobs", "alerts", "metrics", "events")
WALL: Final = ("alerts", "metrics")
"""What a dashboard on a wall may hear."""

_JOB: Final = "job:"


def job_room(job_id: str) -> str:
    """The room of one job."""
    return _JOB + job_id


def wanted_room(payload: Any) -> str:
    """The room that a `subscribe` asks for: ``{"jobId": …}`` or ``{"room": …}``.

    Raises:
        InvalidInput: it asks for none that exists; a job need not be known yet.
    """
    if not isinstance(payload, dict):
        raise InvalidInput("must be an object")
    if "jobId" in payload:
        return job_room(_job_id(payload["jobId"], "jobId"))
    room = payload.get("room")
    if room in FIXED:
        return str(room)
    if isinstance(room, str) and room.startswith(_JOB):
        return job_room(_job_id(room[len(_JOB) :], "room"))
    raise InvalidInput("must be one of %(known)s or job:<id>", known=", ".join(FIXED), field="room")


def room_filter(room: str) -> EventFilter | None:
    """Which stored events a room is made of; None for rooms of figures, which can't be replayed."""
    if room.startswith(_JOB):
        return EventFilter(job_id=room[len(_JOB) :])
    return {"events": EventFilter(), "alerts": EventFilter(types=("system_alert",))}.get(room)


def _job_id(value: Any, field: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_JOB_ID or not value.isprintable():
        raise InvalidInput("must be a printable text of 1 to %(most)s characters", most=MAX_JOB_ID, field=field)
    return value
