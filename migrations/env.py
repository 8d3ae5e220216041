"""How Alembic runs the migrations: on the connection it is handed, else (the `alembic` command) on DATABASE_URL's."""

import re
from collections.abc import Callable

from alembic import context
from alembic.runtime.migration import MigrationInfo
from alembic.script import Script
from sqlalchemy import Connection

import config
from app.storage.sql import migrate as migrate_schema
from app.storage.sql.texts import TABLE

_OUTSIDE = re.compile(rf"{TABLE}|events_p\d")
"""Tables that the models know nothing of: that of words, and partitions of the events."""


def migrate(connection: Connection, progress: Callable[[str], None]) -> None:
    """Run what was asked for in one transaction, on SQLite too, so that a failure leaves nothing half done."""

    def told(ctx: object, step: MigrationInfo, heads: object, run_args: object) -> None:  # noqa: ARG001  (the hook's)
        if isinstance(step.up_revision, Script):
            progress(step.up_revision.doc if step.is_upgrade else f"Undo: {step.up_revision.doc}")

    context.configure(
        connection=connection,
        target_metadata=migrate_schema.models(),
        render_as_batch=True,
        transactional_ddl=True,
        compare_server_default=True,
        include_name=lambda name, kind, _: not (kind == "table" and _OUTSIDE.match(str(name))),
        include_object=lambda item, *_: item.info.get("dialect", connection.dialect.name) == connection.dialect.name,
        on_version_apply=told,
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Take the caller's connection, or open one."""
    given = context.config.attributes
    if "connection" in given:
        migrate(given["connection"], given["progress"])
        return
    with migrate_schema.connected(config.load().database_url) as connection:
        migrate(connection, print)


main()
