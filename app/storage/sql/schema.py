"""The schema of the database: which migration it has, which one the code needs, and the way from one to the other.

The web process never migrates: it calls `require_current` and refuses to serve on any other schema. The command
``flask --app wsgi db upgrade`` and the tests call `upgrade`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData

from app.core.errors import ScrapewatchError
from app.storage.sql.database import Database, translated
from app.storage.sql.metadata import metadata

ROOT: Final = Path(__file__).resolve().parents[3]
UPGRADE: Final = "flask --app wsgi db upgrade"


def models() -> MetaData:
    """Every table of the house: all modules of this package are loaded, so that none can be forgotten."""
    package = __name__.rpartition(".")[0]
    for module in iter_modules(import_module(package).__path__, f"{package}."):
        import_module(module.name)
    return metadata


def head() -> str:
    """The migration that the code needs."""
    found = ScriptDirectory.from_config(_alembic()).get_current_head()
    if found is None:
        raise ScrapewatchError("There are no migrations beside the code.")
    return found


def current(database: Database) -> str | None:
    """The migration that the database has; None before the first, and where SQLite's file is not there yet.

    Raises:
        Unavailable: the database can't be reached.
    """
    if database.is_sqlite and not Path(database.url.database or "").exists():
        return None
    return database.read(lambda connection: MigrationContext.configure(connection).get_current_revision())


def require_current(database: Database) -> None:
    """Do nothing when the database has the schema that the code needs.

    Raises:
        ScrapewatchError: it is older, and the message names the command that helps; or it is newer.
        Unavailable: the database can't be reached.
    """
    found, needed = current(database), head()
    if found == needed:
        return
    if found is None or found in _known():
        state = f"at migration {found}" if found else "empty"
        raise ScrapewatchError(f"The database is {state}, migration {needed} is needed: run `{UPGRADE}`.")
    raise ScrapewatchError(f"The database is at migration {found}, newer than this version of the code ({needed}).")


def upgrade(url: str, progress: Callable[[str], None] = lambda _: None) -> None:
    """Bring the database at `url` to the schema that the code needs, in one transaction; `progress` is told each step.

    Raises:
        ScrapewatchError: the database is newer than the code.
        Unavailable: the database can't be reached.
    """
    with prepared(url, progress) as config:
        command.upgrade(config, "head")


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection fit for migrations, outside any transaction.

    SQLite rebuilds a table to change it; with foreign keys on, dropping the old one would empty those that refer to it.
    Its folder and file are made for their owner alone.

    Raises:
        Unavailable: the database can't be reached.
    """
    database = Database(url, readers=1)
    if database.is_sqlite and database.url.database:
        file = Path(database.url.database)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
    try:
        with translated(), database.engine.connect() as connection:
            if database.is_sqlite:
                connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")
            yield connection
    finally:
        database.close()


@contextmanager
def prepared(url: str, progress: Callable[[str], None] = lambda _: None) -> Iterator[Config]:
    """Alembic's settings, with a connection to `url` for ``migrations/env.py``: fit for any of its commands."""
    config = _alembic()
    with connected(url) as connection:
        config.attributes.update(connection=connection, progress=progress)
        yield config


def _alembic() -> Config:
    return Config(toml_file=ROOT / "pyproject.toml")


def _known() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions()}
