"""The partitions of Postgres' tables of events and of their words: ranges of cursors, made before they are needed.

Every reading is by cursor, so that a page of the newest touches one partition, and cursors rise with the time of
receipt, so that what is too old lies in partitions of its own: see `app.storage.sql.dropping`.

Whoever takes a cursor makes them, in its own transaction and before it writes, while the counter's row keeps others
from doing so: however fast events come and whatever slept meanwhile, none finds no partition. Attaching one waits for
no reader, and no reader for it.
"""

import re
from typing import Final, NamedTuple

from sqlalchemy import Connection

from app.storage.sql.texts import TABLE as TEXTS

PARENTS: Final = (TEXTS, "events")
"""The tables that are parted alike, in the order in which they are locked."""
LEAST: Final = 250_000
"""Cursors of a partition; fewer rows go about as fast one by one."""
SHARE: Final = 24
"""Into how many partitions all that is kept falls, more while it grows."""
AHEAD: Final = 2
"""Partitions that are there before anything lies in them."""

_HELD: Final = (
    "SELECT pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
    " WHERE i.inhparent = to_regclass('events') AND NOT i.inhdetachpending"
)
_BOUND: Final = re.compile(r"FROM \((?:MINVALUE|'(\d+)')\) TO \('(\d+)'\)")


class Partition(NamedTuple):
    """From the cursor `low`, 0 for the first, up to `high`, which is in the next."""

    low: int
    high: int

    def of(self, parent: str) -> str:
        """The name of its table."""
        return f"{parent}_p{self.low}"


def held(connection: Connection) -> list[Partition]:
    """All there are, in their order, without a gap."""
    found = [_BOUND.search(str(bound)) for bound in connection.exec_driver_sql(_HELD).scalars()]
    return sorted(Partition(int(bound[1] or 0), int(bound[2])) for bound in found if bound)


def make_ahead(connection: Connection, upto: int) -> int:
    """Have a partition for each cursor up to that one, and some ahead; from which cursor on to ask again."""
    there = held(connection)
    free = [partition for partition in there if partition.low > upto]
    if len(free) < AHEAD:
        width = _width(connection, upto)
        while len(free) < AHEAD:
            low = there[-1].high if there else 0
            there.append(Partition(low, low + width if low > upto else max(low + width, upto + 1)))
            if low > upto:
                free.append(there[-1])
            make(connection, there[-1])
    return free[0].low


def make(connection: Connection, partition: Partition) -> None:
    """Make the tables of an empty one, and attach them."""
    for parent in PARENTS:
        connection.exec_driver_sql(f"CREATE TABLE {partition.of(parent)} (LIKE {parent} INCLUDING ALL)")
        attach(connection, partition, parent)


def attach(connection: Connection, partition: Partition, parent: str) -> None:
    """Make that table a partition; its rows are looked at, whether they belong there."""
    low = partition.low or "MINVALUE"
    connection.exec_driver_sql(
        f"ALTER TABLE {parent} ATTACH PARTITION {partition.of(parent)} FOR VALUES FROM ({low}) TO ({partition.high})"
    )


def _width(connection: Connection, upto: int) -> int:
    oldest = connection.exec_driver_sql("SELECT cursor FROM events ORDER BY cursor LIMIT 1").scalar()
    return max(LEAST, (upto - (upto if oldest is None else oldest)) // SHARE)
