"""Create the index of the words of errors and logs."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        # Words come taken apart and folded; the letters Co are those that signs of the house's own begin with.
        op.execute(
            "CREATE VIRTUAL TABLE event_texts USING fts5(words, columnsize=0,"
            " tokenize=\"unicode61 remove_diacritics 0 categories 'L* N* Co'\")"
        )
        return
    op.execute(
        "CREATE TABLE event_texts"
        " (cursor bigint NOT NULL CONSTRAINT pk_event_texts PRIMARY KEY, words tsvector NOT NULL)"
    )
    op.execute("CREATE INDEX ix_event_texts_words ON event_texts USING gin (words)")


def downgrade() -> None:
    op.execute("DROP TABLE event_texts")
    op.execute("DELETE FROM meta WHERE key = 'indexed'")
