"""Create meta, senders, jobs, events and event_keys."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables with every column that delivery and history need."""
    meta = op.create_table(
        "meta",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )
    op.bulk_insert(meta, [{"key": "cursor", "value": 0}, {"key": "revision", "value": 0}])
    op.create_table(
        "senders",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_senders"),
        sa.UniqueConstraint("name", name="uq_senders_name"),
    )
    _create_jobs()
    _create_events()


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("key", KEY, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("sender_id", sa.Integer, nullable=False),
        sa.Column("source", sa.Text),
        sa.Column("query", sa.Text),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("config", sa.JSON, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("done", sa.Float),
        sa.Column("total", sa.Float),
        sa.Column("unit", sa.Text),
        sa.Column("items", sa.BigInteger, nullable=False),
        sa.Column("items_reported", sa.BigInteger),
        sa.Column("errors", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("finished_at", sa.BigInteger),
        sa.Column("duration", sa.Float),
        sa.Column("last_event_at", sa.BigInteger, nullable=False),
        sa.Column("worker", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("totals", sa.JSON, nullable=False),
        sa.Column("first_cursor", sa.BigInteger, nullable=False),
        sa.Column("last_cursor", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_jobs"),
        sa.UniqueConstraint("id", name="uq_jobs_id"),
        sa.ForeignKeyConstraint(["sender_id"], ["senders.id"], name="fk_jobs_sender_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_jobs_status_key", "jobs", ["status", "key"])
    op.create_index("ix_jobs_source_key", "jobs", ["source", "key"])


def _create_events() -> None:
    op.create_table(
        "events",
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
        sa.PrimaryKeyConstraint("cursor", name="pk_events"),
    )
    op.create_index("ix_events_job_key_cursor", "events", ["job_key", "cursor"])
    op.create_index("ix_events_type_cursor", "events", ["type", "cursor"])
    has_level = sa.text("level IS NOT NULL")
    op.create_index(
        "ix_events_level_cursor", "events", ["level", "cursor"], sqlite_where=has_level, postgresql_where=has_level
    )
    op.create_table(
        "event_keys",
        sa.Column("owner", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary, nullable=False),
        sa.Column("cursor", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("owner", "id", name="pk_event_keys"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop the tables; what they held is gone."""
    for table in ("event_keys", "events", "jobs", "senders", "meta"):
        op.drop_table(table)
