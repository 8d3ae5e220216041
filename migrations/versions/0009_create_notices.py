"""Create notices."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the channels, the notices that go to them, and the tries to deliver these."""
    op.create_table(
        "channels",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_channels"),
        sa.UniqueConstraint("name", name="uq_channels_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "breakages",
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("channel", name="pk_breakages"),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("incident_id", sa.Integer),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("leased_by", sa.Text),
        sa.Column("uncertain", sa.Boolean, nullable=False),
        sa.Column("sent_at", sa.BigInteger),
        sa.Column("status", sa.Integer),
        sa.Column("reply", sa.Text, nullable=False),
        sa.Column("latency_ms", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("key", name="uq_notices_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notices_state_due_at", "notices", ["state", "due_at"])
    op.create_index("ix_notices_incident_id_channel_id", "notices", ["incident_id", "channel", "id"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("notice_id", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("reply", sa.Text, nullable=False),
        sa.Column("latency_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deliveries_notice_id_id", "deliveries", ["notice_id", "id"])


def downgrade() -> None:
    """Drop them; channels, and the proof of what was delivered, are lost."""
    for table in ("deliveries", "notices", "breakages", "channels"):
        op.drop_table(table)
