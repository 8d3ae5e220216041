"""Whether SQLite's file is whole: asked before it is served or migrated, so that damage is told and never built upon.

Postgres keeps checksums of its own and refuses by itself.
"""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, exc

from app.core.errors import ScrapewatchError
from app.storage.sql.database import Database

CHECKED_BYTES: Final = 128 * 1024 * 1024
"""Files up to this size are looked through page by page, in less than a second; of larger ones only the beginning."""


def require_whole(database: Database) -> None:
    """Do nothing when the file is whole, empty or not there.

    Raises:
        ScrapewatchError: it is damaged; the message says what is wrong and what to do. Nothing was changed.
        Unavailable: it can't be read at all.
    """
    file = Path(database.url.database or "")
    if not database.is_sqlite or not file.is_file():
        return
    thorough = file.stat().st_size <= CHECKED_BYTES
    try:
        found = database.read(lambda connection: _wrong(connection, thorough=thorough))
    except exc.DatabaseError as error:
        found = str(error.orig)
    if found:
        raise ScrapewatchError(
            f"The database {file} is damaged: {found}. Nothing was changed. Put a backup in its place, or move it away"
            " together with the files beside it and begin with an empty one: `flask --app wsgi db upgrade`."
        )


def _wrong(connection: Connection, *, thorough: bool) -> str:
    """What SQLite finds wrong first; empty when nothing is."""
    look = "PRAGMA quick_check(1)" if thorough else "SELECT 'ok' FROM sqlite_schema LIMIT 1"
    found = connection.exec_driver_sql(look).scalar()
    return "" if found in {"ok", None} else " ".join(str(found).split())
