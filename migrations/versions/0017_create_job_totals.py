"""Create the numbers of jobs by status, so that nobody has to count them."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, and count once."""
    op.create_table(
        "job_totals",
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("status", name="pk_job_totals"),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO job_totals (status, count) SELECT status, count(*) FROM jobs GROUP BY status")


def downgrade() -> None:
    op.drop_table("job_totals")
