"""Folders of spools in which nothing waits and nobody is: removed by whoever comes by.

A process that begins just then is not hurt: what it puts into the folder keeps the folder there, and where the folder
went a moment before, it makes it anew.
"""

import logging
import os
import re
from pathlib import Path
from typing import Final

from scrapewatch import locks
from scrapewatch.folders import NOTE
from scrapewatch.leftovers import SEARCHING

log = logging.getLogger(__name__)

_DRAFT: Final = re.compile(rf"{NOTE}\.\d+")


def clear(folder: Path) -> bool:
    """Remove a folder of spools if no events wait in it and no process has it; whether it went."""
    searching = folder / f"{SEARCHING}.lock"
    try:
        if not _may_go(folder, searching):
            return False
        lock = locks.take(searching)
        if lock is None:
            return False
        try:
            return _cleared(folder, searching)
        finally:
            os.close(lock)
    except OSError as error:  # somebody else clears it, or has just begun to use it
        log.debug("The folder %s stays: %s", folder, error)
        return False


def _may_go(folder: Path, searching: Path) -> bool:
    """Whether nothing is in it but what processes of ours leave behind that have sent everything."""
    paths = list(folder.iterdir())
    known = all(path.suffix == ".lock" or path.name == NOTE or _DRAFT.fullmatch(path.name) for path in paths)
    return known and (searching in paths or folder / NOTE in paths)


def _cleared(folder: Path, searching: Path) -> bool:
    """The same once more, as nobody else searches it now; then remove it piece by piece, the note last."""
    if not _may_go(folder, searching):
        return False
    spools = [path for path in folder.glob("*.lock") if path != searching]
    if not all(_is_free(path) for path in spools):
        return False
    for draft in folder.glob(f"{NOTE}.*"):
        draft.unlink(missing_ok=True)
    searching.unlink()
    note = folder / NOTE
    whose = note.read_bytes() if note.exists() else b""
    note.unlink(missing_ok=True)
    try:
        folder.rmdir()
    except OSError:
        _restore(note, whose)
        raise
    return True


def _is_free(path: Path) -> bool:
    """Whether the process that held the lock is gone; then the lock goes, too."""
    lock = locks.take(path)
    if lock is None:
        return False
    locks.release(lock, path, remove=True)
    return True


def _restore(note: Path, whose: bytes) -> None:
    """A process has just begun here: what it will leave is that sender's, unless it has said so itself."""
    if whose:
        with note.open("xb") as file:
            file.write(whose)
