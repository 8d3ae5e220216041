"""Pins: somebody says that a job's events are to be kept, and its history tells who that was."""

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, Final, Protocol

from app.storage.base import Job, Outcome

PIN: Final = "job_pinned"
UNPIN: Final = "job_unpinned"


class Door(Protocol):
    """How the server says something of a job."""

    def say(self, sender_id: int, event_type: str, job_id: str, data: Mapping[str, Any]) -> Future[Outcome]:
        """Store an event under the job's sender."""
        ...


def pin(door: Door, job: Job, *, pinned: bool, by: str) -> None:
    """Pin a job or take its pin away, and wait until that is stored; nothing, if it is so already.

    Raises:
        Unavailable: nothing was changed.
    """
    if job.pinned != pinned:
        door.say(job.sender_id, PIN if pinned else UNPIN, job.id, {"by": by}).result()
