"""``flask storage pack``, ``unpack`` and ``packed``: bodies of finished jobs' events, packed now rather than later."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

import click

from app.cli.bars import progress_bars
from app.cli.base import Command
from app.core.clock import CLOCK
from app.core.errors import ScrapewatchError
from app.storage import packing
from app.storage.base_packing import Packed, Packing
from app.storage.sql import schema
from app.storage.sql.database import Database
from app.storage.stores import open_stores
from config import Settings

_NONE: Final = "The store at STORAGE_URL packs nothing, or by itself: only SQLite and Postgres do it so."


def pack(settings: Settings) -> click.Command:
    """``flask storage pack``."""

    @click.command("pack", cls=Command)
    def command() -> None:
        """Pack the bodies of all finished jobs' events now, in slices; the server may work."""
        with _opened(settings) as store, progress_bars() as progress:
            before_ms = CLOCK.now_ms()
            whole = store.waiting(before_ms)

            def told(_: int) -> None:
                progress("pack", whole - store.waiting(before_ms), whole)

            done = packing.pack(store, before_ms, told)
            now = store.packed()
        click.echo(f"Packed: the bodies of {done:,} events.")
        _print(now)

    return command


def unpack(settings: Settings) -> click.Command:
    """``flask storage unpack``."""

    @click.command("unpack", cls=Command)
    def command() -> None:
        """Put all packed bodies back, in slices; the server may work. For good with STORAGE_COMPRESSION=false only."""
        with _opened(settings) as store, progress_bars() as progress:
            whole, done = store.packed().events, 0

            def told(went: int) -> None:
                nonlocal done
                done += went
                progress("unpack", done, whole)

            went = packing.unpack(store, told)
        click.echo(f"Unpacked: the bodies of {went:,} events.")
        if settings.storage_compression:
            click.echo("A server packs them again within minutes, unless STORAGE_COMPRESSION is false.")

    return command


def packed(settings: Settings) -> click.Command:
    """``flask storage packed``."""

    @click.command("packed", cls=Command)
    def command() -> None:
        """Say how many bodies are packed, how much smaller they are, and what that has cost."""
        with _opened(settings) as store:
            _print(store.packed())

    return command


COMMANDS: Final = (pack, unpack, packed)


@contextmanager
def _opened(settings: Settings) -> Iterator[Packing]:
    database = Database(settings.database_url, readers=1)
    try:
        schema.require_current(database)
        with closing(open_stores(settings.storage_url, database, CLOCK)) as stores:
            if stores.packing is None:
                raise ScrapewatchError(_NONE)
            yield stores.packing
    finally:
        database.close()


def _print(now: Packed) -> None:
    if now.ratio is None:
        click.echo("Nothing is packed.")
        return
    click.echo(
        f"The bodies of {now.events:,} events are packed: {now.letters:,} bytes became {now.size_bytes:,},"
        f" {f'{now.ratio:.1f} times smaller' if now.ratio > 1 else 'no smaller, as they are few and short'}."
    )
    if now.cost_ms is not None:
        click.echo(f"Packing takes {now.cost_ms:.1f} ms of CPU per 1,000 events.")
