"""Split events into partitions by their cursors, on Postgres; on SQLite nothing changes.

The tables of before become the first partitions, as they are. Keys of events are copied into a table of their own,
since a table in partitions can have no unique index without the cursor.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

LEAST = 250_000
AHEAD = 2
PARENTS = ("event_texts", "events")
INDEXES = (
    ("events", "job_key_cursor", "(job_key, cursor)"),
    ("events", "type_cursor", "(type, cursor) WHERE type <> 'item_scraped'"),
    ("events", "level_cursor", "(level, cursor) WHERE level IS NOT NULL"),
    ("event_texts", "words", "USING gin (words)"),
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    op.create_table(
        "event_keys",
        sa.Column("job_key", sa.BigInteger, nullable=False),
        sa.Column("id", sa.LargeBinary, nullable=False),
        sa.Column("cursor", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.BigInteger),
    )
    op.execute("INSERT INTO event_keys SELECT job_key, id, cursor, digest FROM events WHERE id IS NOT NULL")
    op.create_primary_key("pk_event_keys", "event_keys", ["job_key", "id"])
    op.execute("DROP INDEX uq_events_job_key_id")
    last = op.get_bind().execute(sa.text("SELECT value FROM meta WHERE key = 'cursor'")).scalar_one()
    first_high = max(LEAST, last + 1)
    for parent in PARENTS:
        op.execute(f"ALTER TABLE {parent} RENAME TO {parent}_p0")
        op.execute(f"ALTER TABLE {parent}_p0 RENAME CONSTRAINT pk_{parent} TO {parent}_p0_pkey")
        op.execute(f"CREATE TABLE {parent} (LIKE {parent}_p0) PARTITION BY RANGE (cursor)")
        op.execute(f"ALTER TABLE {parent} ADD CONSTRAINT pk_{parent} PRIMARY KEY (cursor)")
    for parent, name, what in INDEXES:
        op.execute(f"ALTER INDEX ix_{parent}_{name} RENAME TO {parent}_p0_{name}_idx")
        op.execute(f"CREATE INDEX ix_{parent}_{name} ON {parent} {what}")
    for parent in PARENTS:
        _attach(parent, "MINVALUE", 0, first_high)
        for low in range(first_high, first_high + AHEAD * LEAST, LEAST):
            op.execute(f"CREATE TABLE {parent}_p{low} (LIKE {parent} INCLUDING ALL)")
            _attach(parent, low, low, low + LEAST)
    # Nobody else looks at a parent for the planner, and it has no figures yet.
    op.execute(f"ANALYZE event_keys, {', '.join(PARENTS)}")


def downgrade() -> None:
    """Copy the rows of all partitions into one table."""
    if op.get_bind().dialect.name == "sqlite":
        return
    for parent in PARENTS:
        op.execute(f"CREATE TABLE {parent}_whole (LIKE {parent})")
        op.execute(f"INSERT INTO {parent}_whole SELECT * FROM {parent}")  # noqa: S608  (constants)
        op.execute(f"DROP TABLE {parent}")
        op.execute(f"ALTER TABLE {parent}_whole RENAME TO {parent}")
        op.execute(f"ALTER TABLE {parent} ADD CONSTRAINT pk_{parent} PRIMARY KEY (cursor)")
    for parent, name, what in INDEXES:
        op.execute(f"CREATE INDEX ix_{parent}_{name} ON {parent} {what}")
    op.execute("CREATE UNIQUE INDEX uq_events_job_key_id ON events (job_key, id) WHERE id IS NOT NULL")
    op.drop_table("event_keys")


def _attach(parent: str, bound: int | str, low: int, high: int) -> None:
    op.execute(f"ALTER TABLE {parent} ATTACH PARTITION {parent}_p{low} FOR VALUES FROM ({bound}) TO ({high})")
