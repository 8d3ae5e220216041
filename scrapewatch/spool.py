"""The spool of one sending process: what it emitted, on disk until the server has answered for it.

Nothing is synced per event: what was appended outlives the process, however it ends, but not a power cut of its
machine. Where no folder can be used, and where the disk is full for what matters most, memory stands in.

A spool is a set of files in a folder for its address and credential, see `folders`::

    <epoch>.lock            locked by the process for as long as it lives
    <epoch>.<number>.spool  segments
    <epoch>.ack             how far the server's answers reach
    <epoch>.tally           items counted but not yet told
"""

import logging
import os
from pathlib import Path
from typing import Final

from scrapewatch import folders, locks
from scrapewatch.clock import monotonic, now_ms
from scrapewatch.line import Line
from scrapewatch.records import pack
from scrapewatch.segments import SUFFIX, FileSegment, MemorySegment, Segment

log = logging.getLogger(__name__)

SEGMENT_BYTES: Final = 4 * 1024 * 1024
SEGMENTS: Final = 16
"""A spool has at least so many, so that room is freed in small portions."""

MEMORY_BYTES: Final = 64 * 1024 * 1024
"""Bytes that may wait in memory when there is no folder."""

SPILL_BYTES: Final = 1024 * 1024
"""Bytes that may wait in memory when the disk is full, of events that matter most."""

RETRY_S: Final = 1.0
"""How long a full disk is left alone by events that matter less."""

CLEARED: Final = 10
"""How often in a row others may clear the folder away while a spool is made in it."""

ESSENTIAL: Final = 1.0
IMPORTANT: Final = 0.95
ORDINARY: Final = 0.9
"""Share of the room up to which an event of this rank is taken in."""


def rank(event_type: str) -> float:
    """How much of the room an event may use: what became of a job and alerts all, errors and counts nearly all."""
    if event_type == "system_alert" or (event_type.startswith("job_") and event_type != "job_progress"):
        return ESSENTIAL
    return IMPORTANT if event_type in {"error", "item_summary", "client_report"} else ORDINARY


class Spool:
    """Where this process appends.

    Args:
        folder: see `folders`; None for memory.
        epoch: id of the sending process; names the files.
        limit: bytes that it may take up.

    Attributes:
        line: what waits, to be read and settled by the sender.
        on_disk: whether what waits outlives the process.
    """

    def __init__(self, folder: Path | None, epoch: str, limit: int) -> None:
        self._stem: Final = None if folder is None or not limit else folder / epoch
        self._lock: int | None = None
        self._retry_at = 0.0
        self._numbers = 0
        self.on_disk = self._claim()
        self._limit = limit if self.on_disk else min(limit or MEMORY_BYTES, MEMORY_BYTES)
        self._room = self._limit
        self._segment_bytes = min(SEGMENT_BYTES, self._limit // SEGMENTS)
        self.line = Line(self.path(".ack"))
        self._segment: Segment = MemorySegment(0)
        self.line.add(self._segment)

    def path(self, suffix: str) -> Path | None:
        """A file of this spool; None in memory."""
        return self._stem.with_name(self._stem.name + suffix) if self._stem is not None and self.on_disk else None

    def append(self, payload: bytes, share: float) -> bool:
        """Take in an event; whether there was room.

        Args:
            payload: its JSON.
            share: see `rank`.
        """
        record = pack(payload)
        line, segment = self.line, self._segment
        if line.bytes + len(record) > self._room * share:
            return False
        if segment.in_memory is self.on_disk or segment.size + len(record) > self._segment_bytes:
            return self._append_elsewhere(record, share)
        try:
            segment.append(record)
        except OSError as error:
            log.debug("The spool can not be written: %s", error)
            return self._append_elsewhere(record, share)
        line.bytes += len(record)
        return True

    def make_room(self, taken: int) -> None:
        """Leftovers of other processes take up so many bytes, which count against the limit, but for a tenth of it."""
        self._room = max(self._limit - taken, self._limit // 10)

    def close(self, *, keep: bool) -> None:
        """Let go of the files; what is not answered for stays for the process that adopts it.

        Args:
            keep: whether there is something beside the segments for it.
        """
        segments = self.line.segments
        left = keep or any(segment.events > segment.settled for segment in segments if not segment.in_memory)
        self.line.close(remove=not left)
        lock, path = self._lock, self.path(".lock")
        if lock is not None and path is not None:
            self._lock = None
            locks.release(lock, path, remove=not left)

    def abandon(self) -> None:
        """In a forked child: the files are the parent's, and so is the lock."""
        self.line.close(remove=False)
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)

    def _claim(self) -> bool:
        """Make the folder and the lock; whether there is a spool on disk."""
        if self._stem is None:
            return False
        try:
            self._lock = self._made(self._stem)
        except OSError as error:
            log.warning(
                "No spool in %s (%s): events wait in memory and are lost if the process is killed",
                self._stem.parent,
                error,
            )
        return self._lock is not None

    def _made(self, stem: Path) -> int:
        """The lock, in the folder; another process may clear that away as empty until the lock is there."""
        for _ in range(CLEARED):
            try:
                folders.make(stem.parent)
                return locks.make(stem.with_name(f"{stem.name}.lock"))
            except (FileNotFoundError, FileExistsError):
                continue
        folders.make(stem.parent)
        return locks.make(stem.with_name(f"{stem.name}.lock"))

    def _append_elsewhere(self, record: bytes, share: float) -> bool:
        """The current segment is full, or the disk is: begin a new file; what matters most may wait in memory."""
        segment = self._fresh(record)
        if segment is None:
            if share == ORDINARY or self._bytes_in_memory() + len(record) > SPILL_BYTES:
                return False
            if self._segment.in_memory:
                self._segment.append(record)
                self.line.bytes += len(record)
                return True
            segment = MemorySegment(self._next_number())
            segment.append(record)
        self._segment = segment
        self.line.add(segment)
        return True

    def _fresh(self, record: bytes) -> Segment | None:
        """A new segment that holds `record`; None if the disk takes no more, or didn't a moment ago."""
        if monotonic() < self._retry_at:
            return None
        number = self._next_number()
        path = self.path(f".{number:08d}{SUFFIX}")
        segment: Segment | None = None
        try:
            segment = MemorySegment(number) if path is None else FileSegment(path, number, fresh=True)
            segment.append(record)
        except OSError as error:
            log.debug("The spool can have no new file: %s", error)
            self._retry_at = monotonic() + RETRY_S
            if segment is not None:
                segment.remove(now_ms())
            return None
        return segment

    def _bytes_in_memory(self) -> int:
        return sum(segment.size for segment in self.line.segments if segment.in_memory)

    def _next_number(self) -> int:
        self._numbers += 1
        return self._numbers
