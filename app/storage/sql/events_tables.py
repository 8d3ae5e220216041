"""The tables of senders, jobs and events, and the tallies of what became of events.

Times are integer ms since 1970 UTC; ids are 16 bytes. Indexes are few because each costs an event up to 1 µs: the
cursor, a job's events, a job's ids, for the rarer events their type and level, and which came late.
"""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    false,
    text,
)

from app.storage.sql.metadata import metadata

Key = BigInteger().with_variant(Integer, "sqlite")
"""64-bit; SQLite gives a row number of its own only to a column called INTEGER."""

LATE_MS: Final = 3_600_000
"""By how much an event that came late is younger by its receipt than by its own time."""
COMMONEST: Final = "item_scraped"
"""The type of nearly all events: it has no index, as walking the cursor finds them at once."""


def _index(name: str, *columns: str, where: str) -> Index:
    condition = text(where)
    return Index(name, *columns, sqlite_where=condition, postgresql_where=condition)


UNPACKED: Final = "finished_at IS NOT NULL AND packed_cursor < last_cursor"
"""Of jobs: there may be bodies to pack. `packed_cursor` is up to where all are."""

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""Counters: `cursor` (the last given), `removed` (the last that went), `revision` (of accounts), `packed events` and
`packed us` (what packing has cost so far); marks of work."""

senders = Table(
    "senders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("key", Key, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("sender_id", ForeignKey("senders.id"), nullable=False),
    Column("source", Text),
    Column("query", Text),
    Column("tags", JSON, nullable=False),
    Column("config", JSON, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("done", Float),
    Column("total", Float),
    Column("unit", Text),
    Column("items", BigInteger, nullable=False),
    Column("items_reported", BigInteger),
    Column("errors", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("finished_at", BigInteger),
    Column("duration", Float),
    Column("last_event_at", BigInteger, nullable=False),
    Column("worker", Text),
    Column("reason", Text),
    Column("totals", JSON, nullable=False),
    Column("first_cursor", BigInteger, nullable=False),
    Column("last_cursor", BigInteger, nullable=False),
    Column("pinned", Boolean, nullable=False, server_default=false()),
    Column("packed_cursor", BigInteger, nullable=False, server_default="0"),
    _index("ix_jobs_unpacked", "key", where=UNPACKED),
    Index("ix_jobs_status_key", "status", "key"),
    Index("ix_jobs_source_key", "source", "key"),
    Index("ix_jobs_source_query_key", "source", "query", "key"),
    _index("ix_jobs_pinned_key", "key", where="pinned"),
    sqlite_autoincrement=True,
)

events = Table(
    "events",
    metadata,
    Column("cursor", Key, primary_key=True, autoincrement=False),
    Column("job_key", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("id", LargeBinary),
    Column("seq", BigInteger),
    Column("epoch", LargeBinary),
    Column("flags", SmallInteger, nullable=False),
    Column("level", SmallInteger),
    Column("digest", BigInteger),
    Column("data", Text, nullable=False),
    Index("ix_events_job_key_cursor", "job_key", "cursor"),
    Index(
        "uq_events_job_key_id",
        "job_key",
        "id",
        unique=True,
        sqlite_where=text("id IS NOT NULL"),
        info={"dialect": "sqlite"},
    ),
    _index("ix_events_type_cursor", "type", "cursor", where=f"type <> '{COMMONEST}'"),
    _index("ix_events_level_cursor", "level", "cursor", where="level IS NOT NULL"),
    _index("ix_events_late_cursor", "cursor", where=f"received_ms - at_ms > {LATE_MS}"),
    postgresql_partition_by="RANGE (cursor)",
)
"""`job_key` is minus the sender's id where there is no job; (job_key, id) is the key that makes delivery idempotent.

On Postgres it is kept in `event_keys`, as a table in partitions can have no such index.
"""


tallies = Table(
    "tallies",
    metadata,
    Column("sender_id", Integer, primary_key=True, autoincrement=False),
    Column("outcome", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
