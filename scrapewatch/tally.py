"""Items that are counted instead of sent: per job, until an `item_summary` tells how many they were.

A summary goes out about once a second and always before its job ends. What is counted and not yet told stands in a
small file beside the spool, so that the count outlives the process like the events do.
"""

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scrapewatch.clock import now_ms
from scrapewatch.ids import uuid7
from scrapewatch.records import pack, unpack

log = logging.getLogger(__name__)

SUMMARY_MS: Final = 1_000
SLOT_BYTES: Final = 2_048
"""Room for one job in the file; more than a summary with the longest id that a server takes, however it is written."""


@dataclass(slots=True, eq=False)
class Summary:
    """The items of one job since its last summary.

    Attributes:
        event_id: id of the event that will tell of them.
        job: the job's id, as JSON text.
        count: how many.
        bytes: of their JSON.
        from_ms: when the first was counted.
        to_ms: when the last was.
    """

    event_id: str
    job: str
    slot: int
    from_ms: int
    to_ms: int = 0
    count: int = 0
    bytes: int = 0

    def envelope(self, epoch: str) -> tuple[str, str]:
        """As an event: what stands before its data, but for the opening brace, and its data."""
        head = f'"type":"item_summary","jobId":{self.job},"timestamp":{self.to_ms},"id":"{self.event_id}"'
        data = f'{{"count":{self.count},"bytes":{self.bytes},"from":{self.from_ms},"to":{self.to_ms}}}'
        return f'{head},"epoch":"{epoch}","data":', data


class Tally:
    """Counts; used under the lock of the buffer.

    Args:
        epoch: id of the sending process.
        path: the file; None to count in memory only.
    """

    def __init__(self, epoch: str, path: Path | None) -> None:
        self._epoch = epoch
        self._path = path
        self._descriptor: int | None = None
        self._open: dict[str, Summary] = {}
        self._free: list[int] = []
        self._slots = 0

    def __bool__(self) -> bool:
        return bool(self._open)

    def add(self, job: str, size: int) -> bool:
        """Count an item of `size` bytes of `job`, an id as JSON text; whether it is time to tell."""
        now = now_ms()
        summary = self._open.get(job)
        if summary is None:
            summary = self._open[job] = Summary(uuid7(), job, self._slot(), now)
        summary.count += 1
        summary.bytes += size
        summary.to_ms = now
        head, data = summary.envelope(self._epoch)
        self._write(summary.slot, pack(f"{{{head}{data}}}".encode()))
        return not 0 <= now - summary.from_ms < SUMMARY_MS  # the clock may have been set back

    def due(self) -> list[str]:
        """Jobs whose items should be told by now."""
        now = now_ms()
        return [job for job, summary in self._open.items() if not 0 <= now - summary.from_ms < SUMMARY_MS]

    def jobs(self) -> list[str]:
        """All that have items to tell."""
        return list(self._open)

    def counted(self) -> int:
        """Items that are not told."""
        return sum(summary.count for summary in self._open.values())

    def summary(self, job: str) -> Summary | None:
        """What there is to tell of `job`; call `told` when that is done."""
        return self._open.get(job)

    def told(self, summary: Summary) -> None:
        """The summary is in the spool."""
        del self._open[summary.job]
        self._write(summary.slot, bytes(1))
        self._free.append(summary.slot)

    def close(self, *, remove: bool) -> None:
        """Let go of the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        if remove and self._path is not None:
            self._path.unlink(missing_ok=True)

    def _slot(self) -> int:
        if self._free:
            return self._free.pop()
        self._slots += 1
        return self._slots - 1

    def _write(self, slot: int, record: bytes) -> None:
        if self._path is None:
            return
        if len(record) > SLOT_BYTES:  # the server would refuse it, and all that comes of this job
            log.debug("The count can not be noted in %s: the id of its job is too long", self._path)
            return
        try:
            if self._descriptor is None:
                self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            os.lseek(self._descriptor, slot * SLOT_BYTES, os.SEEK_SET)
            os.write(self._descriptor, record)
        except OSError as error:  # the count then ends with the process
            log.debug("The count can not be noted in %s: %s", self._path, error)


def untold(path: Path) -> Iterator[bytes]:
    """The summaries that a process left untold, each as an event."""
    try:
        data = path.read_bytes()
    except OSError:
        return
    for start in range(0, len(data), SLOT_BYTES):
        payload = next(unpack(data[start : start + SLOT_BYTES], last=False), (None, 0))[0]
        if payload is not None:
            yield payload
