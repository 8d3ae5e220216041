"""The files of a spool: events one after the other, appended by one process and removed whole.

`FileSegment` gives each record to the operating system before `append` returns, so that what was appended outlives the
process. `MemorySegment` stands in where no file can be written.
"""

import errno
import logging
import os
from pathlib import Path
from typing import Final, Protocol

log = logging.getLogger(__name__)

SUFFIX: Final = ".spool"
HEADER: Final = b"scrapewatch spool 1\n"

_APPEND: Final = os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0)
_READ: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0)


class Segment(Protocol):
    """A part of a spool.

    Attributes:
        number: its place among the segments of its spool.
        size: bytes that hold whole records, the header included.
        events: records appended by this process.
        seen: records that were read.
        settled: records that were answered for.
        damaged: whether a stretch of it could not be read.
        in_memory: whether it ends with the process.
    """

    number: int
    size: int
    events: int
    seen: int
    settled: int
    damaged: bool
    in_memory: bool

    def append(self, record: bytes) -> None:
        """Add a record, whole or not at all.

        Raises:
            OSError: there is no room.
        """
        ...

    def read(self, offset: int, count: int) -> bytes:
        """Up to `count` bytes from `offset` on."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...

    def remove(self, now_ms: int) -> None:
        """It is no longer needed; a damaged one is set aside for a person to look at."""
        ...


class FileSegment:
    """A segment on disk.

    Args:
        path: the file.
        number: its place.
        fresh: whether to make it; else it is one that another process left, and is only read.

    Raises:
        OSError: it can't be made or opened.
    """

    in_memory = False

    def __init__(self, path: Path, number: int, *, fresh: bool) -> None:
        self.path = path
        self.number = number
        self.events = self.seen = self.settled = 0
        self.damaged = False
        self._fd = _made(path) if fresh else os.open(path, _READ)
        self._reading = os.open(path, _READ) if fresh else self._fd
        self.size = os.fstat(self._fd).st_size

    def append(self, record: bytes) -> None:
        """See `Segment`."""
        try:
            written = os.write(self._fd, record)
            if written != len(record):
                raise OSError(errno.ENOSPC, "No space left for the whole record")  # noqa: TRY301 - undone like any failure
            self.size += written
            self.events += 1
        except BaseException:  # a signal's handler may raise, too
            os.ftruncate(self._fd, self.size)
            raise

    def read(self, offset: int, count: int) -> bytes:
        """See `Segment`; only the sender's thread reads."""
        os.lseek(self._reading, offset, os.SEEK_SET)
        return os.read(self._reading, count)

    def close(self) -> None:
        """See `Segment`."""
        for descriptor in {self._fd, self._reading}:
            os.close(descriptor)

    def remove(self, now_ms: int) -> None:
        """See `Segment`."""
        self.close()
        try:
            if self.damaged:
                self.path.replace(f"{self.path}.corrupt-{now_ms}")
            else:
                self.path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s can not be removed: %s", self.path, error)


class MemorySegment:
    """A segment that ends with the process."""

    in_memory = True

    def __init__(self, number: int) -> None:
        self.number = number
        self.events = self.seen = self.settled = 0
        self.damaged = False
        self._data = bytearray(HEADER)
        self.size = len(HEADER)

    def append(self, record: bytes) -> None:
        """See `Segment`."""
        self._data += record
        self.size += len(record)
        self.events += 1

    def read(self, offset: int, count: int) -> bytes:
        """See `Segment`."""
        return bytes(self._data[offset : offset + count])  # no view: what is looked at can't grow

    def close(self) -> None:
        """See `Segment`."""

    def remove(self, now_ms: int) -> None:  # noqa: ARG002 - nobody can look at it
        """See `Segment`."""
        self._data = bytearray()


def _made(path: Path) -> int:
    """A descriptor of the new file `path`, which appears with its header in it or not at all."""
    draft = path.with_suffix(".new")
    try:
        draft.write_bytes(HEADER)
        draft.chmod(0o600)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return os.open(path, _APPEND)
