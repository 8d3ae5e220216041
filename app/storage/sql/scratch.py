"""Folders beside SQLite's file in which a backup is unpacked before it takes the database's name.

Who makes one has claimed the database, so that whatever is there when somebody else claims it is of nobody any more.
"""

import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

_PREFIX: Final = ".restore-"
_RANDOM: Final = "?" * 8
"""What `tempfile` adds to a name."""


@contextmanager
def folder(database: Path) -> Iterator[Path]:
    """One for the time of the block."""
    with tempfile.TemporaryDirectory(prefix=_prefix(database), dir=database.parent) as made:
        yield Path(made)


def left(database: Path) -> list[Path]:
    """Those that are there; of no other database, of which there may be more in the same folder."""
    ours = f"{escape(_prefix(database))}{_RANDOM}"
    return sorted(each for each in database.parent.glob(ours) if each.is_dir())


def clear(database: Path) -> None:
    """Delete those that restores which were killed have left; to be called by who has claimed the database."""
    for each in left(database):
        shutil.rmtree(each, ignore_errors=True)
        log.warning("Deleted %s, which a restore that was killed had left", each)


def _prefix(database: Path) -> str:
    return f"{_PREFIX}{database.name}-"
