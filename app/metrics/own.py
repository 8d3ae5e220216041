"""The latest values of users' own metrics, which they send by the `metric` event.

Bounded, as their names are up to the users: of what was silent longest nothing is known any more.
"""

from collections.abc import Callable, Hashable
from typing import Final, TypeVar

from app.metrics.own_event import own_values
from app.metrics.points import body_of, effective_ms
from app.metrics.register import MAX_NAMES
from app.storage.base import Event
from app.storage.base_series import HOUR_MS

Key = TypeVar("Key", bound=Hashable)

MAX_OWN: Final = MAX_NAMES
"""Names whose latest value is remembered; and of names by spider so many as well."""

BySpider = dict[tuple[str, str], float]
"""Values by name and spider, "" for those of no job."""


class Own:
    """Latest values by name, and by name and spider. Not thread-safe.

    Args:
        keeps: whether a metric is kept at all, by its name.
    """

    def __init__(self, keeps: Callable[[str], bool]) -> None:
        self._keeps = keeps
        self._named: dict[str, tuple[int, float]] = {}
        self._spiders: dict[tuple[str, str], tuple[int, float]] = {}

    def take(self, event: Event, spider: str) -> None:
        """Remember the values of an event; those that were silent longest give way."""
        for name, value in self._kept(event):
            told = (effective_ms(event), value)
            _renew(self._named, name, told)
            _renew(self._spiders, (name, spider), told)

    def take_before(self, event: Event, spider: str) -> None:
        """The same for an event older than those known."""
        for name, value in self._kept(event):
            told = (effective_ms(event), value)
            if len(self._named) < MAX_OWN:
                self._named.setdefault(name, told)
            if len(self._spiders) < MAX_OWN:
                self._spiders.setdefault((name, spider), told)

    def _kept(self, event: Event) -> list[tuple[str, float]]:
        return [(name, value) for name, value in own_values(body_of(event)) if self._keeps(name)]

    def values(self, now_ms: int) -> dict[str, float]:
        """The values told within the last hour, by name."""
        return _fresh(self._named, now_ms)

    def by_spider(self, now_ms: int) -> BySpider:
        """The same by name and spider."""
        return _fresh(self._spiders, now_ms)


def _renew(told: dict[Key, tuple[int, float]], key: Key, value: tuple[int, float]) -> None:
    told.pop(key, None)
    told[key] = value
    while len(told) > MAX_OWN:
        del told[next(iter(told))]


def _fresh(told: dict[Key, tuple[int, float]], now_ms: int) -> dict[Key, float]:
    return {key: value for key, (at_ms, value) in told.items() if at_ms > now_ms - HOUR_MS}
