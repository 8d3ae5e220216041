"""When bodies are packed: a while after their job has ended, as most are looked at before, and none changes later."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from app.core.clock import Clock
from app.storage.base_packing import Packing

EVERY_MS: Final = 60_000
AFTER_MS: Final = 600_000
"""How long a job is over before its events are packed."""
MOST_SLICES: Final = 200
"""Of one look: up to 100,000 events, some seconds; what an older version has left is packed within hours."""

Told = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Packer:
    """Packs what is old enough; `packing` is of a store that can, and `packs` whether it is wanted."""

    packing: Packing | None
    clock: Clock
    packs: bool

    def look(self) -> int:
        """Pack all there is, or as much as one look does; returns how many events."""
        if self.packing is None or not self.packs:
            return 0
        return pack(self.packing, self.clock.now_ms() - AFTER_MS, most=MOST_SLICES)

    def told(self) -> dict[str, Any] | None:
        """What is packed, as it is shown; None of a store that packs nothing. Sizes are bytes, `cost` ms.

        Raises:
            Unavailable: the store is away.
        """
        if self.packing is None:
            return None
        packed = self.packing.packed()
        return {
            "enabled": self.packs,
            "events": packed.events,
            "size": packed.size_bytes,
            "unpacked": packed.letters,
            "ratio": packed.ratio,
            "cost": packed.cost_ms,
        }

    def pending(self) -> dict[str, Any] | None:
        """The same while nobody has asked the store yet: what is not known is None."""
        if self.packing is None:
            return None
        return {"enabled": self.packs, **dict.fromkeys(("events", "size", "unpacked", "ratio", "cost"))}


def pack(packing: Packing, ended_before_ms: int, told: Told = lambda _: None, most: int | None = None) -> int:
    """Pack what jobs that ended before that time have left, in at most so many slices; returns how many events.

    `told` hears of the number of events of each slice.
    """
    done = slices = 0
    while slices != most and (went := packing.pack(ended_before_ms)) is not None:
        told(went)
        done += went
        slices += 1
    return done


def unpack(packing: Packing, told: Told = lambda _: None) -> int:
    """Unpack all that is packed when it begins; returns how many events. `told`: see `pack`.

    Raises:
        Damaged: something can't be read; the rest may be.
    """
    done, before = 0, None
    while (slice_ := packing.unpack(before)) is not None:
        before, went = slice_
        told(went)
        done += went
    return done
