"""The way from one schema of the database to another: runs the migrations, by Alembic.

The command ``flask --app wsgi db upgrade`` and the tests call `upgrade`. The web process never migrates, and does not
load Alembic; it asks `schema`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData

from app.storage.sql.damage import require_whole
from app.storage.sql.database import Database, translated
from app.storage.sql.metadata import metadata
from app.storage.sql.schema import ROOT


def models() -> MetaData:
    """Every table of the house: all modules of this package are loaded, so that none can be forgotten."""
    package = __name__.rpartition(".")[0]
    for module in iter_modules(import_module(package).__path__, f"{package}."):
        import_module(module.name)
    return metadata


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
        ScrapewatchError: the database is damaged.
        Unavailable: the database can't be reached.
    """
    database = Database(url, readers=1)
    if database.is_sqlite and database.url.database:
        file = Path(database.url.database)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
    try:
        require_whole(database)
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
