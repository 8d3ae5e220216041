"""Which processes share the database; see `app.storage.base_presence`."""

from typing import Final

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Table, Text, delete, insert, select, update

from app.storage.base_presence import Told
from app.storage.sql.database import Database
from app.storage.sql.metadata import metadata

processes: Final = Table(
    "processes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("seen_at", BigInteger, nullable=False),
    Column("told", Text, nullable=False),
)
"""Those that serve; `seen_at` is when each was last heard, ms since 1970 UTC, `told` is JSON."""


class SqlPresenceStore:
    """The `PresenceStore` of DATABASE_URL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tell(self, process: str, now_ms: int, told: Told, gone_before_ms: int) -> None:
        """See `PresenceStore`."""
        values = {"seen_at": now_ms, "told": msgspec.json.encode(told).decode()}

        def work(connection: Connection) -> None:
            written = connection.execute(update(processes).where(processes.c.id == process).values(values))
            if not written.rowcount:
                connection.execute(insert(processes).values(id=process, **values))
            connection.execute(delete(processes).where(processes.c.seen_at < gone_before_ms))

        self._database.write(work)

    def present(self, since_ms: int) -> dict[str, Told]:
        """See `PresenceStore`."""
        query = select(processes.c.id, processes.c.told).where(processes.c.seen_at >= since_ms)
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return {process: msgspec.json.decode(told) for process, told in rows}

    def leave(self, process: str) -> None:
        """See `PresenceStore`."""
        self._database.write(lambda connection: connection.execute(delete(processes).where(processes.c.id == process)))
