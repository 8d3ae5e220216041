"""The tables of users, their tokens and sessions, and links by which they choose a password."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
    update,
)

from app.storage.sql.events_tables import meta
from app.storage.sql.metadata import metadata

users: Final = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sender_id", ForeignKey("senders.id"), nullable=False),
    Column("username", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("session_version", Integer, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_login_at", BigInteger),
    Column("theme", Text),
)

tokens: Final = Table(
    "tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sender_id", ForeignKey("senders.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("prefix", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("last_used_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("allowed", Text, nullable=False, server_default=text("''")),
    Column("created_by", Text),
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Index("ix_sessions_user_id", "user_id"),
    sqlite_autoincrement=True,
)

links: Final = Table(
    "password_links",
    metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("invites", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)


def raise_revision(connection: Connection) -> None:
    """Say that somebody may do more or less than before."""
    connection.execute(update(meta).where(meta.c.key == "revision").values(value=meta.c.value + 1))
