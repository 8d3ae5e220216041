"""The tables of notices and deliveries, and the way to write notices in another's transaction."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Connection, Index, Integer, Table, Text, UniqueConstraint
from sqlalchemy.dialects import postgresql, sqlite

from app.storage.base_notices import NewNotice
from app.storage.sql.metadata import metadata

notices: Final = Table(
    "notices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False),
    Column("incident_id", Integer),
    Column("channel", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", BigInteger),
    Column("leased_by", Text),
    Column("uncertain", Boolean, nullable=False),
    Column("sent_at", BigInteger),
    Column("status", Integer),
    Column("reply", Text, nullable=False),
    Column("latency_ms", BigInteger),
    Column("in_place_of", Text),
    UniqueConstraint("key"),
    Index("ix_notices_state_due_at", "state", "due_at"),
    Index("ix_notices_incident_id_channel_id", "incident_id", "channel", "id"),
    sqlite_autoincrement=True,
)
"""`channel` is a name, since a rule may name one that does not exist yet."""

deliveries: Final = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("notice_id", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("status", Integer),
    Column("reply", Text, nullable=False),
    Column("latency_ms", BigInteger, nullable=False),
    Index("ix_deliveries_notice_id_id", "notice_id", "id"),
    sqlite_autoincrement=True,
)


def insert_notices(connection: Connection, new: Sequence[NewNotice]) -> None:
    """Write those whose key is new, in the transaction of `connection`: with the change that they tell, or not at all.

    Whoever does so kicks the postman after the commit.
    """
    if not new:
        return
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(notices).on_conflict_do_nothing()
    connection.execute(statement, [_row(notice) for notice in new])


def _row(notice: NewNotice) -> dict[str, Any]:
    body = msgspec.json.encode(notice.body).decode()
    return {**asdict(notice), "body": body, "state": "waiting", "attempts": 0, "uncertain": False, "reply": ""}
