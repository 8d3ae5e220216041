"""How far work that follows the events has come: rows of `meta`, moved in the transaction of the work itself."""

from typing import Final

from sqlalchemy import Connection, select, text

from app.storage.sql.events_tables import meta

_BEGIN: Final = text("INSERT INTO meta (key, value) VALUES (:key, 0) ON CONFLICT (key) DO NOTHING")
_UPSERT: Final = (
    "INSERT INTO meta (key, value) VALUES (:key, :upto) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
_PUT: Final = text(_UPSERT)
_RAISE: Final = text(f"{_UPSERT} WHERE excluded.value > meta.value")
_MOVE: Final = text("UPDATE meta SET value = :upto WHERE key = :key AND value = :after")


def stands_at(connection: Connection, key: str) -> int:
    """The cursor up to which that work is done; 0 for none."""
    return connection.scalar(select(meta.c.value).where(meta.c.key == key)) or 0


def moved(connection: Connection, key: str, after: int, upto: int) -> bool:
    """Move the mark; False if another has done so since it stood at `after`. Others wait until the commit."""
    if not after:
        connection.execute(_BEGIN, {"key": key})
    return bool(connection.execute(_MOVE, {"key": key, "after": after, "upto": upto}).rowcount)


def moved_to(connection: Connection, key: str, upto: int) -> None:
    """Move the mark, back as well, wherever it stood: of work that comes to the same whoever does it."""
    connection.execute(_PUT, {"key": key, "upto": upto})


def raised(connection: Connection, key: str, upto: int) -> None:
    """Move the mark on; where it stands further, it stays."""
    connection.execute(_RAISE, {"key": key, "upto": upto})
