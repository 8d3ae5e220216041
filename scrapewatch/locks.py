"""Locks on files, by which processes agree whose a spool is: held by a process for as long as it lives.

The system takes a lock back when its holder is gone, however it ended; that is how a leftover is told from a spool
in use.
"""

import logging
import os
import sys
from pathlib import Path
from typing import Final

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

log = logging.getLogger(__name__)

_READ_WRITE: Final = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)


def take(path: Path) -> int | None:
    """A descriptor that holds the lock on `path`, a file made for it; None if another process holds it.

    Raises:
        OSError: there can be no lock here.
    """
    descriptor = os.open(path, _READ_WRITE, 0o600)
    try:
        if _lock(descriptor) and _is_still(descriptor, path):
            return descriptor
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def make(path: Path) -> int:
    """A descriptor that holds the lock on the new file `path`, which appears locked: nobody else can be quicker.

    Raises:
        OSError: there can be no lock here.
    """
    draft = path.with_suffix(".locking")
    descriptor = os.open(draft, _READ_WRITE, 0o600)
    try:
        if sys.platform == "win32":  # an open file keeps its name there
            os.close(descriptor)
            descriptor = os.open(path, _READ_WRITE)
        _lock(descriptor)
        if sys.platform != "win32":
            draft.rename(path)
    except BaseException:
        os.close(descriptor)
        draft.unlink(missing_ok=True)
        raise
    return descriptor


def release(descriptor: int, path: Path, *, remove: bool) -> None:
    """Let go of the lock; `remove`: nobody needs the file any more."""
    if remove:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:  # Windows keeps an open file
            log.debug("%s can not be removed: %s", path, error)
    os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _is_still(descriptor: int, path: Path) -> bool:
    """Whether `path` is the file that was locked: its holder removes it before letting it go."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(found, os.fstat(descriptor))
