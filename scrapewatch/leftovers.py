"""Spools of processes that are gone: found by their free locks, sent by whoever finds them, then removed."""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from scrapewatch import locks
from scrapewatch.line import Line, address
from scrapewatch.records import pack
from scrapewatch.segments import SUFFIX, FileSegment, MemorySegment
from scrapewatch.tally import untold

log = logging.getLogger(__name__)

SEARCHING: Final = "adopting"
"""Lock held in each folder while all are searched, so that of the spools of one job all come to one process."""

ENDINGS: Final = frozenset({".lock", SUFFIX, ".ack", ".tally"})


class Leftover:
    """One such spool, ours from now on.

    Args:
        stem: path of its files without their endings.
        lock: descriptor that holds its lock.

    Attributes:
        line: what waits.
        waiting: how many events that is.
        unread: how many of them have not been taken.
        damaged: stretches that could not be read.
        jobs: ids of their jobs, as JSON text.
    """

    def __init__(self, stem: Path, lock: int) -> None:
        self._stem = stem
        self._lock = lock
        self.line = Line(_file(stem, ".ack"))
        self.waiting = 0
        self.damaged = 0
        self.jobs: set[bytes] = set()
        for number, path in _segments(stem):
            self.line.add(FileSegment(path, number, fresh=False))
        self._add_untold()
        self.damaged += self.line.resume()
        for payload in self.line.payloads():
            if payload is None:
                self.damaged += 1
            else:
                self.waiting += 1
                self.jobs.add(address(payload)[1])
        self.unread = self.waiting
        self.jobs.discard(b'""')

    def close(self) -> None:
        """Let go of it, and remove it if nothing waits any more."""
        done = not self.waiting
        self.line.close(remove=done)
        if done:
            for path in (_file(self._stem, ".tally"), *self._stem.parent.glob(f"{self._stem.name}.*.new")):
                path.unlink(missing_ok=True)
        locks.release(self._lock, _file(self._stem, ".lock"), remove=done)

    def abandon(self) -> None:
        """In a forked child: it is the parent's."""
        self.line.close(remove=False)
        os.close(self._lock)

    def _add_untold(self) -> None:
        segment = MemorySegment(self.line.segments[-1].number + 1 if self.line.segments else 1)
        for payload in untold(_file(self._stem, ".tally")):
            segment.append(pack(payload))
        self.line.add(segment)


def adopt(folders: Sequence[Path], ours: str) -> Iterator[Leftover]:
    """Every spool in `folders` that nobody owns, oldest first, but for that of the epoch `ours`.

    Args:
        folders: those of one sender, in an order on which its processes agree.
        ours: not to be adopted.
    """
    held = []
    with ExitStack() as searching:
        for folder in folders:
            try:
                lock = locks.take(folder / f"{SEARCHING}.lock")
            except OSError as error:
                log.debug("The spools in %s can not be searched: %s", folder, error)
                continue
            if lock is None:
                return
            searching.callback(os.close, lock)
            held.append(folder)
        for stem in sorted((stem for folder in held for stem in _stems(folder)), key=lambda stem: stem.name):
            if stem.name not in {ours, SEARCHING} and (found := _adopted(stem)) is not None:
                yield found


def holds_spools(folder: Path) -> bool:
    """Whether there is anything in it to look at; not if it has just been cleared away."""
    try:
        return any(stem.name != SEARCHING for stem in _stems(folder))
    except OSError:
        return False


def _adopted(stem: Path) -> Leftover | None:
    try:
        lock = locks.take(_file(stem, ".lock"))
        if lock is None:
            return None
        try:
            found = Leftover(stem, lock)
        except BaseException:
            os.close(lock)
            raise
    except OSError as error:
        log.warning("The spool %s can not be read and stays as it is: %s", stem, error)
        return None
    if found.damaged:
        log.warning("The spool %s is damaged; what can be read of it is sent, the file is set aside", stem)
    return found


def _stems(folder: Path) -> set[Path]:
    files = [path for path in folder.iterdir() if path.suffix in ENDINGS]
    return {folder / path.name.partition(".")[0] for path in files}


def _file(stem: Path, suffix: str) -> Path:
    return stem.with_name(stem.name + suffix)


def _segments(stem: Path) -> list[tuple[int, Path]]:
    found = []
    for path in stem.parent.glob(f"{stem.name}.*{SUFFIX}"):
        number = path.name.removesuffix(SUFFIX).rpartition(".")[2]
        if number.isdecimal():
            found.append((int(number), path))
    return sorted(found)
