"""``flask doctor``: the effective settings, and whether this machine can run the server with them.

To add a check: a function that yields findings, and a row in `CHECKS`.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import click

from app.core.clock import CLOCK
from app.core.errors import ScrapewatchError, sentence
from app.runtime.tls import Pair, Unusable
from app.storage.backup import making
from app.storage.base_series import HOUR_MS
from app.storage.sql import schema, scratch
from app.storage.sql.database import Database, sqlite_note
from app.storage.sql.vacuum import gives_back
from app.storage.stores import open_stores
from config import DAY_MS, Settings, describe

LEAST_FREE_BYTES: Final = 1024**3
CERTIFICATE_DAYS: Final = 14
"""A certificate that ends sooner should have been renewed by now."""
_KEEPS_SPACE: Final = (
    "its file was made by an early version and never shrinks: stop the server once and run `flask --app wsgi vacuum`"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `bad` makes the command fail."""

    level: Literal["ok", "note", "bad"]
    text: str


def command(settings: Settings) -> click.Command:
    """The command over `settings`."""

    @click.command()
    @click.pass_context
    def doctor(context: click.Context) -> None:
        """Print the effective settings and what stands in the way of running with them (exit code 1 if anything)."""
        for name, value in describe(settings):
            click.echo(f"{name}={value}")
        click.echo()
        findings = [finding for check in CHECKS for finding in check(settings)]
        for finding in findings:
            click.echo(f"{finding.level:<4}  {finding.text}")
        context.exit(any(finding.level == "bad" for finding in findings))

    return doctor


def _database(settings: Settings) -> Iterator[Finding]:
    database = Database(settings.database_url, readers=1)
    try:
        schema.require_current(database)
        yield Finding("ok", f"database: reached, at migration {schema.head()}")
        if not gives_back(database):
            yield Finding("note", f"database: {_KEEPS_SPACE}")
    except ScrapewatchError as error:
        yield Finding("bad", f"database: {sentence(error)}")
    finally:
        database.close()
    if database.is_sqlite:
        yield from _sqlite(Path(database.url.database or ""))


def _sqlite(file: Path) -> Iterator[Finding]:
    if note := sqlite_note():
        yield Finding("note", note)
    for each in scratch.left(file):
        yield Finding("note", f"database: {each} is of a restore; if none runs now, the next start deletes it")


def _store(settings: Settings) -> Iterator[Finding]:
    database = Database(settings.database_url, readers=1)
    try:
        stores = open_stores(settings.storage_url, database, CLOCK)
        with closing(stores):
            about = stores.about()
            if about is not None:
                yield Finding("ok", f"store: reached, {about.name} {about.version}")
                yield from (Finding("note", f"store: {note}") for note in about.notes)
    except ScrapewatchError as error:
        yield Finding("bad", f"store: {sentence(error)}")
    finally:
        database.close()


def _backups(settings: Settings) -> Iterator[Finding]:
    if not settings.backup_enabled:
        yield Finding("note", "backups: none are made by themselves (BACKUP_ENABLED)")
        return
    database = Database(settings.database_url, readers=1)
    try:
        making.require(database)
        yield Finding("ok", f"backups: each {settings.backup_interval / HOUR_MS:g} h into {settings.backup_location}")
    except ScrapewatchError as error:
        yield Finding("bad", f"backups: {sentence(error)}")
    finally:
        database.close()


def _process(settings: Settings) -> Iterator[Finding]:
    yield Finding("ok", f"async mode: {settings.async_mode}")
    if settings.web_concurrency > 1:
        yield Finding(
            "note",
            "WEB_CONCURRENCY above 1 is ignored: a server is one process; start several of them, see docs/several.md",
        )


def _tls(settings: Settings) -> Iterator[Finding]:
    if not settings.tls_cert_file or not settings.tls_key_file:
        if not settings.on_loopback and not settings.trusted_proxies:
            yield Finding("note", "tls: none; passwords are refused in the open, tokens are not (TLS_CERT_FILE)")
        return
    pair = Pair(settings.tls_cert_file, settings.tls_key_file)
    try:
        pair.open_context()
        left = pair.expiry().timestamp() * 1_000 / DAY_MS - CLOCK.now_ms() / DAY_MS
        soon = f"tls: the certificate ends in {left:.0f} days" if left > 0 else "tls: the certificate is out of date"
        yield Finding("bad" if left <= 0 else "note" if left < CERTIFICATE_DAYS else "ok", soon)
        host = urlsplit(settings.public_url).hostname or ""
        if not pair.covers(host):
            yield Finding("note", f"tls: the certificate is not for {host}, which browsers come to (PUBLIC_URL)")
        if pair.is_exposed():
            yield Finding("note", f"tls: anybody on this machine may use {pair.key}; chmod o= it")
    except Unusable as error:
        yield Finding("bad", f"tls: {error}")


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    level: Literal["ok", "bad"] = "ok" if free >= LEAST_FREE_BYTES else "bad"
    yield Finding(level, f"disk: {free / 1024**3:.1f} GiB free at DATA_DIR")


CHECKS: Final[tuple[Callable[[Settings], Iterator[Finding]], ...]] = (
    _database,
    _store,
    _backups,
    _process,
    _tls,
    _disk,
)
