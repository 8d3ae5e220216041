"""Let a token be taken from some addresses alone, and remember who made it."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tokens", sa.Column("allowed", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("tokens", sa.Column("created_by", sa.Text()))


def downgrade() -> None:
    op.drop_column("tokens", "created_by")
    op.drop_column("tokens", "allowed")
