"""Events and jobs in SQLite or Postgres."""

from collections.abc import Sequence
from functools import partial
from types import MappingProxyType
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, select

from app.core.clock import Clock
from app.storage.base import Commit, Event, EventFilter, Fold, Job, JobFilter, Reach, Tallies
from app.storage.base_counts import Counted
from app.storage.base_keeping import Ages
from app.storage.base_runs import Run, Spider
from app.storage.base_series import Cells
from app.storage.sql import set_back
from app.storage.sql.append import Append, MergePoints
from app.storage.sql.append_singly import AppendSingly
from app.storage.sql.bodies import Letters, first_holding, read_events
from app.storage.sql.conditions import event_conditions
from app.storage.sql.counting import count_events, count_jobs
from app.storage.sql.database import Database
from app.storage.sql.dropping import Dropping, going
from app.storage.sql.events_rows import PostgresRows, SqliteRows
from app.storage.sql.events_tables import events, jobs, meta, tallies
from app.storage.sql.job_lists import count_changes, count_jobs_by_status, list_jobs, list_runs, miscounted
from app.storage.sql.pace import Pace
from app.storage.sql.pruning import Pruning
from app.storage.sql.removal import REMOVED, delete_job, delete_slice, marked
from app.storage.sql.rows import EVENTS, JOBS, job_of

_NONE: Final[Tallies] = MappingProxyType({})
_SLICE: Final = 1_000
"""Rows of a deleted job that one transaction takes: some 20 ms."""


class SqlEventStore:
    """`EventStore` over one database.

    Args:
        database: where the tables are.
        clock: gives the receive times.
        merge: puts the fold's points into their series, in the same transaction.
    """

    durable = True

    def __init__(self, database: Database, clock: Clock, merge: MergePoints) -> None:
        self._database = database
        self._clock = clock
        self._merge = merge
        self._pace = Pace(clock)
        self._pruning = Pruning(database, self._pace)
        self._dropping = Dropping(database, self._pace, clock)
        self._rows = SqliteRows() if database.is_sqlite else PostgresRows()
        self._latest_ms: int | None = None
        self._newest = 0  # remembered, as the newest event may be deleted and readers have seen it

    def append(self, events: Sequence[Event], fold: Fold, refused: Tallies = _NONE) -> Commit:
        """See `EventStore`."""
        append = Append(fold, self._clock, self._merge, self._rows)
        return self._append(append, events, refused)

    def append_singly(self, events: Sequence[Event], fold: Fold, refused: Tallies = _NONE) -> Commit:
        """See `EventStore`."""
        append = AppendSingly(Append(fold, self._clock, self._merge, self._rows))
        return self._append(append, events, refused)

    def _append(self, append: Append | AppendSingly, events: Sequence[Event], refused: Tallies) -> Commit:
        def work(connection: Connection) -> Commit:
            made = append(connection, events, refused, self._newest)
            self._latest_ms = set_back.seen(connection, made, self._latest_ms)
            return made

        try:
            commit = self._database.write(work, gives=True)
        except Exception:
            append.undone()
            raise
        if commit.events:
            self._newest = commit.events[-1].cursor
        return commit

    def events(self, wanted: EventFilter, *, before: int | None = None, limit: int = 100) -> list[Event]:
        """See `EventStore`."""
        within = () if before is None else (events.c.cursor < before,)
        return self._database.read(partial(_read, wanted=wanted, within=within, limit=limit))

    def events_after(self, wanted: EventFilter, *, after: int, limit: int = 500) -> list[Event]:
        """See `EventStore`."""
        within = (events.c.cursor > after,)
        return self._database.read(partial(_read, wanted=wanted, within=within, limit=limit, onward=True))

    def reach(self) -> Reach:
        """See `EventStore`."""
        query = select(meta.c.key, meta.c.value).where(meta.c.key.in_(("cursor", REMOVED)))
        found = self._database.read(lambda connection: dict(connection.execute(query).all()))
        return Reach(found["cursor"], found.get(REMOVED, 0))

    def jobs(self, wanted: JobFilter, *, before: int | None = None, limit: int = 100) -> list[Job]:
        """See `EventStore`."""
        return self._database.read(partial(list_jobs, wanted=wanted, before=before, limit=limit))

    def job(self, job_id: str) -> Job | None:
        """See `EventStore`."""
        query = JOBS.where(jobs.c.id == job_id)
        row = self._database.read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else job_of(row)

    def job_counts(self, wanted: JobFilter, most: int | None = None) -> dict[str, int]:
        """See `EventStore`."""
        return self._database.read(partial(count_jobs_by_status, wanted=wanted, most=most))

    def latest_runs(self, spiders: Sequence[Spider], limit: int) -> dict[Spider, list[Run]]:
        """See `EventStore`."""
        return self._database.read(partial(list_runs, spiders=spiders, limit=limit))

    def count(self, wanted: EventFilter | JobFilter, over: Cells, most: int) -> Counted:
        """See `EventStore`."""
        if isinstance(wanted, JobFilter):
            return self._database.read(partial(count_jobs, wanted=wanted, over=over, most=most))
        return self._database.read(partial(count_events, wanted=wanted, over=over, most=most))

    def last_seqs(self, sender_id: int, epoch: bytes) -> dict[str, int]:
        """See `EventStore`."""
        query = (
            select(jobs.c.id, func.max(events.c.seq))
            .join(events, events.c.job_key == jobs.c.key)
            .where(jobs.c.sender_id == sender_id, jobs.c.status.in_(("queued", "running", "stalled", "lost")))
            .where(events.c.epoch == epoch, events.c.seq.is_not(None))
            .group_by(jobs.c.id)
        )
        return self._database.read(lambda connection: dict(connection.execute(query).all()))

    def tallies(self) -> dict[tuple[int, str, str], int]:
        """See `EventStore`."""
        rows = self._database.read(lambda connection: connection.execute(select(tallies)).all())
        return {(sender_id, outcome, code): count for sender_id, outcome, code, count in rows}

    def delete_job(self, job_id: str, *, later: bool = False) -> bool:
        """See `EventStore`."""
        key = self._database.write(partial(delete_job, job_id=job_id))
        if key is None:
            return False
        while not later and self._database.write(self._pace.timed(partial(delete_slice, key=key, limit=_SLICE))):
            pass
        return True

    def prune(self, ages: Ages, limit: int) -> int:
        """See `EventStore`."""
        gone = self._prune_deleted(limit)
        if not gone:
            now_ms = self._clock.now_ms()
            old = self._database.read(lambda connection: going(connection, ages, now_ms), long=True)
            gone = self._dropping.step(old.whole, ages) or self._pruning.step(old.ages, limit)
        if not gone and (wrong := self._database.read(miscounted, long=True)):
            self._database.write(partial(count_changes, changes=wrong))
        return gone

    def _prune_deleted(self, limit: int) -> int:
        """Go on with deleted jobs whose events are left; returns how many events went."""
        while (key := self._database.read(marked)) is not None:
            gone = self._database.write(self._pace.timed(partial(delete_slice, key=key, limit=limit)))
            if gone:
                return gone
        return 0


def _read(
    connection: Connection,
    wanted: EventFilter,
    within: Sequence[ColumnElement[bool]],
    limit: int,
    *,
    onward: bool = False,
) -> list[Event]:
    conditions = [*event_conditions(wanted), *within]
    if wanted.q:
        hits = first_holding(connection, [Letters(wanted.q)], conditions, limit, onward=onward)
        conditions = [events.c.cursor.in_(hits)]
    order = events.c.cursor if onward else events.c.cursor.desc()
    return read_events(connection, EVENTS.where(*conditions).order_by(order).limit(limit))
