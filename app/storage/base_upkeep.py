"""What a store tells of its size, and how it gives space back to the disk."""

from typing import Literal, NamedTuple, Protocol

from app.storage.base_keeping import EVER_MS, Ages

Kind = Literal["events", "logs", "series", "jobs"]
"""What is counted: `events` are all of them, logs included; of `series`, their buckets."""


class Edges(NamedTuple):
    """What is older is no longer kept: events, logs and events of jobs that went wrong by their receipt, buckets by
    resolution; ms since 1970 UTC.

    Attributes:
        now_ms: see `Ages`.
    """

    events_ms: int
    logs_ms: int
    failed_ms: int
    raw_ms: int
    minutes_ms: int
    hours_ms: int
    now_ms: int = EVER_MS

    @property
    def ages(self) -> Ages:
        """Those of events."""
        return Ages(self.events_ms, self.logs_ms, self.failed_ms, self.now_ms)


class Held(NamedTuple):
    """How much of a kind there is.

    Attributes:
        oldest_ms: the time of the oldest, of series as finely as it is known; None where there is none.
        size_bytes: with its indexes; None where it can't be told, or only by reading all of a large file.
        going: how many are older than they are kept, and go.
        pinned: how many would go, were their job not pinned.
        failed: how many would go, had their job not gone wrong.
    """

    kind: Kind
    rows: int
    oldest_ms: int | None
    size_bytes: int | None
    going: int
    pinned: int = 0
    failed: int = 0


class Upkeep(Protocol):
    """Looks after the size of a store."""

    def held(self, edges: Edges) -> list[Held]:
        """What there is, by kind; may take seconds.

        Raises:
            Unavailable: the store is away.
        """
        ...

    def give_back(self) -> int:
        """Give a slice of what deleted rows have left back to the disk; how many bytes, 0 when there is little left.

        Raises:
            Unavailable: the store is away.
        """
        ...
