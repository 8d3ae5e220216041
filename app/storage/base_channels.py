"""What the house asks of the store of channels, which is always the one at DATABASE_URL."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(slots=True, frozen=True, kw_only=True)
class StoredChannel:
    """A way to tell somebody, as it is stored.

    Attributes:
        id: the store's number, 0 before it is stored.
        name: unique; what rules call it.
        type: a row of `app.notify.channels`.
        sealed: its settings, JSON, encrypted if ENCRYPTION_ENABLED.
    """

    name: str
    type: str
    sealed: str
    id: int = 0


@dataclass(slots=True, frozen=True, kw_only=True)
class Breakage:
    """Why a channel can't be used until somebody mends it, and since when in ms since 1970 UTC."""

    at: int
    why: str


class ChannelStore(Protocol):
    """People's own channels, and which channels are broken, those of the environment included."""

    def channels(self) -> list[StoredChannel]:
        """All of them, by name."""
        ...

    def add(self, channel: StoredChannel) -> StoredChannel | None:
        """Store a new one; None when its name is taken."""
        ...

    def change(self, channel: StoredChannel) -> bool:
        """Write it, and take it for whole again; False when there is none of that id.

        Raises:
            app.core.errors.Conflict: its name is taken by another.
        """
        ...

    def delete(self, channel_id: int) -> bool:
        """Forget one; False when there is none."""
        ...

    def seal_anew(self, sealed: Mapping[int, tuple[str, str]]) -> int:
        """Replace by id (what was read, what to write), in one transaction; returns how many were still as read."""
        ...

    def broken(self) -> dict[str, Breakage]:
        """The broken channels by name."""
        ...

    def mark(self, name: str, breakage: Breakage | None) -> None:
        """Say that the channel is broken, keeping since when, or that it is whole."""
        ...
