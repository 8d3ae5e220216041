"""Rebuild events without what the server can do without, their keys as an index of their own.

On SQLite a column can't be dropped or changed in place, so the rows are copied into a new table on every database. An
event without a job has minus its sender's id as `job_key`; `replay` becomes a bit of `flags`. Digests are of another
kind now and start empty: a repetition of an event from before counts as one whatever it holds.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
REPLAY = 1 << 12
_SAME = "cursor, type, at_ms, received_ms, id, seq, epoch, level, data"


def upgrade() -> None:
    """Copy the rows over, then make the indexes."""
    op.create_table(
        "events_new",
        sa.Column("cursor", KEY, autoincrement=False, nullable=False),
        sa.Column("job_key", sa.BigInteger, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("received_ms", sa.BigInteger, nullable=False),
        sa.Column("id", sa.LargeBinary),
        sa.Column("seq", sa.BigInteger),
        sa.Column("epoch", sa.LargeBinary),
        sa.Column("flags", sa.SmallInteger, nullable=False),
        sa.Column("level", sa.SmallInteger),
        sa.Column("digest", sa.BigInteger),
        sa.Column("data", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("cursor", name="pk_events_new"),
    )
    op.execute(
        f"INSERT INTO events_new (job_key, flags, {_SAME})"  # noqa: S608  (constants)
        " SELECT CASE WHEN job_key = 0 THEN -sender_id ELSE job_key END,"
        f" CASE WHEN replay THEN flags + {REPLAY} ELSE flags END, {_SAME} FROM events"
    )
    op.drop_table("events")
    op.drop_table("event_keys")
    op.rename_table("events_new", "events")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE events RENAME CONSTRAINT pk_events_new TO pk_events")
    op.create_index("ix_events_job_key_cursor", "events", ["job_key", "cursor"])
    _index_where("uq_events_job_key_id", ["job_key", "id"], "id IS NOT NULL", unique=True)
    _index_where("ix_events_type_cursor", ["type", "cursor"], "type <> 'item_scraped'")
    _index_where("ix_events_level_cursor", ["level", "cursor"], "level IS NOT NULL")


def downgrade() -> None:
    """Copy the rows back and make the table of keys again."""
    empty = "decode('', 'hex')" if op.get_bind().dialect.name == "postgresql" else "x''"
    op.create_table(
        "events_old",
        sa.Column("cursor", KEY, autoincrement=False, nullable=False),
        sa.Column("job_key", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("sender_id", sa.Integer, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("received_ms", sa.BigInteger, nullable=False),
        sa.Column("prev", sa.BigInteger, nullable=False),
        sa.Column("id", sa.LargeBinary),
        sa.Column("seq", sa.BigInteger),
        sa.Column("epoch", sa.LargeBinary),
        sa.Column("replay", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("flags", sa.SmallInteger, nullable=False),
        sa.Column("level", sa.SmallInteger),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("cursor", name="pk_events_old"),
    )
    op.execute(
        f"INSERT INTO events_old (job_key, sender_id, prev, replay, flags, digest, {_SAME})"  # noqa: S608  (constants)
        " SELECT CASE WHEN job_key < 0 THEN 0 ELSE job_key END,"
        " CASE WHEN job_key < 0 THEN -job_key"
        " ELSE coalesce((SELECT sender_id FROM jobs WHERE jobs.key = events.job_key), 0) END,"
        " coalesce(CASE WHEN job_key > 0 THEN lag(cursor) OVER (PARTITION BY job_key ORDER BY cursor) END, 0),"
        f" (flags & {REPLAY}) <> 0, flags & ~{REPLAY}, {empty}, {_SAME} FROM events"
    )
    _make_keys(empty)
    op.drop_table("events")
    op.rename_table("events_old", "events")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE events RENAME CONSTRAINT pk_events_old TO pk_events")
    op.create_index("ix_events_job_key_cursor", "events", ["job_key", "cursor"])
    op.create_index("ix_events_type_cursor", "events", ["type", "cursor"])
    _index_where("ix_events_level_cursor", ["level", "cursor"], "level IS NOT NULL")


def _make_keys(empty: str) -> None:
    op.create_table(
        "event_keys",
        sa.Column("owner", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary, nullable=False),
        sa.Column("cursor", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("owner", "id", name="pk_event_keys"),
        sqlite_with_rowid=False,
    )
    op.execute(
        f"INSERT INTO event_keys SELECT job_key, id, cursor, {empty} FROM events WHERE id IS NOT NULL"  # noqa: S608
    )


def _index_where(name: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, "events", columns, unique=unique, sqlite_where=where, postgresql_where=where)
