"""Whose events stay when others of their age go: those of pinned jobs, and for a time those of jobs that went wrong.

Events go in the order of their cursors, and what stays among them is passed over once: `kept_jobs` has each job of
which something was passed over and the first cursor of that, so that it is found when the job is kept no longer. The
walks write it, in the transaction in which they pass; whoever changes a job need not know of it.

To delete a range of cursors by other means than row by row, ask `keepers` whose events must be left.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import BigInteger, Column, ColumnElement, Connection, Index, Table, and_, exists, func, or_, select

from app.storage.base_keeping import TROUBLED, Ages
from app.storage.receipts import Receipt, Receipts
from app.storage.sql.events_tables import events, jobs
from app.storage.sql.inserts import insert_rows
from app.storage.sql.metadata import metadata

kept_jobs: Final = Table(
    "kept_jobs",
    metadata,
    Column("job_key", BigInteger, primary_key=True, autoincrement=False),
    Column("cursor", BigInteger, nullable=False),
    Index("ix_kept_jobs_cursor", "cursor"),
    sqlite_with_rowid=False,
)

_KEEP: Final = (
    "INSERT INTO kept_jobs (job_key, cursor) VALUES",
    "ON CONFLICT (job_key) DO UPDATE SET cursor = excluded.cursor WHERE excluded.cursor < kept_jobs.cursor",
)


def is_kept(*, troubled: Sequence[str]) -> ColumnElement[bool]:
    """Whether a job's events outlive the others': it is pinned, or of one of those statuses."""
    return or_(jobs.c.pinned, jobs.c.status.in_(troubled)) if troubled else jobs.c.pinned


def kept_among(connection: Connection, job_keys: Iterable[int], *, troubled: Sequence[str]) -> set[int]:
    """Which of these jobs' events outlive the others'."""
    wanted = select(jobs.c.key).where(jobs.c.key.in_(sorted(job_keys)), is_kept(troubled=troubled))
    return set(connection.scalars(wanted))


def note_kept(connection: Connection, firsts: Mapping[int, int]) -> None:
    """Remember jobs of which something was passed over, and the first cursor of that."""
    insert_rows(connection, _KEEP, sorted(firsts.items()))


def keepers(connection: Connection, first: int, last: int, ages: Ages) -> list[int]:
    """The keys of the jobs that have events between two cursors, both included, which must stay whatever their age.

    Args:
        connection: to read by.
        first: the first cursor.
        last: the last one.
        ages: up to which time events of jobs that went wrong may go, as for `EventStore.prune`.
    """
    within = exists().where(events.c.job_key == jobs.c.key, events.c.cursor <= last)
    pinned = and_(jobs.c.pinned, within.where(events.c.cursor >= first))
    kept = [pinned]
    if ages.failed_ms is not None:
        after = max(first, receipts(connection, ages).last_before(ages.failed_ms) + 1)
        kept.append(and_(jobs.c.status.in_(TROUBLED), within.where(events.c.cursor >= after)))
    # A job has nothing behind its last event; where an attempt began says nothing of those before it.
    wanted = select(jobs.c.key).where(is_kept(troubled=TROUBLED), jobs.c.last_cursor >= first, or_(*kept))
    return sorted(connection.scalars(wanted))


def receipts(connection: Connection, ages: Ages) -> Receipts:
    """When events were received."""

    def following(cursor: int) -> Receipt | None:
        wanted = select(events.c.cursor, events.c.received_ms).where(events.c.cursor > cursor)
        found = connection.execute(wanted.order_by(events.c.cursor).limit(1)).one_or_none()
        return None if found is None else Receipt(*found)

    return Receipts(following, lambda: connection.scalar(select(func.max(events.c.cursor))) or 0, ages.now_ms)
