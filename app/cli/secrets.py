"""``flask secrets``: how channels' secrets are encrypted at rest."""

import click

from app.cli.base import Group
from app.core.clock import CLOCK
from app.core.errors import ScrapewatchError
from app.notify.office import open_channels
from app.storage.sql import schema
from app.storage.sql.database import Database
from config import Settings


def command(settings: Settings) -> click.Command:
    """The group of commands on secrets."""
    group = Group("secrets", help="How channels' secrets are encrypted at rest.")

    @group.command()
    def rotate() -> None:
        """Encrypt every secret anew, with the first of ENCRYPTION_KEYS and by ENCRYPTION_ALGORITHM.

        To change the key: put the new one before the old, restart the server, run this, then take the old one away.
        """
        database = Database(settings.database_url, readers=1)
        try:
            schema.require_current(database)
            done, lost = open_channels(settings, database, CLOCK).rotate()
        finally:
            database.close()
        click.echo(f"Channels whose secrets are encrypted anew: {done}")
        if lost:
            raise ScrapewatchError(f"{lost} could not be read: the key that they were encrypted with is missing.")

    return group
