"""One server a database: a second one would share its sockets' events by chance and checkpoint SQLite's log beside it.

The claim ends with the process, however it ends: on SQLite it is a lock on a file beside the database's, on Postgres an
advisory lock of a session. (Several processes on one Postgres need a doorbell between them, which comes later.)
"""

import fcntl
import os
import threading
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, NullPool, create_engine, text

from app.core.errors import ScrapewatchError
from app.storage.sql.database import Database, translated

PATIENCE_S: Final = 10.0
"""A platform may start the new process a moment before the old one has ended."""

_TRY_EVERY_S: Final = 0.25
_ADVISORY: Final = 7_261_735_927_001


class Claim:
    """Holds a database for this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._file: int | None = None
        self._session: Connection | None = None

    def take(self, patience_s: float = PATIENCE_S) -> None:
        """Claim the database, waiting for another server to end.

        Raises:
            ScrapewatchError: another one goes on serving it.
        """
        pause = threading.Event()
        for _ in range(max(1, round(patience_s / _TRY_EVERY_S))):
            with translated():
                if self._lock_file() if self._database.is_sqlite else self._lock_session():
                    return
            pause.wait(_TRY_EVERY_S)
        raise ScrapewatchError("Another server uses this database. Stop it, or set DATABASE_URL or DATA_DIR.")

    def release(self) -> None:
        """Let another server have it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._session is not None:
            self._session.close()
            self._session = None

    def _lock_file(self) -> bool:
        path = Path(f"{self._database.url.database}.serving")
        if self._file is None:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _lock_session(self) -> bool:
        """On a connection of its own, outside any transaction: the lock is the session's."""
        if self._session is None:
            engine = create_engine(self._database.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
            self._session = engine.connect()
        return bool(self._session.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _ADVISORY}).scalar())
