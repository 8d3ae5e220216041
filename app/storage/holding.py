"""What the store held when it was last counted: counting takes seconds, so that it is done aside, now and then."""

from collections.abc import Callable
from typing import Any, Final

from app.core.clock import Clock, rfc3339, rfc3339_or_none
from app.storage.base_upkeep import Held

EVERY_MS: Final = 600_000


class Holding:
    """Remembers a count.

    Args:
        count: as `Retention.held`.
        days: how long each kind is kept; a kind that is not named is kept for ever.
        packed: as `app.storage.packing.Packer.told`.
    """

    def __init__(
        self,
        count: Callable[[], list[Held] | None],
        days: dict[str, int],
        clock: Clock,
        packed: Callable[[], dict[str, Any] | None] = lambda: None,
    ) -> None:
        self._count = count
        self._days = days
        self._clock = clock
        self._packed = packed
        self._told: dict[str, Any] | None = None

    def look(self) -> None:
        """Count.

        Raises:
            Unavailable: the store is away; the last count stays.
        """
        held = self._count()
        if held is not None:
            kinds = [self._json(each) for each in held]
            self._told = {"at": rfc3339(self._clock.now_ms()), "kinds": kinds, "packed": self._packed()}

    def told(self) -> dict[str, Any] | None:
        """When it was counted, what is packed, and by kind: rows, oldest, bytes, days it is kept for, those to go and
        those that would go if their job were not pinned, or had not gone wrong.

        None before the first count, and of a store that can't tell.
        """
        return self._told

    def _json(self, each: Held) -> dict[str, Any]:
        return {
            "kind": each.kind,
            "rows": each.rows,
            "oldest": rfc3339_or_none(each.oldest_ms),
            "size": each.size_bytes,
            "days": self._days.get(each.kind),
            "going": each.going,
            "pinned": each.pinned,
            "failed": each.failed,
        }
