"""What the commands on users and tokens share: the accounts of the database, and lists to read or to parse."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click

from app.accounts.opening import Opened, open_accounts
from app.core.clock import CLOCK
from app.storage.base_doorbell import ACCESS
from app.storage.several import ring_once
from app.storage.sql import schema
from app.storage.sql.database import Database
from config import Settings


@contextmanager
def opened(settings: Settings) -> Iterator[Opened]:
    """The accounts in `settings.database_url` and their log, on the command's own connections; servers hear of an end.

    Raises:
        ScrapewatchError: the schema is not the one that the code needs.
    """
    database = Database(settings.database_url, readers=1)
    try:
        schema.require_current(database)
        ended: list[bool] = []
        yield open_accounts(database, CLOCK, lambda: ended.append(True))
        if ended and settings.message_queue_url:
            ring_once(settings.message_queue_url, ACCESS)
    finally:
        database.close()


def show(rows: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """Print `rows`, all of the same keys: as JSON, or as a table with the keys for a head."""
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif rows:
        lines = [[str(name) for name in rows[0]], *([_cell(value) for value in row.values()] for row in rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ",".join(map(str, value)) or "-"
    return "-" if value is None else str(value)
