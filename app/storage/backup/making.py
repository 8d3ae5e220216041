"""Backups made, verified and put back."""

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from app.core.clock import Clock, rfc3339
from app.core.errors import ScrapewatchError
from app.storage.backup import container
from app.storage.backup.alone import alone
from app.storage.backup.container import Manifest
from app.storage.base_backups import FOLDER_MODE, Copier, Examine, Progress
from app.storage.sql import copies, dumps, schema
from app.storage.sql.claim import Claim
from app.storage.sql.copies import SqliteCopies
from app.storage.sql.database import Database
from app.storage.sql.dumps import PostgresCopies

PART: Final = ".part"
COPY: Final = ".copy"
LOCK: Final = ".lock"
BESIDE: Final = (PART, COPY, LOCK)
"""What is added to a backup's name for what it is made of; such files are of nobody once it is there."""

_COPIERS: Final[dict[str, Callable[[Database], Copier]]] = {"sqlite": SqliteCopies, "postgresql": PostgresCopies}
_EXAMINERS: Final[dict[str, Examine]] = {"sqlite": copies.examine, "postgresql": dumps.examine}


def require(database: Database) -> None:
    """Do nothing where there is all that a backup of this database needs.

    Raises:
        ScrapewatchError: something is missing; the message names it.
        Unavailable: the database is away.
    """
    _copier(database).require()


def make(database: Database, to: Path, version: str, clock: Clock, progress: Progress) -> Manifest:
    """Back the database up into the file `to`, which is there when it is whole and verified.

    Raises:
        ScrapewatchError: it can't be backed up, or somebody else is about to; there is nothing left of the attempt.
        OSError: there is no room, or the folder can't be written to.
    """
    if schema.current(database) is None:
        raise ScrapewatchError(f"There is nothing to back up: the database is empty. `{schema.UPGRADE}` begins one.")
    to.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    with alone(to.with_name(to.name + LOCK), f"Another backup is being made into {to}."):
        if to.exists():
            raise ScrapewatchError(f"{to} is there already.")
        return _made(_copier(database), to, version, clock, progress)


def _made(copier: Copier, to: Path, version: str, clock: Clock, progress: Progress) -> Manifest:
    made_at = rfc3339(clock.now_ms())
    part, copy = to.with_name(to.name + PART), to.with_name(to.name + COPY)
    for left in (part, copy):  # by an attempt that was killed
        left.unlink(missing_ok=True)
    try:
        copied = copier.copy(copy, progress)
        manifest = Manifest(
            version=version,
            made_at=made_at,
            engine=copier.engine,
            engine_version=copied.version,
            schema=copied.schema,
            file=copier.file,
            counts=copied.counts,
        )
        container.pack(copy, manifest, part, progress)
        copy.unlink()
        manifest = _examined(part, copy, progress)
        part.replace(to)
        _sync(to.parent)
    finally:
        part.unlink(missing_ok=True)
        copy.unlink(missing_ok=True)
    return manifest


def verify(file: Path, progress: Progress) -> Manifest:
    """Check every byte of a backup, open what it holds and count it; what is unpacked lies in the system's own folder.

    Raises:
        ScrapewatchError: it is damaged, and the message says where; or it is no backup.
        OSError: it can't be read, or there is no room.
    """
    with tempfile.TemporaryDirectory() as folder:
        return _examined(file, Path(folder) / "copy", progress)


def restore(database: Database, file: Path, progress: Progress, *, force: bool = False) -> Manifest:
    """Verify the backup and put it in the place of the database, which must be empty unless `force` is given.

    Raises:
        ScrapewatchError: the backup is damaged or of another engine, the database is not empty, or a server uses it;
            nothing was changed.
        OSError: there is no room.
    """
    manifest, copier = container.read(file), _copier(database)
    if manifest.engine != copier.engine:
        raise ScrapewatchError(f"{file} is a backup of {manifest.engine}, but DATABASE_URL names {copier.title}.")
    claim = Claim(database)
    claim.take_at_once("A server runs on this database: stop it first, and start it when the backup is restored.")
    try:
        if not force and not copier.is_empty():
            raise ScrapewatchError("The database is not empty. With --force the backup takes its place.")
        with copier.scratch() as folder:
            copy = folder / "copy"  # not by the name that the file says: it might lead elsewhere
            manifest = _examined(file, copy, progress)
            copier.put_back(copy, progress)
    finally:
        claim.release()
    return manifest


def _copier(database: Database) -> Copier:
    return _COPIERS[database.url.get_backend_name()](database)


def _examined(file: Path, copy: Path, progress: Progress) -> Manifest:
    """Unpack the backup to the file `copy`, open it and count."""
    manifest = container.unpack(file, copy, progress)
    if manifest.engine not in _EXAMINERS:
        raise ScrapewatchError(f"{file} is a backup of {manifest.engine}, which is unknown here.")
    if missing := _missing(manifest.counts, _EXAMINERS[manifest.engine](copy, progress)):
        raise ScrapewatchError(f"{file} does not hold all that there was: {missing}.")
    return manifest


def _missing(counts: Mapping[str, int], found: Mapping[str, int]) -> str:
    return ", ".join(
        f"of {table} {found.get(table, 0)} of {count} rows"
        for table, count in counts.items()
        if found.get(table, 0) < count
    )


def _sync(folder: Path) -> None:
    """A name, too, must survive the loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
