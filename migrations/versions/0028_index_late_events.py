"""Lead a search of a span of time to the events that were received long after it, and know how true the clock was."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_LATE = sa.text("received_ms - at_ms > 3600000")


def upgrade() -> None:
    op.create_index("ix_events_late_cursor", "events", ["cursor"], sqlite_where=_LATE, postgresql_where=_LATE)
    op.execute(
        "INSERT INTO meta (key, value) SELECT 'set back', ms FROM (SELECT max(ahead) AS ms FROM"
        " (SELECT max(received_ms) OVER (ORDER BY cursor) - received_ms AS ahead FROM events) AS e) AS m WHERE ms > 0"
    )


def downgrade() -> None:
    op.drop_index("ix_events_late_cursor", "events")
    op.execute("DELETE FROM meta WHERE key = 'set back'")
