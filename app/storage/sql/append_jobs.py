"""A batch's jobs: read or made before its events are stored, written after they were folded."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from itertools import compress
from operator import attrgetter, ne
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from app.storage.base import Event, Job
from app.storage.sql.job_lists import count_changes
from app.storage.sql.jobs_rows import insert_jobs, read_jobs, update_jobs
from app.storage.sql.rows import JOB_CHANGING, JOB_JSON

_job_of: Final = attrgetter("job_id")
_stored_of: Final[Callable[[Job], tuple[Any, ...]]] = attrgetter(*JOB_CHANGING)
_STATUS: Final = JOB_CHANGING.index("status")
_JSON: Final = [(name, JOB_CHANGING.index(name)) for name in JOB_JSON]


class Loaded(NamedTuple):
    """A batch's jobs, what the store holds of each, in the order of `JOB_CHANGING`, and which of them are new."""

    jobs: dict[str, Job]
    held: Mapping[str, tuple[Any, ...]]
    new: Set[str]


def load_jobs(connection: Connection, events: Sequence[Event], now_ms: int) -> Loaded:
    """Every job named in the batch; an unknown one is made and belongs to the sender of its first event."""
    names = dict.fromkeys(map(_job_of, events))
    names.pop("", None)
    jobs = read_jobs(connection, list(names)) if names else {}
    new: dict[str, Job] = {}
    if len(jobs) < len(names):
        for event in events:
            if event.job_id and event.job_id not in jobs and event.job_id not in new:
                new[event.job_id] = Job(event.job_id, event.sender_id, created_at=now_ms, last_event_at=now_ms)
        insert_jobs(connection, list(new.values()))
        jobs |= new
    return Loaded(jobs, {job_id: _stored_of(job) for job_id, job in jobs.items()}, new.keys())


def write_jobs(connection: Connection, changed: Mapping[str, Job], loaded: Loaded) -> None:
    """Write what has changed of the jobs, then count those that are new or have another status.

    Counting comes last: on Postgres it locks rows that whoever deletes a job locks after the job's own.
    """
    alike: defaultdict[tuple[str, ...], list[Job]] = defaultdict(list)
    for job_id, job in changed.items():
        alike[_changed(_stored_of(job), loaded.held[job_id])].append(job)
    moves = Counter(loaded.held[job_id][_STATUS] for job_id in loaded.new)
    for names, some in alike.items():
        written = update_jobs(connection, names, some) if names else ()
        if "status" in names:
            moves.update(job.status for job in written)
            moves.subtract(loaded.held[job.id][_STATUS] for job in written)
    count_changes(connection, moves)


def _changed(now: tuple[Any, ...], held: tuple[Any, ...]) -> tuple[str, ...]:
    """The columns in which they differ; JSON does so too where Python finds it alike, as `true` and `1`."""
    names = tuple(compress(JOB_CHANGING, map(ne, now, held)))
    alike = [(name, now[at], held[at]) for name, at in _JSON if now[at] is not held[at] and name not in names]
    return (*names, *(name for name, one, other in alike if json.dumps(one) != json.dumps(other)))
