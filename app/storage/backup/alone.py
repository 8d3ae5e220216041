"""Nobody else at the same work: a lock on a file that is there for as long as it lasts, and ends with its process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.core.errors import ScrapewatchError
from app.storage.base_backups import FILE_MODE


@contextmanager
def alone(lock: Path, refusal: str) -> Iterator[None]:
    """Hold the file `lock`, which is made for it, during the block.

    Raises:
        ScrapewatchError: somebody holds it; says `refusal`.
        OSError: it can't be made.
    """
    held = _held(lock, refusal)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(held)


def _held(lock: Path, refusal: str) -> int:
    while True:
        held = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(lock, held):
                return held
        except BlockingIOError as error:
            os.close(held)
            raise ScrapewatchError(refusal) from error
        os.close(held)  # whoever held it has taken it away in between


def _is_at(lock: Path, held: int) -> bool:
    try:
        return os.path.samestat(lock.stat(), os.fstat(held))
    except FileNotFoundError:
        return False
