"""Backups by themselves, and how they fare: made when the newest is older than the interval, also after a restart."""

import logging
import threading
from typing import Any, Final

from app.core.clock import Clock, rfc3339, rfc3339_or_none
from app.core.errors import Unavailable, sentence
from app.storage.backup import making
from app.storage.backup.folder import Folder, Kept
from app.storage.base_backups import Progress, Step, quietly
from app.storage.sql.database import Database
from config import Settings

log = logging.getLogger(__name__)

EVERY_MS: Final = 60_000
"""Between two looks at whether it is time."""
AGAIN_MS: Final = 3_600_000
"""After a failure, unless the interval is shorter: each attempt reads all of the database."""


class Backups:
    """Makes backups of one database into one folder.

    Args:
        version: the product's.
    """

    def __init__(self, database: Database, settings: Settings, version: str, clock: Clock) -> None:
        self.folder = Folder(settings.backup_location or settings.data_dir / "backups", settings.backup_keep)
        self._database = database
        self._enabled = settings.backup_enabled
        self._interval_ms = settings.backup_interval
        self._version = version
        self._clock = clock
        self._tried_ms: int | None = None
        self._failed: tuple[int, str] | None = None
        self._stopping = threading.Event()

    def make(self, progress: Progress = quietly) -> Kept:
        """Make one now, then delete the oldest.

        Raises:
            ScrapewatchError: it can't be made.
            OSError: there is no room, or the folder can't be written to.
        """

        def on(step: Step, done: int, whole: int) -> None:
            if self._stopping.is_set():
                raise Unavailable("closing")
            progress(step, done, whole)

        with self.folder.alone():
            self.folder.thin(self._clock.now_ms())
            made = self.folder.name(self._clock.now_ms())
            making.make(self._database, made, self._version, self._clock, on)
            self.folder.thin(self._clock.now_ms())
        return self._kept()[0]

    def look(self) -> None:
        """Make one if it is time.

        Raises:
            ScrapewatchError: it can't be made; events come in as before.
            OSError: there is no room, or the folder can't be written to.
        """
        if not self._enabled or not self._is_time():
            return
        self._tried_ms = self._clock.monotonic_ms()
        try:
            made = self.make()
        except Exception as error:
            if self._stopping.is_set():
                log.info("The backup was called off: the server stops")
                return
            self._failed = self._clock.now_ms(), sentence(error)
            raise
        self._failed = None
        log.info("Backed up to %s, %d bytes", made.file, made.size_bytes)

    def stop(self) -> None:
        """Call off one that is under way."""
        self._stopping.set()

    def told(self) -> dict[str, Any]:
        """How they fare, as the status has it: times RFC 3339, sizes in bytes."""
        failed_ms, failure = self._failed or (None, None)
        try:
            kept = self._kept()
        except OSError as error:
            log.warning("The folder of backups can't be read: %s", error)
            kept, failure = [], str(error)
        return {
            "enabled": self._enabled,
            "interval": self._interval_ms,
            "kept": len(kept),
            "last": {"at": rfc3339(kept[0].at_ms), "file": kept[0].file.name, "size": kept[0].size_bytes}
            if kept
            else None,
            "failedAt": rfc3339_or_none(failed_ms),
            "failure": failure,
        }

    def _kept(self) -> list[Kept]:
        return self.folder.backups(self._clock.now_ms())

    def _is_time(self) -> bool:
        if self._tried_ms is not None and self._failed:
            again_ms = self._tried_ms + min(AGAIN_MS, self._interval_ms)
            if self._clock.monotonic_ms() < again_ms:
                return False
        kept = self._kept()
        return not kept or self._clock.now_ms() - kept[0].at_ms >= self._interval_ms
