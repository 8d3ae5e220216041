"""Create series and buckets."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
PLAIN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the series and their buckets at each resolution."""
    op.create_table(
        "series",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("labels", PLAIN, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_series"),
        sa.UniqueConstraint("name", "labels", name="uq_series_name_labels"),
    )
    op.create_table(
        "buckets",
        sa.Column("series_id", KEY, nullable=False),
        sa.Column("step_ms", sa.Integer, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("sum", sa.Float, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("min", sa.Float, nullable=False),
        sa.Column("max", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("series_id", "step_ms", "at_ms", name="pk_buckets"),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name="fk_buckets_series_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_buckets_step_ms_at_ms", "buckets", ["step_ms", "at_ms"])


def downgrade() -> None:
    """Drop the series; the events they were made from stay."""
    op.drop_table("buckets")
    op.drop_table("series")
