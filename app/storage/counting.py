"""How many events or jobs there were over time, for stores that go through them one by one: see `Counted`."""

from collections import Counter
from collections.abc import Iterable
from itertools import islice

import msgspec

from app.storage.base import Event, Job
from app.storage.base_counts import Counted, Kind
from app.storage.base_series import Cells


def count_events(wanted: Iterable[Event], over: Cells, most: int, held: int) -> Counted:
    """Of events, newest first, by type, level and severity; `held` is how many there are at most."""
    return _count(((event.at_ms, (event.type, event.level, severity(event))) for event in wanted), over, most, held)


def count_jobs(wanted: Iterable[Job], over: Cells, most: int, held: int) -> Counted:
    """Of jobs, newest first, by status."""
    return _count(((began(job), (job.status,)) for job in wanted), over, most, held)


def began(job: Job) -> int:
    """When it did."""
    return job.created_at if job.started_at is None else job.started_at


def _count(told: Iterable[tuple[int, Kind]], over: Cells, most: int, held: int) -> Counted:
    within = (
        (kind, cell) for at_ms, kind in told if 0 <= (cell := (at_ms - over.from_ms) // over.step_ms) < over.steps
    )
    cells = Counter(islice(within, most))
    counted = cells.total()
    return Counted(cells, counted if counted < most else held)


def severity(event: Event) -> str | None:
    """What an alert says of how severe it is; None for other events."""
    said = msgspec.json.decode(event.data).get("severity") if event.type == "system_alert" else None
    return said if isinstance(said, str) else None
