"""What the house asks of the store of silences, which is always the one at DATABASE_URL."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(slots=True, frozen=True, kw_only=True)
class SilenceRow:
    """A silence as it was given; times in ms since 1970 UTC.

    Attributes:
        id: the store's number, 0 before it is stored.
        config: its fields: see `app.alerts.silences`.
        ended_at: when it was ended, or will have ended by itself; None for one that comes again and again.
    """

    config: Mapping[str, Any]
    created_by: str
    created_at: int
    ended_at: int | None
    version: int = 1
    id: int = 0


class SilenceStore(Protocol):
    """Silences."""

    def add(self, silence: SilenceRow) -> SilenceRow:
        """Store a new one."""
        ...

    def change(self, silence: SilenceRow) -> SilenceRow | None:
        """Write it if nobody has changed it since that version; None otherwise."""
        ...

    def delete(self, silence_id: int) -> bool:
        """Forget one; False when there is none."""
        ...

    def silence(self, silence_id: int) -> SilenceRow | None:
        """One of them, or None."""
        ...

    def silences(self, ended_after_ms: int | None = None) -> list[SilenceRow]:
        """Newest first: all, or those that have not ended before that time."""
        ...
