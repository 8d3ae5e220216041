"""Create the chunks that hold packed bodies of events, and note of each job how far it is packed."""

import json
from itertools import accumulate

import sqlalchemy as sa
import zstandard
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_chunks",
        sa.Column(
            "last_cursor",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
            primary_key=True,
        ),
        sa.Column("first_cursor", sa.BigInteger(), nullable=False),
        sa.Column("job_key", sa.BigInteger(), nullable=False),
        sa.Column("logs", sa.Boolean(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_event_chunks_job_key_logs_last_cursor", "event_chunks", ["job_key", "logs", "last_cursor"])
    op.add_column("jobs", sa.Column("packed_cursor", sa.BigInteger(), nullable=False, server_default="0"))
    condition = sa.text("finished_at IS NOT NULL AND packed_cursor < last_cursor")
    op.create_index("ix_jobs_unpacked", "jobs", ["key"], sqlite_where=condition, postgresql_where=condition)


def downgrade() -> None:
    """Put every body back into its row, then drop both."""
    connection = op.get_bind()
    keys = connection.scalars(sa.text("SELECT last_cursor FROM event_chunks ORDER BY last_cursor")).all()
    for key in keys:
        chunk = connection.scalar(sa.text("SELECT packed FROM event_chunks WHERE last_cursor = :key"), {"key": key})
        head, *bodies = zstandard.ZstdDecompressor().decompress(chunk).decode().split("\n")
        rows = zip(accumulate(json.loads(head)), bodies, strict=True)
        connection.execute(
            sa.text("UPDATE events SET data = :data WHERE cursor = :cursor AND data = ''"),
            [{"cursor": cursor, "data": body} for cursor, body in rows],
        )
    op.drop_index("ix_jobs_unpacked", "jobs")
    op.drop_column("jobs", "packed_cursor")
    op.drop_table("event_chunks")
