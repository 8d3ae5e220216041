"""What goes: old events, and a deleted job with its own, which go in slices after it.

What a crash leaves of them is found again by a mark: a row of `meta`, written with the deletion and deleted when
nothing is left; so nobody has to look through all events for those whose job is gone.

How far events were removed is another row, moved in the transaction in which they go out of sight: whoever reads on
from a cursor before it may have missed some.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from app.storage.sql import bodies, event_keys, texts
from app.storage.sql.events_tables import events, jobs, meta
from app.storage.sql.groups_tables import error_groups
from app.storage.sql.job_lists import count_changes
from app.storage.sql.watermarks import raised

REMOVED: Final = "removed"
_MARK: Final = "deleted job "


def delete_job(connection: Connection, job_id: str) -> int | None:
    """Delete the job and mark its events as nobody's; its key, None when there is no such job."""
    gone = delete(jobs).where(jobs.c.id == job_id).returning(jobs.c.key, jobs.c.last_cursor, jobs.c.status)
    found = connection.execute(gone).one_or_none()
    if found is None:
        return None
    key: int = found.key
    count_changes(connection, {found.status: -1})
    connection.execute(delete(error_groups).where(error_groups.c.job_key == key))
    connection.execute(insert(meta).values(key=f"{_MARK}{key}", value=key))
    note(connection, found.last_cursor)
    return key


def delete_rows(connection: Connection, share: float, cursors: Sequence[int]) -> Sequence[int]:
    """Delete the first events of these cursors, which rise, `share` of what is quick; returns those that went."""
    gone = texts.affordable(connection, cursors, share)
    if gone:
        take_out(connection, gone)
        note(connection, gone[-1])
    return gone


def delete_slice(connection: Connection, share: float, key: int, limit: int) -> int:
    """Delete up to `limit` events of a deleted job, `share` of what is quick; how many went: 0 when none was left.

    Its mark goes when there is nothing left to delete.
    """
    # A job made anew has another key, so that whatever lies under this one is nobody's any more.
    oldest = select(events.c.cursor).where(events.c.job_key == key).order_by(events.c.cursor).limit(limit)
    cursors = texts.affordable(connection, connection.scalars(oldest).all(), share)
    if not cursors:
        connection.execute(delete(meta).where(meta.c.key == f"{_MARK}{key}"))
        return 0
    return take_out(connection, cursors)


def take_out(connection: Connection, cursors: Sequence[int]) -> int:
    """Delete these events and all that is kept beside them; returns how many there were."""
    chunks = bodies.chunks_of(connection, cursors)
    if connection.dialect.name == "sqlite":
        went = connection.execute(delete(events).where(events.c.cursor.in_(cursors))).rowcount
    else:
        went = event_keys.delete_events(connection, cursors)
    bodies.clear(connection, chunks)
    texts.remove(connection, cursors)
    return went


def marked(connection: Connection) -> int | None:
    """The key of a deleted job of which events may be left."""
    key: int | None = connection.scalars(select(meta.c.value).where(meta.c.key.startswith(_MARK)).limit(1)).first()
    return key


def note(connection: Connection, cursor: int) -> None:
    """Events up to this one may be missing from now on."""
    raised(connection, REMOVED, cursor)
