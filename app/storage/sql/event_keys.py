"""The keys of events on Postgres, (job, id): a table beside the partitions, which can have no index over all of them.

On SQLite a unique index of `events` is as good and takes less; there is no such table there.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import BigInteger, Column, Connection, LargeBinary, Table

from app.storage.base import Event
from app.storage.sql.inserts import json_rows
from app.storage.sql.metadata import metadata

event_keys = Table(
    "event_keys",
    metadata,
    Column("job_key", BigInteger, primary_key=True, autoincrement=False),
    Column("id", LargeBinary, primary_key=True),
    Column("cursor", BigInteger, nullable=False),
    Column("digest", BigInteger),
    info={"dialect": "postgresql"},
)
"""Who has the key after an insert that passes over those that are taken is the event that is new."""

_RECORDS: Final = "json_to_recordset(%s) AS r(job_key bigint, id text, cursor bigint, digest bigint)"
_KEYED: Final = f"(SELECT job_key, decode(id, 'hex') AS id, cursor, digest FROM {_RECORDS}) w"  # noqa: S608  (constants)
_SAME: Final = "k.job_key = w.job_key AND k.id = w.id"
_TAKE: Final = f"INSERT INTO event_keys (job_key, id, cursor, digest) SELECT * FROM {_KEYED} ON CONFLICT DO NOTHING"  # noqa: S608
_TAKEN: Final = f"SELECT k.cursor FROM event_keys k JOIN {_KEYED} ON {_SAME} AND k.cursor = w.cursor"  # noqa: S608
_HELD: Final = f"SELECT k.job_key, k.id, k.digest FROM event_keys k JOIN {_KEYED} ON {_SAME}"  # noqa: S608
_DELETE: Final = (
    "WITH gone AS (DELETE FROM events WHERE cursor = ANY(%s) RETURNING job_key, id, cursor),"
    " keys AS (DELETE FROM event_keys k USING gone g"
    " WHERE k.job_key = g.job_key AND k.id = g.id AND k.cursor = g.cursor)"
    " SELECT count(*) FROM gone"
)
_REMOVE: Final = (
    "DELETE FROM event_keys k USING events e WHERE e.cursor > %s AND e.cursor <= %s"
    " AND k.job_key = e.job_key AND k.id = e.id AND k.cursor = e.cursor"
)
_PUT_BACK: Final = (
    "INSERT INTO event_keys (job_key, id, cursor, digest) SELECT job_key, id, cursor, digest FROM events"
    " WHERE cursor > %s AND cursor <= %s AND id IS NOT NULL ON CONFLICT DO NOTHING"
)
_ALONE: Final = 7_261_735_927_004
"""The advisory lock of who takes keys again, and of those who might delete their events meanwhile."""
_COLUMNS: Final = ("job_key", "id", "cursor", "digest")


def take(connection: Connection, events: Sequence[Event]) -> set[int] | None:
    """Take the keys of these events: which of them, by cursor, had theirs free; None for all."""
    # Events of before there were digests have none.
    keyed = [(event.job_key, event.id, event.cursor, event.digest or None) for event in events if event.id is not None]
    if not keyed:
        return None
    asked = (json_rows(_COLUMNS, keyed),)
    if connection.exec_driver_sql(_TAKE, asked).rowcount == len(keyed):
        return None
    return set(connection.exec_driver_sql(_TAKEN, asked).scalars())


def held(connection: Connection, keys: Sequence[tuple[int, bytes]]) -> dict[tuple[int, bytes], int | None]:
    """The digests of the events that hold these (job, id)."""
    asked = (json_rows(("job_key", "id"), keys),)
    rows = connection.exec_driver_sql(_HELD, asked)
    return {(job_key, bytes(id_)): digest for job_key, id_, digest in rows}


def delete_events(connection: Connection, cursors: Sequence[int]) -> int:
    """Delete these events and give up their keys; returns how many there were."""
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock_shared(%s)", (_ALONE,))
    return int(connection.exec_driver_sql(_DELETE, (list(cursors),)).scalar_one())


def remove(connection: Connection, after: int, upto: int) -> None:
    """Give up the keys of the events between two cursors, the second included."""
    # What is between them is little; the planner may take it for so much that it reads all keys.
    connection.exec_driver_sql("SET LOCAL enable_hashjoin = off")
    connection.exec_driver_sql("SET LOCAL enable_mergejoin = off")
    connection.exec_driver_sql(_REMOVE, (after, upto))


def put_back(connection: Connection, after: int, upto: int) -> None:
    """Take the keys of the events between two cursors again, the second included, after `remove`."""
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_ALONE,))
    connection.exec_driver_sql(_PUT_BACK, (after, upto))
