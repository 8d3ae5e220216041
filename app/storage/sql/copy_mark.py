"""The mark of a copy into a database: a row of `meta`, its words in the key.

So nothing has to be made in a database for the one copy that it may see in its life.
"""

from typing import Final

from sqlalchemy import Connection, delete, insert, select

from app.storage.base_copying import Mark
from app.storage.sql.events_tables import meta

_MARK: Final = "copy "
_OF_FOLLOWERS: Final = ("grouped", "indexed")
"""Marks of what follows the events; see `watermarks`."""


def read(connection: Connection) -> Mark | None:
    """What was written down; None if nothing was ever copied here."""
    found = connection.scalar(select(meta.c.key).where(meta.c.key.startswith(_MARK)))
    return None if found is None else Mark.read(found[len(_MARK) :])


def write(connection: Connection, mark: Mark) -> None:
    """Write it down; by the first, nothing of what is to come is grouped or indexed yet."""
    if not connection.execute(delete(meta).where(meta.c.key.startswith(_MARK))).rowcount:
        connection.execute(delete(meta).where(meta.c.key.in_(_OF_FOLLOWERS)))
    connection.execute(insert(meta).values(key=_MARK + mark.told(), value=0))
