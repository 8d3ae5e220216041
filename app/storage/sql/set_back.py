"""By how much the clock was set back at most while events were received: a row of `meta`.

Cursors rise with the times at which events were received but for that much, and whoever looks for a time by them looks
so much further.
"""

from typing import Final

from sqlalchemy import Connection, func, select

from app.storage.base import Commit
from app.storage.sql.events_tables import events
from app.storage.sql.watermarks import raised, stands_at

_KEY: Final = "set back"


def most_ms(connection: Connection) -> int:
    """The greatest so far, in ms."""
    return stands_at(connection, _KEY)


def seen(connection: Connection, commit: Commit, latest_ms: int | None) -> int | None:
    """Note it if it happened before this commit; returns the latest time at which an event was received.

    Args:
        connection: that of the commit.
        commit: what was stored.
        latest_ms: what this returned before; None if it was not asked, as after a start.
    """
    if not commit.events:
        return latest_ms
    first = commit.events[0]
    if latest_ms is None:
        before = select(events.c.received_ms).where(events.c.cursor < first.cursor)
        latest_ms = connection.scalar(before.order_by(events.c.cursor.desc()).limit(1)) or 0
    if latest_ms > first.received_ms:
        raised(connection, _KEY, latest_ms - first.received_ms)
    return max(latest_ms, first.received_ms)


def measure(connection: Connection) -> None:
    """Note what the stored events show, which takes a walk through all."""
    ahead = func.max(events.c.received_ms).over(order_by=events.c.cursor) - events.c.received_ms
    rows = select(ahead.label("ms")).subquery()
    if found := connection.scalar(select(func.max(rows.c.ms))):
        raised(connection, _KEY, found)
