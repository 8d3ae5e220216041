"""Let jobs be pinned, remember those whose events outlive the others', and merge the index of words bit by bit."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("pinned", sa.Boolean(), nullable=False, server_default=sa.false()))
    pinned = sa.text("pinned")
    op.create_index("ix_jobs_pinned_key", "jobs", ["key"], sqlite_where=pinned, postgresql_where=pinned)
    op.create_table(
        "kept_jobs",
        sa.Column("job_key", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_kept_jobs_cursor", "kept_jobs", ["cursor"])
    if op.get_bind().dialect.name == "sqlite":
        # At 16 segments of a level FTS5 would merge all of them within whatever transaction is at hand, which takes
        # four times as long then; merging a little with each, which it does as well, keeps them at about ten.
        op.execute("INSERT INTO event_texts (event_texts, rank) VALUES ('crisismerge', 1999)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("INSERT INTO event_texts (event_texts, rank) VALUES ('crisismerge', 16)")
    op.drop_table("kept_jobs")
    op.drop_index("ix_jobs_pinned_key", "jobs")
    op.drop_column("jobs", "pinned")
