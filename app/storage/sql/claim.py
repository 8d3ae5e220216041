"""One server a database: a second one would share its sockets' events by chance and checkpoint SQLite's log beside it.

The claim ends with the process, however it ends: on SQLite it is a lock on a file beside the database's, on Postgres an
advisory lock of a session. That session ends when Postgres restarts, so the claim is looked after.

Several processes that have a doorbell between them share the claim: they keep out those without, and are kept out.
"""

import fcntl
import logging
import os
import signal
import threading
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, NullPool, create_engine, text

from app.core.errors import ScrapewatchError, Unavailable
from app.storage.base_backups import FOLDER_MODE
from app.storage.sql import scratch
from app.storage.sql.database import Database, translated

log = logging.getLogger(__name__)

PATIENCE_S: Final = 10.0
"""A platform may start the new process a moment before the old one has ended."""

_TRY_EVERY_S: Final = 0.25
_ADVISORY: Final = 7_261_735_927_001


class InUse(ScrapewatchError):
    """A server has the database."""


class Claim:
    """Holds a database for this process, or `shared` with others that share it too, on Postgres."""

    def __init__(self, database: Database, *, shared: bool = False) -> None:
        self._database = database
        self._lock = "pg_try_advisory_lock_shared" if shared else "pg_try_advisory_lock"
        self._file: int | None = None
        self._session: Connection | None = None
        self._taken = False

    def take(self, patience_s: float = PATIENCE_S) -> None:
        """Claim the database, waiting for another server to end.

        Raises:
            InUse: another one goes on serving it.
            Unavailable: the database is away.
        """
        pause = threading.Event()
        for _ in range(max(1, round(patience_s / _TRY_EVERY_S))):
            with translated():
                if self._lock_file() if self._database.is_sqlite else self._lock_session():
                    self._taken = True
                    return
            pause.wait(_TRY_EVERY_S)
        raise InUse(
            "Another server uses this database. Stop it, or set DATABASE_URL or DATA_DIR. "
            "Several may share one on Postgres if MESSAGE_QUEUE_URL is set for all of them."
        )

    def take_at_once(self, refusal: str) -> None:
        """Claim the database for a command, which waits for nobody.

        Raises:
            InUse: a server has it; says `refusal`, since what is told to a second server is no advice here.
            Unavailable: the database is away.
        """
        try:
            self.take(patience_s=0)
        except InUse as error:
            raise InUse(refusal) from error

    def keep(self, patience_s: float = PATIENCE_S) -> None:
        """Claim the database anew if Postgres has ended the session that held it; nothing to do on SQLite.

        Raises:
            Unavailable: the database is away, so nobody can have it.
            ScrapewatchError: another server has taken it meanwhile.
        """
        if self._database.is_sqlite or not self._taken or self._is_alive():
            return
        self.take(patience_s)
        log.warning("The database had ended the session that claims it; it is claimed anew")

    def keep_or_stop(self) -> None:
        """The same, but stop as by SIGTERM when another server has taken the database."""
        try:
            self.keep()
        except Unavailable as refusal:
            log.debug("The database can't be claimed while it is away: %s", refusal)
        except ScrapewatchError as refusal:
            log.error("%s This server stops.", refusal)  # noqa: TRY400  (a sentence, as at the start)
            os.kill(os.getpid(), signal.SIGTERM)

    def release(self) -> None:
        """Let another server have it."""
        self._taken = False
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._session is not None:
            self._session.close()
            self._session = None

    def _is_alive(self) -> bool:
        """Whether the session that holds the lock is there; one that is not makes room for another."""
        if self._session is None:
            return False
        try:
            with translated():
                self._session.execute(text("SELECT 1"))
        except Unavailable:
            self._session.close()
            self._session = None
            return False
        return True

    def _lock_file(self) -> bool:
        file = Path(self._database.url.database or "")
        path = file.with_name(f"{file.name}.serving")
        if self._file is None:
            file.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        scratch.clear(file)
        return True

    def _lock_session(self) -> bool:
        """On a connection of its own, outside any transaction: the lock is the session's."""
        if self._session is None:
            engine = create_engine(self._database.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
            self._session = engine.connect()
        return bool(self._session.execute(text(f"SELECT {self._lock}(:key)"), {"key": _ADVISORY}).scalar())
