"""Sliding windows and counters: pure arithmetic, the time handed in."""

from collections.abc import Hashable, Mapping
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)


class Window:
    """What was added over the last `span_ms`, exact to one `step_ms`.

    Time is cut into steps; a window holds the step that `now` is in and those before it, `span_ms / step_ms`
    in all. So at a span of 60 s and steps of 1 s, now being 100.4 s, it reaches back to 41.0 s.
    Things may be added late and in any order.
    """

    __slots__ = ("_cells", "_newest", "_steps", "span_ms", "step_ms")

    def __init__(self, span_ms: int, step_ms: int) -> None:
        self.span_ms = span_ms
        self.step_ms = step_ms
        self._steps = span_ms // step_ms
        self._cells: dict[int, float] = {}
        self._newest = 0

    def add(self, at_ms: int, amount: float = 1.0) -> None:
        """Add `amount` at `at_ms`; a negative one takes back what was added at that time."""
        cell = at_ms // self.step_ms
        self._cells[cell] = self._cells.get(cell, 0.0) + amount
        self._newest = max(self._newest, cell)
        if len(self._cells) > 2 * self._steps:
            self._cells = {at: held for at, held in self._cells.items() if at > self._newest - self._steps}

    def total(self, now_ms: int) -> float:
        """The sum over the window that ends at `now_ms`.

        What lies more than a step ahead was added before the clock was set back, and is forgotten: it would be counted
        until that time is over, and again when it comes.
        """
        newest = now_ms // self.step_ms
        if self._newest > newest + 1:
            self._cells = {at: held for at, held in self._cells.items() if at <= newest + 1}
            self._newest = newest
        edge = newest - self._steps
        return sum(held for at, held in self._cells.items() if at > edge)

    def per_second(self, now_ms: int) -> float:
        """The sum over the window by the seconds of its whole span."""
        return self.total(now_ms) * 1000 / self.span_ms


def growth(previous: Mapping[Name, float], current: Mapping[Name, float]) -> dict[Name, float]:
    """By how much each counter of `current` grew.

    A counter that dropped has started again from zero, so all it shows now is growth. One that is new counts
    from zero; one that `current` does not name did not grow.

    Source:
        The reset rule of Prometheus' increase(), without its extrapolation.
    """
    return {
        name: value - previous.get(name, 0.0) if value >= previous.get(name, 0.0) else value
        for name, value in current.items()
    }
