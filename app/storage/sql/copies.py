"""Copies of SQLite's database, made page by page in one reading transaction, so that the writer never waits.

SQLite's own way of copying (its backup API) begins anew whenever another connection has written, and would never end
under a server that is busy. Within a transaction that has read already it stays at that moment to the end. Meanwhile
the log can't begin anew and grows by what is written.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, exc

from app.core.errors import ScrapewatchError
from app.storage.base_backups import FILE_MODE, Copied, Progress
from app.storage.sql import scratch
from app.storage.sql.database import Database

Ask = Callable[[str], Sequence[Any]]
"""Runs a query and returns its rows."""

_PAGES: Final = 1_024
"""Copied between two looks at whether to go on: 4 MB."""
_STEPS: Final = 1_000_000
"""Of SQLite's machine, between two such looks."""
_TABLES: Final = (
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%'"
    " ESCAPE '\\' ORDER BY name"
)
"""Those that hold rows of ours, and not what virtual tables make of them."""


class SqliteCopies:
    """See `Copier`."""

    engine = "sqlite"
    title = "SQLite"
    file = "scrapewatch.db"

    def __init__(self, database: Database) -> None:
        self._database = database
        self._place = Path(database.url.database or "")

    def require(self) -> None:
        """See `Copier`: it is all in SQLite itself."""

    def copy(self, to: Path, progress: Progress) -> Copied:
        """See `Copier`."""

        def work(connection: Connection) -> Copied:
            # Begins the transaction: what is counted is what is copied.
            copied = _about(lambda sql: connection.exec_driver_sql(sql).all())
            source: Any = connection.connection.driver_connection
            os.close(os.open(to, os.O_CREAT | os.O_EXCL, FILE_MODE))
            with closing(sqlite3.connect(to, isolation_level=None)) as target:
                target.execute("PRAGMA synchronous = OFF")  # whatever is not whole afterwards is thrown away
                source.backup(
                    target, pages=_PAGES, progress=lambda _, left, pages: progress("copy", pages - left, pages)
                )
            return copied

        with _told(to):
            return self._database.read(work)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """See `Copier`: beside the database, so that the copy need only take its name."""
        with scratch.folder(self._place) as folder:
            yield folder

    def is_empty(self) -> bool:
        """See `Copier`."""
        if not self._place.exists():
            return True
        try:
            return not self._database.read(lambda connection: connection.exec_driver_sql(_TABLES).all())
        except exc.DatabaseError:  # something is there that can't be read: to replace it is for others to decide
            return False

    def put_back(self, file: Path, progress: Progress) -> None:
        """See `Copier`."""
        self._database.close()
        progress("restore", 0, 1)
        _sync(file)  # or a loss of power leaves the name, and nothing behind it
        # The log belongs to the old file and would be read into the new one.
        for name in (f"{self._place.name}-wal", f"{self._place.name}-shm"):
            self._place.with_name(name).unlink(missing_ok=True)
        file.chmod(FILE_MODE)
        file.replace(self._place)
        _sync(self._place.parent)
        progress("restore", 1, 1)


def examine(file: Path, progress: Progress) -> dict[str, int]:
    """See `Examine`."""
    address = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection, _stoppable(connection, progress):
            found = " ".join(str(row[0]) for row in connection.execute("PRAGMA integrity_check(3)"))
            if found == "ok":
                return _counts(lambda sql: connection.execute(sql).fetchall())
    except sqlite3.DatabaseError as error:
        progress("check", 0, 0)  # it may be that which has ended the look
        found = str(error)
    raise ScrapewatchError(f"The copy of the database is damaged: {' '.join(found.split())}.")


def _about(ask: Ask) -> Copied:
    ((schema,),) = ask("SELECT version_num FROM alembic_version")
    return Copied(sqlite3.sqlite_version, str(schema), _counts(ask))


def _counts(ask: Ask) -> dict[str, int]:
    found = {name: ask(f'SELECT count(*) FROM "{name}"') for (name,) in ask(_TABLES)}  # noqa: S608  (of the schema)
    return {name: rows[0][0] for name, rows in found.items()}


def _sync(place: Path) -> None:
    """Have what is written to a file, or into a folder, on the disk."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _stoppable(connection: sqlite3.Connection, progress: Progress) -> Iterator[None]:
    """Ask now and then whether to go on: a look at all of a large file takes minutes."""

    def stopped() -> bool:
        try:
            progress("check", 0, 0)
        except ScrapewatchError:
            return True
        return False

    connection.set_progress_handler(stopped, _STEPS)
    yield


@contextmanager
def _told(to: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:  # of the copy; the database's own are translated already
        raise ScrapewatchError(f"The copy in {to.parent} can't be written: {error}.") from error
