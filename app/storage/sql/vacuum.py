"""A database written anew without the space that deleted rows have left, for whoever can do without it meanwhile.

SQLite's file is rewritten as a whole, its index of words merged, and from then on gives space back bit by bit, which
early ones don't.
Postgres looks after itself; here it does so at once, and its statistics are made anew. Of a table in partitions these
are cleaned one by one, and never the whole: whoever did that would hold up a server that makes the next partition, and
with it all that comes in.
"""

import shutil
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, NullPool, create_engine, exc

from app.core.errors import ScrapewatchError
from app.storage.base_backups import Progress
from app.storage.sql.claim import Claim
from app.storage.sql.database import Database, translated
from app.storage.sql.migrate import models
from app.storage.sql.texts import TABLE as TEXTS

INCREMENTAL: Final = 2
"""SQLite's word for files that give space back bit by bit."""
_MERGE: Final = "INSERT INTO event_texts (event_texts) VALUES ('optimize')"
"""The index of words keeps those of deleted events until their part of it is merged; this merges all of it."""
_SERVED: Final = (
    "A server runs on this database: stop it first. SQLite's file is written anew as a whole, and a server could store "
    "nothing meanwhile."
)
_HAS_WORDS: Final = "SELECT count(*) FROM sqlite_schema WHERE name = 'event_texts'"
_STATEMENTS: Final = ("PRAGMA auto_vacuum = INCREMENTAL", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)")
_LEAVES: Final = (
    "SELECT c.relname FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid"
    " LEFT JOIN pg_class p ON p.oid = i.inhparent"
    " WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace"
    " AND coalesce(p.relname, c.relname) = ANY(%s) ORDER BY 1"
)
"""Of some tables those that have rows: the partitions of one that is in partitions."""
_GONE: Final = "42P01"


class Vacuumed(NamedTuple):
    """Bytes of the database before and after."""

    before: int
    after: int


def gives_back(database: Database) -> bool:
    """Whether deleted rows' space can go back to the disk bit by bit, or is looked after by the database itself."""
    if not database.is_sqlite:
        return True
    return database.read(lambda connection: _ask(connection, "auto_vacuum")) == INCREMENTAL


def vacuum(database: Database, progress: Progress) -> Vacuumed:
    """Write SQLite's file anew, or have Postgres clean up our tables, beside servers.

    Raises:
        ScrapewatchError: a server runs on the file, or the disk has no room for a second one.
        Unavailable: somebody else writes to it, the disk is full after all, or the server is gone.
    """
    return _sqlite(database, progress) if database.is_sqlite else _postgres(database, progress)


def _sqlite(database: Database, progress: Progress) -> Vacuumed:
    claim = Claim(database)
    claim.take_at_once(_SERVED)
    try:
        file = Path(database.url.database or "")
        before = _size(file)
        _require_room(database, file)
        with translated(), database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            driver: Any = connection.connection.driver_connection
            has_words = driver.execute(_HAS_WORDS).fetchone()[0]  # early files have none
            statements = (_MERGE, *_STATEMENTS) if has_words else _STATEMENTS
            for number, statement in enumerate(statements, 1):
                progress("clean", number - 1, len(statements))
                driver.execute(statement)
        progress("clean", len(statements), len(statements))
        return Vacuumed(before, _size(file))
    finally:
        claim.release()


def _require_room(database: Database, file: Path) -> None:
    """The new file is written beside the old one, then into its log, before the old one goes."""
    pages, free, size = database.read(
        lambda connection: tuple(_ask(connection, name) for name in ("page_count", "freelist_count", "page_size"))
    )
    needed, there = 2 * (pages - free) * size, shutil.disk_usage(file.parent).free
    if there < needed:
        raise ScrapewatchError(
            f"This takes {needed / 1e6:,.1f} MB of free disk, and there are {there / 1e6:,.1f} MB at {file.parent}."
        )


def _postgres(database: Database, progress: Progress) -> Vacuumed:
    engine = create_engine(database.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    size = "SELECT pg_database_size(current_database())"
    with translated(), engine.connect() as connection:
        before = connection.exec_driver_sql(size).scalar_one()
        names = connection.exec_driver_sql(_LEAVES, ([*models().tables, TEXTS],)).scalars().all()
        for number, name in enumerate(names, 1):
            _clean(connection, name)
            progress("clean", number, len(names))
        return Vacuumed(before, connection.exec_driver_sql(size).scalar_one())


def _clean(connection: Connection, name: str) -> None:
    try:
        connection.exec_driver_sql(f"VACUUM (ANALYZE) {name}")
    except exc.ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != _GONE:  # an old partition, which the server has dropped meanwhile
            raise


def _ask(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())


def _size(file: Path) -> int:
    """With its log."""
    return sum(part.stat().st_size for part in (file, Path(f"{file}-wal")) if part.exists())
