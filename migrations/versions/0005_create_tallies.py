"""Create the tallies, and count into them what is stored by now."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; what had been stored and deleted before it is not counted."""
    op.create_table(
        "tallies",
        sa.Column("sender_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("sender_id", "outcome", "code", name="pk_tallies"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO tallies (sender_id, outcome, code, count)"
        " SELECT sender_id, 'stored', '', count(*) FROM events GROUP BY sender_id"
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("tallies")
