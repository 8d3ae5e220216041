"""The tables of migration 0001: senders, jobs, events, and the keys that make delivery idempotent.

Times are integer ms since 1970 UTC; ids are 16 bytes. `event_keys` remembers (sender, job, id) apart from the event's
row, so that bodies can be packed or partitioned while the key stays; its `owner` is the job's key, or minus the
sender's id for events without a job (a job has one sender, so the owner stands for both).

Indexes are few because each costs about 1 µs an event: the cursor, a job's events, a type's events, levels.
"""

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

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""Counters: `cursor` (the last one given), `revision` (of accounts)."""

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
    Index("ix_jobs_status_key", "status", "key"),
    Index("ix_jobs_source_key", "source", "key"),
    sqlite_autoincrement=True,
)

events = Table(
    "events",
    metadata,
    Column("cursor", Key, primary_key=True, autoincrement=False),
    Column("job_key", BigInteger, nullable=False, server_default=text("0")),
    Column("sender_id", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("prev", BigInteger, nullable=False),
    Column("id", LargeBinary),
    Column("seq", BigInteger),
    Column("epoch", LargeBinary),
    Column("replay", Boolean, nullable=False, server_default=false()),
    Column("flags", SmallInteger, nullable=False),
    Column("level", SmallInteger),
    Column("digest", LargeBinary, nullable=False),
    Column("data", Text, nullable=False),
    Index("ix_events_job_key_cursor", "job_key", "cursor"),
    Index("ix_events_type_cursor", "type", "cursor"),
    Index(
        "ix_events_level_cursor",
        "level",
        "cursor",
        sqlite_where=text("level IS NOT NULL"),
        postgresql_where=text("level IS NOT NULL"),
    ),
)

event_keys = Table(
    "event_keys",
    metadata,
    Column("owner", BigInteger, primary_key=True, autoincrement=False),
    Column("id", LargeBinary, primary_key=True),
    Column("cursor", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
