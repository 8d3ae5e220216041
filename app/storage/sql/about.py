"""What a database is and how large it has grown, for whoever looks after it."""

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, text

from app.storage.base_about import About
from app.storage.sql.database import Database


def about(database: Database) -> About:
    """Ask the database.

    Raises:
        Unavailable: it is away.
    """
    if database.is_sqlite:
        file = Path(database.url.database or "")
        return About("SQLite", sqlite3.sqlite_version, _size(file), _size(file.with_name(f"{file.name}-wal")))
    return database.read(_postgres)


def _size(file: Path) -> int:
    return file.stat().st_size if file.is_file() else 0


def _postgres(connection: Connection) -> About:
    version = str(connection.execute(text("SHOW server_version")).scalar_one())
    size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
    return About("PostgreSQL", version.split(maxsplit=1)[0], int(size), None)
