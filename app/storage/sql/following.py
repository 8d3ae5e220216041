"""What all processes commit, read from the database by its cursor; see `app.storage.base_following.Following`.

A commit is made again of its rows. What is not kept there is told from how the jobs stood the last time: whether they
have news, and how many attempts began. Of a job that was not heard of since this process began to follow, its events
alone say so.
"""

from collections import OrderedDict
from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, func, select

from app.storage.base import Commit, Job
from app.storage.base_following import ELSEWHERE
from app.storage.sql.bodies import read_events
from app.storage.sql.database import Database
from app.storage.sql.events_tables import events
from app.storage.sql.jobs_rows import read_jobs
from app.storage.sql.rows import EVENTS
from scrapewatch.events import EVENTS as TYPES

AT_ONCE: Final = 1_000
"""Events of one commit at most."""
_REMEMBERED: Final = 50_000
"""Jobs of which it is known how they stood."""

_OPAQUE: Final = frozenset(name for name, kind in TYPES.items() if kind.opaque)
_job_of: Final = attrgetter("job_id")


class _Stood(NamedTuple):
    """How a job stood: what of it is news when it is otherwise, and how many attempts had begun."""

    figures: tuple[object, ...]
    attempts: int


class SqlFollowing:
    """The `Following` of one process. Used by one thread at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._after = 0
        self._stood: OrderedDict[str, _Stood] = OrderedDict()

    def begin(self) -> int:
        """See `Following`."""
        newest = self._database.read(lambda connection: connection.scalar(select(func.max(events.c.cursor))))
        self._after = newest or 0
        return self._after

    def next(self) -> Commit | None:
        """See `Following`."""
        commit = self._database.read(self._read)
        if commit is not None:
            self._after = commit.events[-1].cursor
        return commit

    def _read(self, connection: Connection) -> Commit | None:
        found = read_events(connection, _after(self._after))
        if not found:
            return None
        names = list(dict.fromkeys(filter(None, map(_job_of, found))))
        jobs = read_jobs(connection, names) if names else {}
        tails = _tails(connection, list(jobs.values()), found[0].cursor)
        for event in found:
            if event.type in _OPAQUE:
                event.body = None
        telling = {event.job_id for event in found if not TYPES[event.type].quiet}
        for job in jobs.values():
            job.origin = ELSEWHERE
            self._compare(job, found[0].cursor, is_told=job.id in telling)
        return Commit([], found, list(jobs.values()), self._after, tails)

    def _compare(self, job: Job, first_cursor: int, *, is_told: bool) -> None:
        """Fill in what the commit has changed of the job."""
        now = _Stood((job.done, job.items_reported, job.totals.get("requests")), _attempts(job))
        before = self._stood.pop(job.id, None)
        if before is None:
            job.news = True
            job.begun = int(job.started_at is not None and job.first_cursor >= first_cursor)
        else:
            job.news = is_told or now.figures != before.figures
            job.begun = max(0, now.attempts - before.attempts)
        self._stood[job.id] = now
        if len(self._stood) > _REMEMBERED:
            self._stood.popitem(last=False)


def _attempts(job: Job) -> int:
    return job.attempt - (job.started_at is None)


def _after(cursor: int) -> Select[Any]:
    return EVENTS.where(events.c.cursor > cursor).order_by(events.c.cursor).limit(AT_ONCE)


def _tails(connection: Connection, jobs: Sequence[Job], first_cursor: int) -> dict[str, int]:
    """Of each job the cursor of its last event before that one; one step into an index for each."""
    if not jobs:
        return {}
    statement = (
        "SELECT w.key, (SELECT max(e.cursor) FROM events e WHERE e.job_key = w.key AND e.cursor < %s)"
        " FROM unnest(%s::bigint[]) AS w(key)"
    )
    rows = connection.exec_driver_sql(statement, (first_cursor, [job.key for job in jobs])).all()
    found: dict[int, int | None] = dict(iter(rows))
    return {job.id: found[job.key] or 0 for job in jobs}
