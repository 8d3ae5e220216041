"""``flask prune`` and ``flask vacuum``: delete what is too old, or say what that is; and give all of its space back."""

from contextlib import closing
from typing import Final

import click

from app.accounts.actors import of_terminal
from app.accounts.opening import open_accounts
from app.cli.bars import progress_bars
from app.cli.base import Command
from app.core.clock import CLOCK, rfc3339_or_none
from app.core.errors import ScrapewatchError
from app.storage.base_backups import quietly
from app.storage.base_upkeep import Held
from app.storage.retention import Retention, open_retention
from app.storage.sql import schema
from app.storage.sql.database import Database
from app.storage.sql.vacuum import vacuum
from app.storage.stores import open_stores
from config import Settings


def prune_command(settings: Settings) -> click.Command:
    """``flask prune``."""

    @click.command("prune", cls=Command)
    @click.option("--dry-run", is_flag=True, help="Delete nothing: say what there is, and what would go.")
    def prune(*, dry_run: bool) -> None:
        """Delete what is older than RETENTION_…_DAYS say, in slices, and give the space back; the server may work."""
        if settings.storage_url.startswith("memory:"):
            raise ScrapewatchError("STORAGE_URL is memory: only the server that holds the events can delete them.")
        database = Database(settings.database_url, readers=1)
        try:
            schema.require_current(database)
            stores = open_stores(settings.storage_url, database, CLOCK)
            with closing(stores):
                retention = open_retention(stores, CLOCK, settings)
                if not dry_run:
                    open_accounts(database, CLOCK).audit.note(of_terminal(), "store.prune", after=retention.days)
                    click.echo(f"Deleted: {_delete(retention):,} events, groups of errors and buckets of series.")
                    return
                held = retention.held()
        finally:
            database.close()
        if held is None:
            raise ScrapewatchError("The store at STORAGE_URL can't tell what would go.")
        _print(held, retention.days)

    return prune


def _delete(retention: Retention) -> int:
    """Delete what is old; how much there is of it is counted only where somebody looks on."""
    with progress_bars() as progress:
        if progress is quietly:
            return retention.clean_up()
        whole = sum(each.going for each in retention.held() or () if each.kind != "logs")  # which are events
        return retention.clean_up(lambda gone: progress("clean", min(gone, whole), whole))


def _print(held: list[Held], days: dict[str, int]) -> None:
    """The columns pinned and failed are of what is older than it is kept and stays because of its job."""
    click.echo(f"{'':<8}{'rows':>14}{'would go':>14}{'pinned':>12}{'failed':>12}  {'kept for':<10}  oldest")
    for each in held:
        kept = f"{days[each.kind]} days" if each.kind in days else "ever"
        oldest = rfc3339_or_none(each.oldest_ms) or "–"
        stays = f"{each.pinned:>12,}{each.failed:>12,}"
        click.echo(f"{each.kind:<8}{each.rows:>14,}{each.going:>14,}{stays}  {kept:<10}  {oldest}")


def vacuum_command(settings: Settings) -> click.Command:
    """``flask vacuum``."""

    @click.command("vacuum", cls=Command)
    def write_anew() -> None:
        """Write the database at DATABASE_URL anew, without the space that deleted rows have left.

        SQLite's file is rewritten, while no server runs on it, and takes twice the room of the new one meanwhile; from
        then on it gives space back bit by bit. Postgres does this by itself; here it does it at once, beside servers.
        """
        database = Database(settings.database_url, readers=1)
        try:
            schema.require_current(database)
            with progress_bars() as progress:
                before, after = vacuum(database, progress)
        finally:
            database.close()
        click.echo(f"{before:,} bytes before, {after:,} after.")
        if not database.is_sqlite:
            click.echo("Postgres keeps its files for later rows; VACUUM FULL, which locks a table, would shrink them.")

    return write_anew


COMMANDS: Final = (prune_command, vacuum_command)
