"""Which migration the database has, and which one the code needs.

The web process calls `require_current` and refuses to serve on any other schema. `migrate` has the way from one to the
other; it is apart because loading Alembic costs a serving process a quarter of a second and ten megabytes for nothing.
"""

import re
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from app.core.errors import ScrapewatchError
from app.storage.base_copying import UNFINISHED
from app.storage.sql import copy_mark
from app.storage.sql.damage import require_whole
from app.storage.sql.database import Database

ROOT: Final = Path(__file__).resolve().parents[3]
UPGRADE: Final = "flask --app wsgi db upgrade"
NOTED: Final = "alembic_version"
"""The table that says which migration a database has."""
_NUMBERED = re.compile(r"(\d{4})_\w+\.py")


def head() -> str:
    """The migration that the code needs: the one of the greatest number."""
    known = _known()
    if not known:
        raise ScrapewatchError("There are no migrations beside the code.")
    return max(known)


def current(database: Database) -> str | None:
    """The migration that the database has; None before the first, and where SQLite's file is not there yet.

    Raises:
        Unavailable: the database can't be reached.
    """
    if database.is_sqlite and not Path(database.url.database or "").exists():
        return None
    return database.read(_noted)


def require_current(database: Database) -> None:
    """Do nothing when the database is whole and has the schema that the code needs.

    Raises:
        ScrapewatchError: it is damaged; it is older, and the message names the command that helps; it is newer; or it
            holds a part of a copy alone.
        Unavailable: the database can't be reached.
    """
    require_whole(database)
    found, needed = current(database), head()
    if found == needed:
        mark = database.read(copy_mark.read)
        if mark is not None and not mark.is_done:
            raise ScrapewatchError(f"The database can't be used yet. {UNFINISHED}")
        return
    if found is None or found in _known():
        state = f"at migration {found}" if found else "empty"
        raise ScrapewatchError(f"The database is {state}, migration {needed} is needed: run `{UPGRADE}`.")
    raise ScrapewatchError(f"The database is at migration {found}, newer than this version of the code ({needed}).")


def _noted(connection: Connection) -> str | None:
    if not inspect(connection).has_table(NOTED):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _known() -> set[str]:
    """The numbers of the migrations; a test holds that they are unique, contiguous and equal to the files' own."""
    files = (ROOT / "migrations" / "versions").iterdir()
    return {found[1] for file in files if (found := _NUMBERED.fullmatch(file.name))}
