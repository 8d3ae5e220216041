"""``flask secrets``: how channels' secrets are encrypted at rest."""

import click

from app.accounts.actors import of_terminal
from app.accounts.audit import Audit
from app.accounts.opening import open_accounts
from app.cli.base import Group
from app.core.clock import CLOCK
from app.core.errors import ScrapewatchError
from app.notify.office import open_channels
from app.notify.service import Channels
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
            channels, audit = open_channels(settings, database, CLOCK), open_accounts(database, CLOCK).audit
            done, lost = audit.together(lambda: _rotated(channels, audit))
        finally:
            database.close()
        click.echo(f"Channels whose secrets are encrypted anew: {done}")
        if lost:
            raise ScrapewatchError(f"{lost} could not be read: the key that they were encrypted with is missing.")

    return group


def _rotated(channels: Channels, audit: Audit) -> tuple[int, int]:
    done, lost = channels.rotate()
    audit.note(of_terminal(), "secrets.rotate", after={"channels": done, "unreadable": lost})
    return done, lost
