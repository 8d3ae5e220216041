"""Create the groups of errors, and those that are muted."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "error_groups",
        sa.Column("job_key", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("url_template", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("first_ms", sa.BigInteger, nullable=False),
        sa.Column("last_ms", sa.BigInteger, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("sample", sa.BigInteger, nullable=False),
        sa.Column("course", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("job_key", "fingerprint", name="pk_error_groups"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_error_groups_fingerprint_job_key", "error_groups", ["fingerprint", "job_key"])
    op.create_index("ix_error_groups_last_ms", "error_groups", ["last_ms"])
    op.create_table(
        "muted_errors",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("muted_by", sa.Text, nullable=False),
        sa.Column("muted_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("source", "query", "fingerprint", name="pk_muted_errors"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("muted_errors")
    op.drop_table("error_groups")
    op.execute("DELETE FROM meta WHERE key = 'grouped'")
