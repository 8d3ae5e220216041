"""The tables of error groups, and of those that somebody has muted."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Table, Text

from app.storage.sql.metadata import metadata

error_groups: Final = Table(
    "error_groups",
    metadata,
    Column("job_key", BigInteger, primary_key=True, autoincrement=False),
    Column("fingerprint", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("url_template", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("first_ms", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("sample", BigInteger, nullable=False),
    Column("course", Text, nullable=False),
    Index("ix_error_groups_fingerprint_job_key", "fingerprint", "job_key"),
    Index("ix_error_groups_last_ms", "last_ms"),
    sqlite_with_rowid=False,
)
"""`course` is a JSON list: the length of a cell in ms, the number of the first, and the counts."""

muted_errors: Final = Table(
    "muted_errors",
    metadata,
    Column("source", Text, primary_key=True),
    Column("query", Text, primary_key=True),
    Column("fingerprint", Text, primary_key=True),
    Column("muted_by", Text, nullable=False),
    Column("muted_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""A spider is named by its source and its query, "" for none."""
