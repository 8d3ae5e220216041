"""Index jobs by their spider, so that its last runs are at hand."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_jobs_source_query_key", "jobs", ["source", "query", "key"])


def downgrade() -> None:
    op.drop_index("ix_jobs_source_query_key", "jobs")
