"""Add to each notice the channel in whose place it is sent, which most have none of."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notices", sa.Column("in_place_of", sa.Text))


def downgrade() -> None:
    op.drop_column("notices", "in_place_of")
