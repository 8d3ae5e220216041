"""When the oldest bucket of a store begins: asked with each chart of a page, and remembered while that page is made."""

from typing import Final

from app.core.clock import Clock
from app.storage.base_series import SeriesStore

REMEMBERED_MS: Final = 1_000
"""It only moves on, about once an hour, as old buckets go."""


class Oldest:
    """Asks the store at most once a second, and each time as long as there is no bucket; from real threads only."""

    def __init__(self, store: SeriesStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: tuple[int | None, int] = (None, 0)

    def begins(self) -> int | None:
        """In ms since 1970; None while nothing is stored."""
        found, asked_ms = self._known
        now_ms = self._clock.monotonic_ms()
        if found is None or now_ms - asked_ms >= REMEMBERED_MS:
            found = self._store.since()
            self._known = (found, now_ms)
        return found
