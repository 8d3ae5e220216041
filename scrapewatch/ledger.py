"""What became of the events of one sending process, counted so that nothing is lost in silence."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

HARMLESS: Final = ("summarised",)
"""Reasons for which an event was not sent on its own and yet is not lost."""


@dataclass
class Ledger:
    """``emitted + adopted = accepted + duplicates + Σ rejected + Σ dropped + waiting``, at every moment.

    Attributes:
        emitted: handed in, summaries of items included.
        adopted: found in the spools of processes that are gone.
        accepted: stored by the server.
        duplicates: stored by an earlier try whose answer was lost.
        rejected: refused by the server for good, by code.
        dropped: never sent on their own, by reason: ``summarised`` (an item counted in an `item_summary`),
            ``spool_full`` (no room on the disk, or of that allowed), ``spool_corrupt`` (could not be read back; one
            for each damaged stretch of an adopted file), ``unreachable`` (gave up), ``closed`` (the process ended
            without a spool on disk, or the emitter was closed before), ``error`` (could not be read).
        truncated: sent, but cut to the largest size of an event.
        waiting: not yet answered for; what is in a spool on disk outlives the process.
    """

    emitted: int = 0
    adopted: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    truncated: int = 0
    waiting: int = 0

    @property
    def lost(self) -> int:
        """Events that no one will see, not even counted in a summary."""
        return self.rejected.total() + self.dropped.total() - sum(self.dropped[reason] for reason in HARMLESS)

    def losses(self) -> dict[str, int]:
        """Events dropped, refused or cut, by reason; empty when all is well."""
        counts = {**self.rejected, **self.dropped, "truncated": self.truncated}
        return {reason: n for reason, n in counts.items() if n and reason not in HARMLESS}

    def figures(self) -> dict[str, object]:
        """The fields of a `client_report` that are counted here."""
        dropped = dict(self.dropped)  # in one step: others may be counting
        return {
            "emitted": self.emitted,
            "adopted": self.adopted,
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "rejected": dict(self.rejected),
            "dropped": {reason: n for reason, n in dropped.items() if n},
            "truncated": self.truncated,
        }
