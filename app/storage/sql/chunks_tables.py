"""The table of packed bodies.

A chunk has the bodies of one job's events that follow one another: those of its logs apart from all others, since the
two are kept for different times. In the row of an event whose body is in a chunk `data` is empty, which no body is.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table

from app.storage.sql.events_tables import Key
from app.storage.sql.metadata import metadata

PACKED: Final = ""
"""The `data` of an event whose body is in a chunk."""

event_chunks = Table(
    "event_chunks",
    metadata,
    Column("last_cursor", Key, primary_key=True, autoincrement=False),
    Column("first_cursor", BigInteger, nullable=False),
    Column("job_key", BigInteger, nullable=False),
    Column("logs", Boolean, nullable=False),
    Column("events", Integer, nullable=False),
    Column("letters", Integer, nullable=False),
    Column("packed", LargeBinary, nullable=False),
    Index("ix_event_chunks_job_key_logs_last_cursor", "job_key", "logs", "last_cursor"),
)
"""Of a job's logs, and of its other events, no two chunks overlap; `letters` are the bytes of the bodies unpacked."""
