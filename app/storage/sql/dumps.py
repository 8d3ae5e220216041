"""Copies of a Postgres database, made and put back by its own programs, pg_dump and pg_restore.

They must fit: pg_dump refuses a server newer than itself. The dump is of a moment that this process took and counted
(an exported snapshot); nobody who writes waits.
"""

import json
import os
import re
import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import Connection

from app.core.errors import ScrapewatchError, Unavailable
from app.storage.base_backups import FILE_MODE, Copied, Progress
from app.storage.sql import dump_rows, programs
from app.storage.sql.database import Database

_TABLES: Final = (
    "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
    " AND relnamespace = current_schema()::regnamespace ORDER BY 1"
)
"""A table in partitions counts as one."""
_TRIGGERED: Final = "refuse_change_of_audit"
"""What triggers of our tables call, which does not go with them."""


class PostgresCopies:
    """See `Copier`."""

    engine = "postgresql"
    title = "PostgreSQL"
    file = "scrapewatch.dump"

    def __init__(self, database: Database) -> None:
        self._database = database

    def require(self) -> None:
        """See `Copier`."""
        version = self._database.read(lambda connection: connection.exec_driver_sql("SHOW server_version").scalar_one())
        programs.find("pg_dump", programs.major(str(version)))
        programs.find("pg_restore")

    def copy(self, to: Path, progress: Progress) -> Copied:
        """See `Copier`."""

        def work(connection: Connection) -> Copied:
            snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
            copied = _about(connection)
            size = int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())
            dump = programs.find("pg_dump", programs.major(copied.version))
            os.close(os.open(to, os.O_CREAT | os.O_EXCL, FILE_MODE))
            with self._address() as address:
                # What is packed afterwards is not compressed before.
                # Rows of partitions are those of their table, whatever partitions that has where they are put back.
                options = ("--format=custom", "--compress=0", "--load-via-partition-root", f"--snapshot={snapshot}")
                programs.run(
                    [dump, *options, f"--file={to}", f"--dbname={address}"],
                    lambda: progress("copy", min(to.stat().st_size, size), size),
                )
            return copied

        return self._database.read(work, long=True)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """See `Copier`."""
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)

    def is_empty(self) -> bool:
        """See `Copier`."""
        return not self._database.read(lambda connection: connection.exec_driver_sql(_TABLES).all())

    def put_back(self, file: Path, progress: Progress) -> None:
        """See `Copier`: in one transaction. What the copy does not know stays, so that there must be none of it."""
        found = {row[0] for row in self._database.read(lambda connection: connection.exec_driver_sql(_TABLES).all())}
        restore = programs.find("pg_restore")
        strange = found - _listed(restore, file)
        if strange:
            names = ", ".join(sorted(strange))
            raise ScrapewatchError(f"The database has tables that the backup does not know: {names}. Empty it first.")
        options = ("--no-owner", "--no-privileges")
        with self._address() as address:
            if found:
                script = file.with_suffix(".sql")
                programs.run([restore, *options, f"--file={script}", str(file)], lambda: progress("restore", 0, 0))
                command = _replacing(found, script)
            else:
                command = [restore, *options, "--single-transaction", "--exit-on-error", str(file)]
            programs.run([*command, f"--dbname={address}"], lambda: progress("restore", 0, 0))
        progress("restore", 1, 1)

    @contextmanager
    def _address(self) -> Iterator[str]:
        """For a program's command line, which everybody can read: the password is in a file of its own."""
        url = self._database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        parts = conninfo_to_dict(url)
        password = str(parts.pop("password", "") or "")
        with tempfile.TemporaryDirectory() as folder:
            if password:
                file = Path(folder) / "pgpass"
                os.close(os.open(file, os.O_CREAT | os.O_EXCL, FILE_MODE))
                file.write_text("*:*:*:*:" + re.sub(r"([\\:])", r"\\\1", password) + "\n", encoding="utf-8")
                parts["passfile"] = str(file)
            yield make_conninfo("", **parts)


def examine(file: Path, progress: Progress) -> dict[str, int]:
    """See `Examine`: all of it is read, and each table's rows are counted."""
    command = [sys.executable, "-I", dump_rows.__file__, programs.find("pg_restore"), str(file)]
    try:
        found = programs.run(command, lambda: progress("check", 0, 0))
    except Unavailable:
        raise
    except ScrapewatchError as error:
        raise ScrapewatchError(f"The copy of the database can't be read: {error}") from error
    counts: dict[str, int] = json.loads(found)
    return counts


def _about(connection: Connection) -> Copied:
    ask = connection.exec_driver_sql
    version = str(ask("SHOW server_version").scalar_one()).split(maxsplit=1)[0]
    schema = str(ask("SELECT version_num FROM alembic_version").scalar_one())
    names = [str(row[0]) for row in ask(_TABLES)]
    return Copied(version, schema, {name: ask(f'SELECT count(*) FROM "{name}"').scalar_one() for name in names})  # noqa: S608


def _replacing(found: Collection[str], script: Path) -> list[str]:
    """How to run the script in the place of these tables: pg_restore can't drop tables that are in partitions.

    The functions of their triggers go, too.
    """
    drop = f"DROP TABLE {', '.join(sorted(found))} CASCADE; DROP FUNCTION IF EXISTS {_TRIGGERED}"
    options = ("--no-psqlrc", "--quiet", "--output=/dev/null", "--single-transaction", "--set=ON_ERROR_STOP=1")
    return [programs.find("psql"), *options, f"--command={drop}", f"--file={script}"]


def _listed(restore: str, file: Path) -> set[str]:
    """The tables in a dump."""
    return set(re.findall(r" TABLE \S+ (\S+) ", programs.run([restore, "--list", str(file)])))
