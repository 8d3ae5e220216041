"""``flask storage``: moving a store, packing it.

``copy``: all that one holds into another, and what to set then. ``empty``: so that one may be copied to once more.
"""

import sys
from contextlib import closing
from typing import Final

import click

from app.accounts.actors import of_terminal
from app.accounts.opening import open_accounts
from app.cli import packing
from app.cli.bars import progress_bars
from app.cli.base import Group
from app.core.clock import CLOCK
from app.core.errors import ScrapewatchError
from app.storage.copying.addresses import shown
from app.storage.copying.copier import Report
from app.storage.copying.emptying import contents
from app.storage.copying.opening import Move, copier, planned
from app.storage.sql import schema
from app.storage.sql.database import Database
from config import Settings

_KEYS: Final = "Keep ENCRYPTION_KEYS and SECRET_KEY, or their files in DATA_DIR: what they lock was copied as it is."


def command(settings: Settings) -> click.Command:
    """The group of commands on the store at `settings.storage_url`."""
    group = Group("storage", help="The store of events, jobs and series.")

    @group.command("copy")
    @click.option("--to", "to", required=True, metavar="URL", help="The empty store, as STORAGE_URL would name it.")
    @click.option("--ahead", is_flag=True, help="Copy events alone, while a server works on the source.")
    def copy(to: str, *, ahead: bool) -> None:
        """Copy all that STORAGE_URL holds into an empty store, and compare both. A database takes all of DATABASE_URL.

        Stop the server first. When it may not stand still for so long, copy --ahead until little is new, stop the
        server, and copy once more without. A copy that was broken off goes on where it was.
        """
        move = planned(settings.database_url, settings.storage_url, to)
        with progress_bars() as progress, copier(move, CLOCK, progress, ahead=ahead) as copying:
            report = copying.ahead() if ahead else copying.run()
        if ahead:
            click.echo(f"{report.new:,} new events copied. Stop the server and run this without --ahead for the rest.")
            return
        _tell(report, move)

    @group.command("empty")
    @click.argument("url")
    @click.option("--yes", is_flag=True, help="Do not ask.")
    def empty(url: str, *, yes: bool) -> None:
        """Delete all that the store at URL holds, so that another may be copied there. Never the one in use.

        Stop whatever else uses it. Of another database accounts, rules and the rest go, too. Of the one at
        DATABASE_URL, when STORAGE_URL names another store, only events, jobs and series do.
        """
        with contents(settings.database_url, settings.storage_url, url, CLOCK) as found:
            counts = ", ".join(f"{count:,} {part}" for part, count in found.counts.items()) or "nothing"
            if found.counts and not yes:
                if not sys.stdin.isatty():
                    raise ScrapewatchError(f"{found.name} holds {counts}. Add --yes to delete all of it.")
                click.confirm(f"{found.name} holds {counts}. Delete all of it?", abort=True)
            found.empty()
        _note(settings)
        click.echo(f"{found.name} is empty; it held {counts}.")

    for make in packing.COMMANDS:
        group.add_command(make(settings))
    return group


def _note(settings: Settings) -> None:
    """In the audit log of the database in use, where there is one."""
    with closing(Database(settings.database_url, readers=1)) as database:
        if schema.current(database) == schema.head():
            open_accounts(database, CLOCK).audit.note(of_terminal(), "store.empty")


def _tell(report: Report, move: Move) -> None:
    if report.differences:
        for each in report.differences:
            click.echo(each, err=True)
        raise ScrapewatchError(
            "The target is not the same as the source. Run this again; if it is still not, empty the target first"
            " (`flask --app wsgi storage empty URL`)."
        )
    counts = ", ".join(f"{count:,} {part}" for part, count in report.counts.items() if count)
    click.echo(f"{report.new:,} new events copied; both sides are equal: {counts or 'nothing at all'}.")
    for line in _settings(move):
        click.echo(line)


def _settings(move: Move) -> list[str]:
    """What is to be changed, so that the server uses the target."""
    if not move.to_sql:
        return [f"Now set STORAGE_URL={shown(move.to)} (with its user and password, if any). DATABASE_URL stays."]
    if move.goes_home:
        return ["Now remove STORAGE_URL: all is in the database at DATABASE_URL."]
    lines = [f"Now set DATABASE_URL={shown(move.to)} (with its user and password, if any)."]
    if move.storage_url != move.database_url:
        lines.append("Remove STORAGE_URL.")
    return [*lines, _KEYS]
