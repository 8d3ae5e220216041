"""Index timelines by time, so that what is old is found without a look at what is not."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_timeline_at", "timeline", ["at"])


def downgrade() -> None:
    op.drop_index("ix_timeline_at", "timeline")
