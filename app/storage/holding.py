"""What the store held when it was last counted: counting takes seconds where there is much, so that it is done aside.

It is done again as soon as that is cheap: after `PAUSES` times as long as it took, at most `LONGEST_MS` later. So a
small database is counted at each turn, and a large one gives a three hundredth of a core to it.
"""

from typing import Any, Final, get_args

from app.core.clock import Clock, rfc3339, rfc3339_or_none
from app.storage.base_upkeep import Held, Kind
from app.storage.packing import Packer
from app.storage.retention import Retention

EVERY_MS: Final = 10_000
"""How often to see whether it is time."""
LONGEST_MS: Final = 600_000
PAUSES: Final = 300


class Holding:
    """Remembers a count."""

    def __init__(self, retention: Retention, packer: Packer, clock: Clock) -> None:
        self._retention = retention
        self._packer = packer
        self._clock = clock
        self._due_ms: int | None = None
        self._told = self._pending()

    def look(self) -> None:
        """Count, if it is time.

        Raises:
            Unavailable: the store is away; the last count stays.
        """
        began_ms = self._clock.monotonic_ms()
        if self._due_ms is not None and began_ms < self._due_ms:
            return
        held = self._retention.held()
        if held is not None:
            at_ms = self._clock.now_ms()
            kinds = [self._json(each) for each in held]
            self._told = {"at": rfc3339(at_ms), "kinds": kinds, "packed": self._packer.told()}
        ended_ms = self._clock.monotonic_ms()
        self._due_ms = ended_ms + min(LONGEST_MS, PAUSES * (ended_ms - began_ms))

    def told(self) -> dict[str, Any] | None:
        """When it was counted, what is packed, and by kind: rows, oldest, bytes, days it is kept for, those to go and
        those that would go if their job were not pinned, or had not gone wrong.

        Before the first count the time is None, and so is what is not known yet. None of a store that can't tell.
        """
        return self._told

    def _pending(self) -> dict[str, Any] | None:
        if self._retention.upkeep is None:
            return None
        names = ("rows", "oldest", "size", "going")
        unknown = {**dict.fromkeys(names), "pinned": 0, "failed": 0}
        days = self._retention.days
        kinds = [{"kind": kind, "days": days.get(kind), **unknown} for kind in get_args(Kind)]
        return {"at": None, "kinds": kinds, "packed": self._packer.pending()}

    def _json(self, each: Held) -> dict[str, Any]:
        return {
            "kind": each.kind,
            "rows": each.rows,
            "oldest": rfc3339_or_none(each.oldest_ms),
            "size": each.size_bytes,
            "days": self._retention.days.get(each.kind),
            "going": each.going,
            "pinned": each.pinned,
            "failed": each.failed,
        }
