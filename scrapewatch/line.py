"""The segments of one spool as a queue: read in batches from the front, removed when they are answered for.

Of what is read only the batch in flight is in memory. How far the answers reach stands in a small file beside
the segments, so that whoever reads the spool after a crash sends little twice.
"""

import logging
import os
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from scrapewatch.clock import now_ms
from scrapewatch.events import MAX_BATCH_BYTES
from scrapewatch.records import unpack
from scrapewatch.segments import HEADER, Segment

log = logging.getLogger(__name__)

PART_BYTES: Final = 512 * 1024
"""Bytes read at a time, several times the largest record."""

BATCH_BYTES: Final = MAX_BATCH_BYTES - 4_096  # room for the message around the batch
EXTRA_BYTES: Final = 16  # the comma between two events, and the mark of a replay

REPLAY: Final = b'{"replay":true,'

_POSITION: Final = re.compile(rb"(\d{8}) (\d{12})\n")
_ADDRESS: Final = re.compile(rb'\{(?:"seq":\d+,)?"type":"((?:[^"\\]|\\.)*)","jobId":("(?:[^"\\]|\\.)*")')
_ID: Final = re.compile(rb'"id":"([^"]*)"')
_TIMESTAMP: Final = re.compile(rb'"timestamp":(\d+)')


@dataclass(slots=True, eq=False)
class Batch:
    """Events on their way, the same on every try.

    Attributes:
        line: where they wait.
        segment: the part of it that holds all of them.
        payloads: each as JSON.
        ends: where each ends in the segment.
        replay: whether they waited through an outage.
    """

    line: "Line"
    segment: Segment
    payloads: list[bytes]
    ends: list[int]
    replay: bool = False

    def __len__(self) -> int:
        return len(self.payloads)

    @property
    def text(self) -> str:
        """A JSON list of the envelopes."""
        if self.replay:
            return "[" + ",".join((REPLAY + payload[1:]).decode() for payload in self.payloads) + "]"
        return f"[{b','.join(self.payloads).decode()}]"

    def halves(self) -> tuple["Batch", "Batch"]:
        """Two batches in place of this one, of at least two events."""
        middle = len(self) // 2
        first = replace(self, payloads=self.payloads[:middle], ends=self.ends[:middle])
        return first, replace(self, payloads=self.payloads[middle:], ends=self.ends[middle:])


class Line:
    """A queue over segments.

    Only the sender's thread reads and tidies; `add`, `settle` and `bytes` are for whoever holds the lock of those who
    write, and wait for no disk.

    Args:
        sidecar: file that says how far the answers reach; None if nothing is kept.

    Attributes:
        segments: oldest first.
        bytes: what they take up.
    """

    def __init__(self, sidecar: Path | None) -> None:
        self.segments: deque[Segment] = deque()
        self.bytes = 0
        self._done: list[Segment] = []
        self._missing = 0
        self._sidecar = sidecar
        self._descriptor: int | None = None
        self._reading: Segment | None = None
        self._offset = 0
        self._settled = 0

    def add(self, segment: Segment) -> None:
        """Put `segment` behind the others."""
        self.segments.append(segment)
        self.bytes += segment.size

    def resume(self) -> int:
        """Begin where the answers ended; 1 if not even that much of the file is there any more, else 0."""
        cut = False
        number, offset = self._recall()
        while self.segments and self.segments[0].number < number:
            self._drop_first()
        if self.segments and self.segments[0].number == number:
            first = self.segments[0]
            cut = offset > first.size
            first.damaged |= cut
            self._reading, self._offset = first, min(offset, first.size)
            self._settled = self._offset
        self._remove_done()
        return int(cut)

    def read(self, most: int, wanted: Callable[[bytes], bool] | None = None) -> Batch | None:
        """The next events; None when there are none, or the first is not wanted yet.

        Args:
            most: how many at most.
            wanted: whether an event may be sent now; the first that may not ends the batch.
        """
        while (segment := self._segment()) is not None:
            count, end = segment.events, segment.size  # in this order: it may grow meanwhile
            batch, stopped = self._take(segment, end, most, wanted)
            if self._offset == end and segment.seen < count:
                self._miss(segment, count - segment.seen)
            if batch.payloads:
                return batch
            if stopped:
                return None
        return None

    def settle(self, batch: Batch) -> None:
        """`batch`, the oldest that was read, needs no further try; `tidy` follows."""
        batch.segment.settled += len(batch)
        while self.segments and self.segments[0] is not batch.segment:
            self._drop_first()
        self._settled = batch.ends[-1]
        if self._settled >= batch.segment.size and len(self.segments) > 1:
            self._drop_first()

    def tidy(self) -> None:
        """Bring the disk up to what was settled."""
        self._remove_done()
        self._remember()

    def waiting_in_memory(self) -> int:
        """Events that are lost when the process ends."""
        return sum(segment.events - segment.settled for segment in self.segments if segment.in_memory)

    def pop_missing(self) -> int:
        """Events of this process that have turned out to be unreadable since this was last called."""
        missing, self._missing = self._missing, 0
        return missing

    def payloads(self) -> Iterator[bytes | None]:
        """All that is not answered for; None for each damaged stretch, whose segment is then marked."""
        for segment in list(self.segments):
            offset = self._settled if segment is self.segments[0] else 0
            whole = True
            for payload, _ in _records(segment, _start(segment, offset), segment.size):
                if payload is not None or whole:
                    yield payload
                whole = payload is not None
                segment.damaged |= not whole
            if not segment.size:
                segment.damaged = True
                yield None

    def oldest_ms(self) -> int | None:
        """When the event that waits for longest was made, ms since 1970."""
        for payload in self.payloads():
            found = _TIMESTAMP.search(payload) if payload else None
            return int(found[1]) if found else None
        return None

    def close(self, *, remove: bool) -> None:
        """Let go of the files; `remove`: nothing of them is needed any more."""
        for segment in self.segments:
            if remove:
                segment.remove(now_ms())
            else:
                segment.close()
        self.segments.clear()
        self._reading = None
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        if remove and self._sidecar is not None:
            self._sidecar.unlink(missing_ok=True)

    def _segment(self) -> Segment | None:
        """The segment that holds the next events, if there are any."""
        if self._reading is None:
            if not self.segments:
                return None
            self._reading, self._offset = self.segments[0], 0
        while self._offset >= self._reading.size:
            later = next((part for part in list(self.segments) if part.number > self._reading.number), None)
            if later is None:
                return None
            self._reading, self._offset = later, 0
        return self._reading

    def _take(
        self, segment: Segment, end: int, most: int, wanted: Callable[[bytes], bool] | None
    ) -> tuple[Batch, bool]:
        """A batch of what can be read now, and whether an unwanted event ended it."""
        batch, room = Batch(self, segment, [], []), BATCH_BYTES
        start = self._offset = _start(segment, self._offset)
        for payload, stop in _records(segment, start, end, parts=1):
            if payload is not None:
                room -= len(payload) + EXTRA_BYTES
                if room < 0 or len(batch) == most:
                    break
                if wanted is not None and not wanted(payload):
                    return batch, True
                batch.payloads.append(payload)
                batch.ends.append(stop)
                segment.seen += 1
            self._offset = stop
        else:
            if self._offset == start:  # torn, or gone: nothing more is to be had here
                self._offset = end
        return batch, False

    def _miss(self, segment: Segment, count: int) -> None:
        """`count` events that this process wrote can't be read any more."""
        segment.damaged = True
        segment.seen += count
        segment.settled += count
        self._missing += count

    def _drop_first(self) -> None:
        segment = self.segments.popleft()
        self._settled = 0
        self.bytes -= segment.size
        self._done.append(segment)

    def _remove_done(self) -> None:
        while self._done:
            self._done.pop(0).remove(now_ms())

    def _recall(self) -> tuple[int, int]:
        try:
            found = _POSITION.fullmatch(self._sidecar.read_bytes()) if self._sidecar is not None else None
        except OSError:
            found = None
        return (int(found[1]), int(found[2])) if found else (0, 0)

    def _remember(self) -> None:
        if self._sidecar is None or not self.segments:
            return
        position = b"%08d %012d\n" % (self.segments[0].number, self._settled)
        try:
            if self._descriptor is None:
                self._descriptor = os.open(self._sidecar, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.write(self._descriptor, position)
        except OSError as error:  # a crash would then send more twice, no worse
            log.debug("The position can not be noted in %s: %s", self._sidecar, error)


def address(payload: bytes) -> tuple[bytes, bytes]:
    """Type and job of an event, the latter as JSON text."""
    found = _ADDRESS.match(payload)
    return (found[1], found[2]) if found else (b"", b'""')


def event_id(payload: bytes) -> bytes:
    """The id of an event of ours: the first field of that name comes before its data."""
    found = _ID.search(payload)
    return found[1] if found else b""


def _start(segment: Segment, offset: int) -> int:
    """Where to read from, when `offset` may be the segment's very beginning."""
    if offset:
        return offset
    return len(HEADER) if segment.read(0, len(HEADER)) == HEADER else 0


def _records(segment: Segment, start: int, end: int, parts: int | None = None) -> Iterator[tuple[bytes | None, int]]:
    """Payloads, and where each ends in `segment`; at most those in so many `parts`."""
    while start < end and parts != 0:
        data = segment.read(start, min(PART_BYTES, end - start))
        stop = 0
        for payload, stop in unpack(data, last=start + len(data) >= end):
            yield payload, start + stop
        if not stop:
            return
        start += stop
        parts = None if parts is None else parts - 1
