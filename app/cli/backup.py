"""``flask backup`` and ``flask restore``: one file that holds the database, and the way back from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from app.accounts.actors import of_terminal
from app.accounts.audit import Thing
from app.accounts.opening import open_accounts
from app.cli.bars import progress_bars
from app.cli.base import Command
from app.core.clock import CLOCK
from app.core.errors import ScrapewatchError
from app.status import VERSION
from app.storage.backup import container, making
from app.storage.backup.container import Manifest
from app.storage.backup.schedule import Backups
from app.storage.sql import schema
from app.storage.sql.database import Database
from config import Settings

_MB: Final = 1_000_000
_KEYS: Final = (
    "It does not hold the encryption keys: keep ENCRYPTION_KEYS, or the file encryption_key in DATA_DIR, in another "
    "place. Without them the secrets of channels can't be read after a restore."
)


def backup_command(settings: Settings) -> click.Command:
    """``flask backup [FILE]``."""

    @click.command("backup", cls=Command)
    @click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
    @click.option("--verify", is_flag=True, help="Write nothing: check FILE, byte by byte, and count what is in it.")
    def backup(file: Path | None, *, verify: bool) -> None:
        """Back the database up into FILE, while the server works; by default into BACKUP_LOCATION.

        There the oldest go, so that BACKUP_KEEP stay. Every backup is verified before it gets its name.
        """
        if verify and file is None:
            raise click.UsageError("--verify needs the FILE to check.")
        if verify and file is not None:
            with _told(), progress_bars() as progress:
                manifest = making.verify(file, progress)
            click.echo(f"{file} is whole: {_described(manifest)}.")
            return
        _make(settings, file)

    return backup


def restore_command(settings: Settings) -> click.Command:
    """``flask restore FILE``."""

    @click.command("restore", cls=Command)
    @click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
    @click.option("--force", is_flag=True, help="Replace a database that is not empty.")
    def restore(file: Path, *, force: bool) -> None:
        """Put the backup FILE in the place of the database at DATABASE_URL, empty and served by nobody."""
        with _database(settings) as database, _told(), progress_bars() as progress:
            manifest = making.restore(database, file, progress, force=force)
            if manifest.schema == schema.head():
                _note(database, "backup.restore", file)
        click.echo(f"Restored {_described(manifest)}.")
        if manifest.schema != schema.head():
            click.echo(f"It is at migration {manifest.schema}, {schema.head()} is needed: run `{schema.UPGRADE}`.")

    return restore


def _note(database: Database, action: str, file: Path) -> None:
    """Once it is done: a backup holds no line of itself, and what was noted before a restore is gone with the rest."""
    open_accounts(database, CLOCK).audit.note(of_terminal(), action, Thing("backup", file.name, str(file)))


def _make(settings: Settings, file: Path | None) -> None:
    with _database(settings) as database, _told():
        with progress_bars() as progress:
            if file is None:
                made = Backups(database, settings, VERSION, CLOCK).make(progress).file
            else:
                made = file
                making.make(database, made, VERSION, CLOCK, progress)
        _note(database, "backup.create", made)
        manifest = container.read(made)
    packed = made.stat().st_size
    click.echo(f"{made}: {_described(manifest)}, in {_size(packed)} of {_size(manifest.bytes)}, verified.")
    if not settings.storage_url.startswith(("sqlite", "postgresql")):
        scheme = settings.storage_url.partition(":")[0]
        click.echo(f"Events, jobs and series are kept by STORAGE_URL ({scheme}:) and are not in it.")
    click.echo(_KEYS)


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    database = Database(settings.database_url, readers=1)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _told() -> Iterator[None]:
    """What the system says of files, in one line."""
    try:
        yield
    except OSError as error:
        raise ScrapewatchError(f"{error.filename or 'A file'} can't be used: {error.strerror or error}.") from error


def _described(manifest: Manifest) -> str:
    rows, tables = sum(manifest.counts.values()), len(manifest.counts)
    return f"{rows:,} rows in {tables} tables of {manifest.made_at}, by {manifest.product} {manifest.version}"


def _size(size: int) -> str:
    return f"{size / _MB:.1f} MB" if size >= _MB else f"{size / 1_000:.0f} kB"


COMMANDS: Final = (backup_command, restore_command)
