"""Add to each bucket the sketch of its values; those written before stay without one."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("buckets", sa.Column("sketch", sa.LargeBinary))


def downgrade() -> None:
    op.drop_column("buckets", "sketch")
