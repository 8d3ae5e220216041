"""``flask export``: history as CSV or JSON lines, straight from the database, whether or not a server runs.

The tables and their filters are those of ``/export/…``: see `app.exports.tables` and `app.exports.audit`.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from app.accounts.actors import of_terminal
from app.accounts.audit import Audit, Thing
from app.accounts.opening import open_accounts
from app.cli.base import Group
from app.core.clock import CLOCK
from app.core.errors import InvalidInput, ScrapewatchError
from app.exports.audit import FILTERS as AUDIT_FILTERS
from app.exports.audit import audit as audit_table
from app.exports.lines import FORMATS, Piece
from app.exports.tables import FILTERS, TABLES, Sources, Table
from app.metrics.series import SeriesReader
from app.storage.sql import schema
from app.storage.sql.alerts import SqlAlertStore
from app.storage.sql.database import Database
from app.storage.stores import open_stores
from config import Settings

AUDIT: Final = "audit"
_ABOUT: Final = {
    "events": "Events, newest first.",
    "jobs": "Jobs, newest first.",
    "metrics": "Figures over time: a point a row, a line of them a JSON line.",
    "alerts": "Incidents, newest first.",
    AUDIT: "Who did what, newest first.",
}
_HINTS: Final = {
    "type": "Several by comma.",
    "status": "Several by comma.",
    "state": "Several by comma: firing, acknowledged, resolved.",
    "level": "Errors and logs of that level and above; no other events.",
    "from": "A time, or one ago: -7d.",
    "to": "A time, or one ago: -1h.",
    "fields": "Fields of the data that are columns of their own.",
    "q": "Words, as in the page's search.",
    "who": "Done by somebody of this name.",
    "action": "Several by comma, like rule.change.",
    "kind": "Done to a thing of this kind.",
    "id": "Done to the thing of this id.",
}


def command(settings: Settings) -> click.Command:
    """The group of exports."""
    group = Group("export", help="History as CSV or JSON lines, with the filters of the HTTP export.")
    for name in (*TABLES, AUDIT):
        group.add_command(_command(settings, name))
    return group


def _command(settings: Settings, name: str) -> click.Command:
    def export(form: str | None, output: Path | None, **filters: str | None) -> None:
        form = _format(form, output)
        args = {key.removeprefix("f_"): value for key, value in filters.items() if value is not None}
        with _opened(settings, name) as (table, audit):
            thing = Thing("export", f"{name}.{form}", f"{name}.{form}")
            audit.note(of_terminal(), "export.begin", thing, after={"filters": args})
            try:
                pieces = FORMATS[form](table(args))
            except InvalidInput as error:
                raise click.UsageError(f"--{error.field} {error}") from error
            rows = _write(pieces, output)
            audit.note(of_terminal(), "export.end", thing, after={"rows": rows, "whole": True})
        if output is not None:
            click.echo(f"{rows} rows are in {output}.", err=True)

    params: list[click.Parameter] = [
        click.Option(
            ["--format", "form"],
            type=click.Choice(list(FORMATS)),
            help="By the ending of --output where none is given, else csv.",
        ),
        click.Option(
            ["-o", "--output"], type=click.Path(dir_okay=False, path_type=Path), help="A file; standard output if none."
        ),
        *(click.Option([f"--{key}", f"f_{key}"], help=_HINTS.get(key)) for key in _filters(name)),
    ]
    return click.Command(name, params=params, callback=export, help=_ABOUT[name])


def _format(form: str | None, output: Path | None) -> str:
    """What was asked for, or what the file's name ends in.

    Raises:
        click.UsageError: they contradict each other.
    """
    ending = output.suffix.lower().removeprefix(".") if output else ""
    named = ending if ending in FORMATS else None
    if form and named and form != named:
        raise click.UsageError(f"--format {form} does not go with {output}: leave it out, or name the file otherwise.")
    return form or named or "csv"


def _filters(name: str) -> tuple[str, ...]:
    return AUDIT_FILTERS if name == AUDIT else FILTERS[name]


@contextmanager
def _opened(settings: Settings, name: str) -> Iterator[tuple[Callable[[Mapping[str, str]], Table], Audit]]:
    """What makes the table of that name, and the audit log, which is kept in the database whatever STORAGE_URL is."""
    if name != AUDIT:
        with opened(settings) as (sources, audit):
            yield partial(TABLES[name], sources), audit
        return
    database = Database(settings.database_url, readers=1)
    try:
        schema.require_current(database)
        audit = open_accounts(database, CLOCK).audit
        yield partial(audit_table, audit), audit
    finally:
        database.close()


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[Sources, Audit]]:
    """The stores of the database and the audit log, on connections of the command's own.

    Raises:
        ScrapewatchError: the schema is not the one that the code needs, or events are kept in a server's memory.
    """
    if settings.storage_url.startswith("memory:"):
        raise ScrapewatchError("STORAGE_URL is memory: only the server that holds the events can export them.")
    database = Database(settings.database_url, readers=1)
    try:
        schema.require_current(database)
        stores = open_stores(settings.storage_url, database, CLOCK)
        with closing(stores):
            sources = Sources(
                clock=CLOCK,
                events=stores.events,
                search=stores.search,
                reader=SeriesReader(stores.series, CLOCK),
                incidents=SqlAlertStore(database).incidents,
                rate=lambda _: None,
            )
            yield sources, open_accounts(database, CLOCK).audit
    finally:
        database.close()


def _write(pieces: Iterator[Piece], output: Path | None) -> int:
    """Write all of it and return the number of rows; a file is there when it is whole."""
    if output is None:
        return _copy(pieces, partial(click.echo, nl=False), None)
    part = output.with_name(f"{output.name}.part")
    try:
        with part.open("wb") as file:
            rows = _copy(pieces, file.write, _Bar() if sys.stderr.isatty() else None)
        part.replace(output)
    except OSError as error:
        raise click.ClickException(f"{output} can't be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
    return rows


def _copy(pieces: Iterator[Piece], write: Callable[[bytes], object], bar: "_Bar | None") -> int:
    rows = 0
    for piece in pieces:
        write(piece.text)
        rows += piece.rows
        if bar is not None:
            bar.show(rows, piece.left)
    if bar is not None:
        bar.end()
    return rows


class _Bar:
    """How far it is, on a terminal; what is left when it begins is taken for the whole."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._whole = 0

    def end(self) -> None:
        """Leave the line to what is written next."""
        if self._bar is not None:
            self._bar.render_finish()

    def show(self, rows: int, left: int | None) -> None:
        """Draw it anew."""
        if left is None:
            return
        if self._bar is None:
            self._whole = max(1, left + rows)
            self._bar = click.progressbar(
                length=self._whole, file=sys.stderr, item_show_func=lambda told: told and f"{told} rows"
            )
            self._bar.render_progress()
        self._bar.update(max(0, self._whole - left - self._bar.pos), str(rows))
