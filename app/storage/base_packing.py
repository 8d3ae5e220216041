"""What is asked of a store that can pack the bodies of what is over: less space, and nothing else changes.

Whoever reads gets the same events, packed or not.
"""

from typing import NamedTuple, Protocol


class Packed(NamedTuple):
    """What is packed now, and what all packing has cost so far.

    Attributes:
        letters: bytes that the bodies of `events` take unpacked.
        size_bytes: those that they take packed.
        cpu_us: CPU time of packing `cpu_events` events, microseconds; unpacked ones and deleted ones are among them.
    """

    events: int
    letters: int
    size_bytes: int
    cpu_us: int
    cpu_events: int

    @property
    def ratio(self) -> float | None:
        """How many times smaller bodies have become; None for none."""
        return self.letters / self.size_bytes if self.size_bytes else None

    @property
    def cost_ms(self) -> float | None:
        """CPU time of packing 1,000 events; None before any was packed."""
        return self.cpu_us / self.cpu_events if self.cpu_events else None


class Packing(Protocol):
    """Packs the bodies of events of jobs that have ended, a slice at a time, each a write of its own."""

    def pack(self, ended_before_ms: int) -> int | None:
        """Pack a slice of what jobs that ended before that time have left; how many events it had.

        None when nothing is left; 0 when a job was looked at that had nothing to pack, or changed meanwhile.

        Raises:
            Unavailable: the store is away; nothing was changed.
        """
        ...

    def waiting(self, ended_before_ms: int) -> int:
        """How many jobs that ended before that time have something left to pack.

        Raises:
            Unavailable: the store is away.
        """
        ...

    def unpack(self, before: int | None = None) -> tuple[int, int] | None:
        """Unpack a slice, of those before that cursor the newest; its cursor, and how many events it had.

        None at the end.

        Raises:
            Damaged: it can't be read; nothing was changed.
            Unavailable: the store is away; nothing was changed.
        """
        ...

    def packed(self) -> Packed:
        """See `Packed`; may take a second.

        Raises:
            Unavailable: the store is away.
        """
        ...
