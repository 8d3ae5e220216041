"""Old events go, in slices: walks along the cursors pass each of them once, and leave those of jobs that are kept.

Two walks there are, one of all events and one of logs, which go earlier; a mark in `meta` says how far each has come:
up to there all is gone but what is kept. What was kept and is so no longer goes job by job; see `keeping`.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, and_, delete, func, not_, or_, select, update

from app.storage.base_keeping import Ages
from app.storage.sql.conditions import of_types
from app.storage.sql.database import Database
from app.storage.sql.events_tables import events, jobs
from app.storage.sql.keeping import is_kept, kept_among, kept_jobs, note_kept, receipts
from app.storage.sql.pace import Pace
from app.storage.sql.removal import delete_rows
from app.storage.sql.watermarks import moved_to, stands_at

T = TypeVar("T")
_LOOKS: Final = 20
"""Reads of as many events as may go, before what was only passed over is written down."""
_EVENTS: Final = "pruned"
_LOGS: Final = "pruned logs"


class Walk(NamedTuple):
    """Along which events, up to which time, and where it is written how far it has come."""

    mark: str
    before_ms: int
    conditions: Sequence[ColumnElement[bool]] = ()


class Stretch(NamedTuple):
    """Events that a walk has before it, in their order: cursors and keys of jobs."""

    events: Sequence[tuple[int, int]]


class Pruning:
    """Deletes old events of one database."""

    def __init__(self, database: Database, pace: Pace) -> None:
        self._database = database
        self._pace = pace

    def step(self, ages: Ages, limit: int) -> int:
        """Delete up to `limit` events; returns how many went, 0 when nothing is left that is to go."""
        if ages.is_none:
            return 0
        for walk in _walks(ages):
            if (back := self._database.read(partial(_too_far, walk=walk, ages=ages))) is not None:
                self._database.write(partial(moved_to, key=walk.mark, upto=back))
            while stretch := self._database.read(partial(_ahead, walk=walk, ages=ages, limit=limit)):
                pass_by = partial(_pass_by, walk=walk, stretch=stretch, troubled=ages.troubled)
                if gone := self._write(pass_by):
                    return gone
        while (job_key := self._database.read(partial(_released, ages=ages))) is not None:
            if gone := self._write(partial(_let_go, ages=ages, job_key=job_key, limit=limit)):
                return gone
        return 0

    def _write(self, work: Callable[..., T]) -> T:
        return self._database.write(self._pace.timed(work))


def _walks(ages: Ages) -> Iterator[Walk]:
    if ages.events_ms > 0:
        yield Walk(_EVENTS, ages.events_ms)
    yield Walk(_LOGS, ages.all_logs_ms, of_types(("log",)))


def _ahead(connection: Connection, walk: Walk, *, ages: Ages, limit: int) -> Stretch | None:
    """What the walk comes to next: up to `limit` events that may go, and those between them; None at its end."""
    found: list[tuple[int, int]] = []
    going = 0
    for row in receipts(connection, ages).old(_from_mark(connection, walk, ages.troubled, limit), walk.before_ms):
        if going == limit:
            break
        found.append((row.cursor, row.job_key))
        going += row.kept is None
    return Stretch(found) if found else None


def _from_mark(connection: Connection, walk: Walk, troubled: Sequence[str], limit: int) -> Iterator[Any]:
    """The events that the walk comes to next, of whatever age, and by `kept` which are not to go."""
    after = stands_at(connection, walk.mark)
    rows = select(events.c.cursor, events.c.job_key, events.c.received_ms, jobs.c.key.label("kept"))
    rows = rows.outerjoin(jobs, and_(jobs.c.key == events.c.job_key, is_kept(troubled=troubled)))
    rows = rows.where(*walk.conditions).order_by(events.c.cursor).limit(limit)
    for _ in range(_LOOKS):
        some = connection.execute(rows.where(events.c.cursor > after)).all()
        yield from some
        if len(some) < limit:
            return
        after = some[-1].cursor


def _too_far(connection: Connection, walk: Walk, *, ages: Ages) -> int | None:
    """Where the walk should stand, if what it has passed is to be kept after all, since the time was changed."""
    mark = stands_at(connection, walk.mark)
    passed = select(func.max(events.c.cursor)).where(*walk.conditions, events.c.cursor <= mark)
    newest = connection.scalar(passed) if mark else None
    if newest is None:
        return None
    times = receipts(connection, ages)
    seen = times.after(newest - 1)
    return None if seen is not None and seen.received_ms < walk.before_ms else times.last_before(walk.before_ms)


def _pass_by(connection: Connection, share: float, *, walk: Walk, stretch: Stretch, troubled: Sequence[str]) -> int:
    """Delete what may go of a stretch, `share` of what is quick, and remember the rest; returns how many went."""
    # Asked again: a job may have been pinned since it was read.
    kept = kept_among(connection, {job_key for _, job_key in stretch.events}, troubled=troubled)
    going = [cursor for cursor, job_key in stretch.events if job_key not in kept]
    gone = delete_rows(connection, share, going)
    upto = stretch.events[-1][0] if len(gone) == len(going) else gone[-1]
    firsts: dict[int, int] = {}
    for cursor, job_key in stretch.events:
        if job_key in kept and cursor <= upto:
            firsts.setdefault(job_key, cursor)
    note_kept(connection, firsts)
    moved_to(connection, walk.mark, upto)
    return len(gone)


def _released(connection: Connection, ages: Ages) -> int | None:
    """The key of a job that was kept, and of which something is kept no longer, or that is gone itself."""
    if connection.scalar(select(kept_jobs.c.job_key).limit(1)) is None:
        return None
    is_over = and_(not_(jobs.c.pinned), _is_over(connection, ages))
    query = select(kept_jobs.c.job_key).outerjoin(jobs, jobs.c.key == kept_jobs.c.job_key)
    return connection.scalar(query.where(or_(jobs.c.key.is_(None), is_over)).limit(1))


def _is_over(connection: Connection, ages: Ages) -> ColumnElement[bool]:
    """Whether the time of what is kept of a job is over, were it not pinned."""
    if not ages.troubled:
        return jobs.c.key.is_not(None)
    return or_(jobs.c.status.not_in(ages.troubled), kept_jobs.c.cursor <= _failed_end(connection, ages))


def _let_go(connection: Connection, share: float, *, ages: Ages, job_key: int, limit: int) -> int:
    """Delete what is kept no longer of a job, `share` of what is quick; returns how many events went.

    With nothing left to delete, what it is kept for is forgotten or begins later.
    """
    job = connection.execute(select(jobs.c.pinned, jobs.c.status).where(jobs.c.key == job_key)).one_or_none()
    if job is not None and job.pinned:
        return 0
    mine = events.c.job_key == job_key
    going: Sequence[int] = ()
    first: int | None = None
    if job is not None:  # else they went, or go, with it
        is_kept = job.status in ages.troubled
        oldest = select(events.c.cursor).where(mine, _old(connection, ages, is_kept=is_kept))
        going = connection.scalars(oldest.order_by(events.c.cursor).limit(limit)).all()
        gone = delete_rows(connection, share, going)
        if len(gone) < len(going) or len(going) == limit:
            return len(gone)
        first = connection.scalar(select(func.min(events.c.cursor)).where(mine)) if is_kept else None
    _remember(connection, job_key, first)
    return len(going)


def _old(connection: Connection, ages: Ages, *, is_kept: bool) -> ColumnElement[bool]:
    """What of a job that is not pinned is kept no longer; `is_kept` is whether it is longer than of others."""
    if is_kept:
        return events.c.cursor <= _failed_end(connection, ages)
    return or_(*(and_(*walk.conditions, events.c.cursor <= stands_at(connection, walk.mark)) for walk in _walks(ages)))


def _failed_end(connection: Connection, ages: Ages) -> int:
    """The last cursor of what is too old for jobs that went wrong as well."""
    return receipts(connection, ages).last_before(ages.troubled_ms)


def _remember(connection: Connection, job_key: int, first: int | None) -> None:
    """The first cursor of what is still kept of a job; None for nothing."""
    mine = kept_jobs.c.job_key == job_key
    change = delete(kept_jobs) if first is None else update(kept_jobs).values(cursor=first)
    connection.execute(change.where(mine))
