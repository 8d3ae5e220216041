"""Create the kinds of errors that were seen."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "error_kinds",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_error_kinds"),
    )
    op.create_index("ix_error_kinds_seen_at", "error_kinds", ["seen_at"])


def downgrade() -> None:
    op.drop_table("error_kinds")
