"""Let jobs be pinned, and remember those whose events outlive the others'."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("pinned", sa.Boolean(), nullable=False, server_default=sa.false()))
    pinned = sa.text("pinned")
    op.create_index("ix_jobs_pinned_key", "jobs", ["key"], sqlite_where=pinned, postgresql_where=pinned)
    op.create_table(
        "kept_jobs",
        sa.Column("job_key", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_kept_jobs_cursor", "kept_jobs", ["cursor"])


def downgrade() -> None:
    op.drop_table("kept_jobs")
    op.drop_index("ix_jobs_pinned_key", "jobs")
    op.drop_column("jobs", "pinned")
