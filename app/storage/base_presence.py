"""What processes that share a store tell one another of themselves; no behaviour, no SQL."""

from collections.abc import Mapping
from typing import Any, Protocol

Told = Mapping[str, Any]
"""What a process tells of itself, as JSON can hold it."""


class PresenceStore(Protocol):
    """Which processes there are."""

    def tell(self, process: str, now_ms: int, told: Told, gone_before_ms: int) -> None:
        """Put down what the process tells; those that were not heard since `gone_before_ms` are forgotten.

        Raises:
            app.core.errors.Unavailable: the store is away.
        """
        ...

    def present(self, since_ms: int) -> dict[str, Told]:
        """What each process has told, of those heard since then.

        Raises:
            app.core.errors.Unavailable: the store is away.
        """
        ...

    def leave(self, process: str) -> None:
        """The process ends."""
        ...
