"""Create dashboards."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the dashboards, and the one that each user begins with."""
    op.create_table(
        "dashboards",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("config", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dashboards"),
        sa.UniqueConstraint("name", name="uq_dashboards_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "homes",
        sa.Column("user_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("dashboard_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_homes"),
    )


def downgrade() -> None:
    """Drop both; people's own dashboards are lost."""
    op.drop_table("homes")
    op.drop_table("dashboards")
