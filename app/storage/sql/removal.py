"""The events of a deleted job, which go in slices after it: what a crash leaves of them is found again by a mark.

The mark is a row of `meta`, written with the deletion and deleted with the last slice; so nobody has to look through
all events for those whose job is gone.
"""

from typing import Final

from sqlalchemy import Connection, delete, insert, select

from app.storage.sql.events_tables import events, jobs, meta

_MARK: Final = "deleted job "


def delete_job(connection: Connection, job_id: str) -> int | None:
    """Delete the job and mark its events as nobody's; its key, None when there is no such job."""
    key: int | None = connection.execute(delete(jobs).where(jobs.c.id == job_id).returning(jobs.c.key)).scalar()
    if key is not None:
        connection.execute(insert(meta).values(key=f"{_MARK}{key}", value=key))
    return key


def delete_slice(connection: Connection, key: int, limit: int) -> int:
    """Delete up to `limit` events of a deleted job, and its mark with the last; returns how many went."""
    # A job made anew has another key, so that whatever lies under this one is nobody's any more.
    cursors = select(events.c.cursor).where(events.c.job_key == key).order_by(events.c.cursor).limit(limit)
    went = connection.execute(delete(events).where(events.c.cursor.in_(cursors))).rowcount
    if went < limit:
        connection.execute(delete(meta).where(meta.c.key == f"{_MARK}{key}"))
    return went


def marked(connection: Connection) -> int | None:
    """The key of a deleted job of which events may be left."""
    key: int | None = connection.scalars(select(meta.c.value).where(meta.c.key.startswith(_MARK)).limit(1)).first()
    return key
