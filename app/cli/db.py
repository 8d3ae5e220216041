"""``flask db``: bring the database's schema to the one that the code needs, or say whether it is."""

import click

from app.cli.base import Group
from app.storage.sql import migrate, schema
from app.storage.sql.database import Database
from config import Settings


def command(settings: Settings) -> click.Command:
    """The group of commands on the database at `settings.database_url`."""
    group = Group("db", help="The database's schema.")

    @group.command()
    def upgrade() -> None:
        """Run the migrations that the database has not had yet; LOG_LEVEL=DEBUG names each."""
        done = 0

        def told(step: str) -> None:
            nonlocal done
            done += 1
            if settings.log_level == "DEBUG":
                click.echo(f"Migration: {step}")

        migrate.upgrade(settings.database_url, told)
        steps = f"Database made ready, {done} step{'s' * (done > 1)}: it" if done else "The database"
        click.echo(f"{steps} is at migration {schema.head()}.")

    @group.command()
    def check() -> None:
        """Say whether the database has the schema that the code needs (exit code 1 if not)."""
        database = Database(settings.database_url, readers=1)
        try:
            schema.require_current(database)
        finally:
            database.close()
        click.echo(f"The database is at migration {schema.head()}, as it should be.")

    return group
