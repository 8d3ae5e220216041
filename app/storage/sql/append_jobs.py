"""A batch's jobs: read or made before its events are stored, written after they were folded.

What indexes hold of a job hardly ever changes, and writing it means writing them; so it is left alone if it can be.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update

from app.storage.base import Event, Job
from app.storage.sql.events_tables import jobs as jobs_table
from app.storage.sql.job_lists import count_changes
from app.storage.sql.rows import job_of, job_values

_INDEXED: Final = ("status", "source", "query")
_JOBS = select(jobs_table).where(jobs_table.c.id.in_(bindparam("ids", expanding=True)))
_UPDATE = update(jobs_table).where(jobs_table.c.key == bindparam("b_key"))
_indexed_of = attrgetter(*_INDEXED)
_job_of = attrgetter("job_id")

Held = Mapping[str, tuple[Any, ...]]
"""What the indexes hold of each job."""


def load_jobs(connection: Connection, events: Sequence[Event], now_ms: int) -> dict[str, Job]:
    """Every job named in the batch; an unknown one is made and belongs to the sender of its first event."""
    names = set(map(_job_of, events)) - {""}
    jobs = {row.id: job_of(row) for row in connection.execute(_JOBS, {"ids": list(names)})} if names else {}
    if len(jobs) == len(names):
        return jobs
    made: Counter[str] = Counter()
    for event in events:
        if event.job_id and event.job_id not in jobs:
            job = Job(id=event.job_id, sender_id=event.sender_id, created_at=now_ms, last_event_at=now_ms)
            values = {"id": job.id, "sender_id": job.sender_id, "created_at": now_ms, **job_values(job)}
            job.key = connection.execute(insert(jobs_table).values(**values).returning(jobs_table.c.key)).scalar_one()
            jobs[job.id] = job
            made[job.status] += 1
    count_changes(connection, made)
    return jobs


def held_of(jobs: Mapping[str, Job]) -> Held:
    """As they stand now."""
    return {job_id: _indexed_of(job) for job_id, job in jobs.items()}


def write_jobs(connection: Connection, changed: Mapping[str, Job], held: Held) -> None:
    """Write jobs that have changed since `held` was told, and count those whose status has."""
    moves: Counter[str] = Counter()
    whole, rest = [], []
    for job_id, job in changed.items():
        values = {"b_key": job.key, **job_values(job)}
        if _indexed_of(job) == held[job_id]:
            for name in _INDEXED:
                del values[name]
            rest.append(values)
            continue
        whole.append(values)
        before: str = held[job_id][0]
        if job.status != before:
            moves[job.status] += 1
            moves[before] -= 1
    for some in filter(None, (whole, rest)):
        connection.execute(_UPDATE, some)
    count_changes(connection, moves)
