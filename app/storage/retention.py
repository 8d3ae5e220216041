"""How long things are kept: rolls series up before their fine buckets go, and deletes what is older.

Everything is done in slices, each a write of its own, so that senders never wait behind it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.core.clock import Clock
from app.storage.base import EventStore
from app.storage.base_groups import GroupStore
from app.storage.base_keeping import Ages
from app.storage.base_series import DAY_MS, HOUR_MS, SeriesStore
from app.storage.base_upkeep import Edges, Held, Upkeep
from app.storage.stores import Stores
from config import Settings

RAW_KEPT_MS: Final = 2 * DAY_MS
MINUTES_KEPT_MS: Final = 30 * DAY_MS
_SLICE: Final = 500
_PARTS: Final = 24


@dataclass(frozen=True)
class Retention:
    """Keeps `events_days` of events and groups, of which `logs_days` of logs, and `metrics_days` of series.

    Of jobs that went wrong it keeps `failed_days`, if that is more, and of pinned ones all, but for their series.

    `upkeep` is of a store that has one.
    """

    events: EventStore
    series: SeriesStore
    groups: GroupStore
    clock: Clock
    events_days: int
    logs_days: int
    metrics_days: int
    upkeep: Upkeep | None = None
    failed_days: int = 0

    def roll_up(self) -> None:
        """Bring the hours up to date that the last two hours' events lie in, and those of a replay."""
        now_ms = self.clock.now_ms()
        self.series.roll_up(now_ms - 2 * HOUR_MS, now_ms)
        self.catch_up()

    def catch_up(self) -> None:
        """The latter alone, of what this process has taken."""
        self.series.catch_up(self.clock.now_ms() - 2 * HOUR_MS)

    def clean_up(self, told: Callable[[int], object] = lambda _: None) -> int:
        """Delete what is older than it is kept; returns how many events, groups and buckets went.

        Then the space that they have left is given back. `told` hears now and then how many went so far.
        """
        now_ms = self.clock.now_ms()
        gone = self._clean_series(now_ms)
        told(gone)
        gone += self._clean_events(now_ms, lambda went: told(gone + went))
        while self.upkeep is not None and self.upkeep.give_back():
            pass
        return gone

    def held(self) -> list[Held] | None:
        """What there is, and how much of it `clean_up` would delete now; None of a store that can't tell."""
        return None if self.upkeep is None else self.upkeep.held(self._edges(self.clock.now_ms()))

    def finish_deletions(self) -> int:
        """Delete the events of jobs that are deleted; returns how many went."""
        gone = 0
        while went := self.events.prune(Ages(0, 0), limit=_SLICE):
            gone += went
        return gone

    @property
    def days(self) -> dict[str, int]:
        """How long each kind of `held` is kept that is not kept for ever."""
        return {"events": self.events_days, "logs": self.logs_days, "series": self.metrics_days}

    def _edges(self, now_ms: int) -> Edges:
        kept_ms = self.metrics_days * DAY_MS
        minutes_ms = now_ms - min(MINUTES_KEPT_MS, kept_ms)
        return Edges(
            events_ms=now_ms - self.events_days * DAY_MS,
            logs_ms=now_ms - self.logs_days * DAY_MS,
            failed_ms=now_ms - self.failed_days * DAY_MS,
            raw_ms=now_ms - min(RAW_KEPT_MS, kept_ms),
            minutes_ms=minutes_ms - minutes_ms % HOUR_MS,  # an hour's minutes go together
            hours_ms=now_ms - kept_ms,
            now_ms=now_ms,
        )

    def _clean_series(self, now_ms: int) -> int:
        edges = self._edges(now_ms)
        # Events that came late (a replay after an outage) are in the minutes only if the server was killed before it
        # rolled them up. So each hour another part of the minutes is gone through, all of them within a day, and those
        # that are about to go in any case.
        part_ms = MINUTES_KEPT_MS // _PARTS
        begin_ms = now_ms - now_ms // HOUR_MS % _PARTS * part_ms
        self.series.roll_up(begin_ms - part_ms - HOUR_MS, begin_ms)
        self.series.roll_up(now_ms - 2 * DAY_MS, now_ms)
        self.series.roll_up(edges.minutes_ms - DAY_MS, edges.minutes_ms)
        return self.series.prune(
            raw_before_ms=edges.raw_ms, minutes_before_ms=edges.minutes_ms, hours_before_ms=edges.hours_ms
        )

    def _clean_events(self, now_ms: int, told: Callable[[int], object]) -> int:
        ages, gone = self._edges(now_ms).ages, 0
        while went := self.events.prune(ages, _SLICE):
            gone += went
            told(gone)
        while went := self.groups.forget(ages, _SLICE):
            gone += went
        return gone


def open_retention(stores: Stores, clock: Clock, settings: Settings) -> Retention:
    """Over the stores, as the settings say."""
    return Retention(
        stores.events,
        stores.series,
        stores.groups,
        clock,
        events_days=settings.retention_events_days,
        logs_days=settings.retention_logs_days,
        metrics_days=settings.retention_metrics_days,
        failed_days=settings.retention_failed_days,
        upkeep=stores.upkeep,
    )
