"""Lead a search of a span of time to the events that were received long after it."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_LATE = sa.text("received_ms - at_ms > 3600000")


def upgrade() -> None:
    op.create_index("ix_events_late_cursor", "events", ["cursor"], sqlite_where=_LATE, postgresql_where=_LATE)


def downgrade() -> None:
    op.drop_index("ix_events_late_cursor", "events")
