"""Add to each series the hour of its newest bucket, so that charts pass over those that ended before."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# By the key, a look at one row each: every point is in the minutes first, and hours are kept longest.
NEWEST = """
UPDATE series SET last_ms = COALESCE(
    (SELECT max(at_ms) FROM buckets WHERE series_id = series.id AND step_ms = 60000),
    (SELECT max(at_ms) FROM buckets WHERE series_id = series.id AND step_ms = 3600000),
    0)
"""


def upgrade() -> None:
    op.add_column("series", sa.Column("last_ms", sa.BigInteger, nullable=False, server_default="0"))
    op.execute(NEWEST)
    op.execute("UPDATE series SET last_ms = last_ms - last_ms % 3600000")
    op.create_index("ix_series_name_last_ms", "series", ["name", "last_ms"])


def downgrade() -> None:
    op.drop_index("ix_series_name_last_ms", "series")
    op.drop_column("series", "last_ms")
