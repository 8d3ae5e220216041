"""The folder of backups: which files are ours, and how many stay."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from app.storage.backup import alone
from app.storage.backup.making import BESIDE
from app.storage.base_backups import FOLDER_MODE

_STAMP: Final = "%Y%m%dT%H%M%SZ"
_NAME: Final = re.compile(r"scrapewatch-(\d{8}T\d{6}Z)\.zip")
_LOCK: Final = ".lock"
SKEW_MS: Final = 300_000
"""By how much the clocks of machines that share a folder may differ."""


class Kept(NamedTuple):
    """A backup in the folder; each was verified before it got its name.

    Attributes:
        at_ms: when it was made, to the second.
    """

    file: Path
    at_ms: int
    size_bytes: int


class Folder:
    """Whatever it holds besides backups of ours is not touched.

    Args:
        place: where; made when the first backup is.
        keep: how many stay.
    """

    def __init__(self, place: Path, keep: int) -> None:
        self.place = place
        self.keep = keep

    def backups(self, now_ms: int) -> list[Kept]:
        """Newest first; those that a clock which was wrong has dated later than now are nobody's until then.

        Raises:
            OSError: the folder can't be read.
        """
        if not self.place.is_dir():
            return []
        found = [_kept(file) for file in self.place.iterdir() if _NAME.fullmatch(file.name)]
        found = [kept for kept in found if kept.at_ms <= now_ms + SKEW_MS]
        return sorted(found, key=lambda kept: kept.at_ms, reverse=True)

    def name(self, at_ms: int) -> Path:
        """The file of a backup of that moment."""
        return self.place / f"scrapewatch-{datetime.fromtimestamp(at_ms / 1000, UTC).strftime(_STAMP)}.zip"

    def thin(self, now_ms: int) -> None:
        """Delete the oldest backups but those that stay, and what backups that were cut off have left behind.

        To be called within `alone`.
        """
        for kept in self.backups(now_ms)[self.keep :]:
            kept.file.unlink()
        for file in self.place.iterdir():
            if file.suffix in BESIDE and _NAME.fullmatch(file.stem):
                file.unlink()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else backs up into the folder during the block; ends with the process, however that ends.

        Raises:
            ScrapewatchError: somebody does.
            OSError: the folder can't be written to.
        """
        self.place.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        with alone.alone(self.place / _LOCK, f"Another backup is being made in {self.place}."):
            yield


def _kept(file: Path) -> Kept:
    match = _NAME.fullmatch(file.name)
    stamp = match[1] if match else ""
    at = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    return Kept(file, int(at.timestamp()) * 1000, file.stat().st_size)
