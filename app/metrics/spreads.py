"""How values are spread within each step of a chart, merged once for all who look.

Merging thousands of sketches is what a chart of quantiles costs. Steps long past do not change as a rule, so what was
merged is kept, and asked for again it is good if the store still counts as many values within that step: what comes
late is one more, what is deleted some less. Counting takes the database a tenth of what reading sketches does.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from app.storage import sketches
from app.storage.base_series import Cells, Labels, SeriesStore, Stretch
from app.storage.sketches import Spread, Whole

MOST: Final = 2_000_000
"""Codes and counts kept, of ten bytes at most: of a thousand steps of many values, or of ten thousand of some."""

_WORTH: Final = 8
"""Buckets within a step that are worth to be kept merged."""

_Line = tuple[object, ...]
_Key = tuple[_Line, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """What is to be read, as for `SeriesStore.combine`.

    Attributes:
        name: of the metric.
        groups: the place of the line of each series.
        keys: what tells the lines apart, by their places.
        within: when, and how finely it is read.
        cells: the steps.
        is_whole: whether every step is read whole.
    """

    name: str
    groups: Mapping[Labels, int]
    keys: Sequence[_Line]
    within: Sequence[Stretch]
    cells: Cells
    is_whole: bool = True

    @property
    def are_costly(self) -> bool:
        """Whether many buckets make a step, so that it is worth to be kept."""
        widest = max((each.step_ms for each in self.within), default=self.cells.step_ms)
        return self.is_whole and len(self.groups) * self.cells.step_ms // widest >= _WORTH * len(self.keys)


class Spreads:
    """Quantiles of a store's series; safe to use from any thread."""

    def __init__(self, store: SeriesStore, most: int = MOST) -> None:
        self._store = store
        self._most = most
        self._lock = threading.Lock()
        self._held: OrderedDict[_Key, Whole] = OrderedDict()  # what was looked at last stands last
        self._size = 0

    def quantiles(self, lines: Lines, share: float) -> Iterator[tuple[int, float | None]]:
        """Each cell that has a value, and its quantile; None where a bucket has no sketch."""
        if not lines.are_costly:
            for cell, spread in self._read(lines).items():
                yield cell, sketches.quantile(spread, share)
            return
        held = self._known(lines)
        if held:
            counts = self._counts(lines)
            held = {cell: whole for cell, whole in held.items() if whole.count == counts.get(cell)}
            lines = _without(lines, [cell for cell in counts if cell not in held])
        for cell, whole in held.items():
            yield cell, whole.quantile(share)
        for cell, spread in self._read(lines).items():
            if cell not in held:
                yield cell, self._quantile(lines, cell, spread, share)

    def _known(self, lines: Lines) -> dict[int, Whole]:
        found: dict[int, Whole] = {}
        with self._lock:
            for cell in range(len(lines.keys) * lines.cells.steps):
                key = _key(lines, cell)
                if key in self._held:
                    self._held.move_to_end(key)
                    found[cell] = self._held[key]
        return found

    def _counts(self, lines: Lines) -> dict[int, int]:
        counts: dict[int, int] = {}
        for cell, count in self._store.combine(lines.name, lines.groups, lines.within, lines.cells, ("count",)):
            counts[cell] = counts.get(cell, 0) + int(count)
        return counts

    def _read(self, lines: Lines) -> dict[int, Spread]:
        return sketches.by_cell(self._store.sketched(lines.name, lines.groups, lines.within, lines.cells))

    def _quantile(self, lines: Lines, cell: int, spread: Spread, share: float) -> float | None:
        if not spread.sketches:  # no more than each its value, and exact
            return sketches.quantile(spread, share)
        whole = sketches.whole(spread)
        if whole is None:
            return None
        self._keep(_key(lines, cell), whole)
        return whole.quantile(share)

    def _keep(self, key: _Key, whole: Whole) -> None:
        with self._lock:
            before = self._held.pop(key, None)
            self._held[key] = whole
            self._size += len(whole.sums) - (len(before.sums) if before else 0)
            while self._size > self._most:
                _, gone = self._held.popitem(last=False)
                self._size -= len(gone.sums)


def _key(lines: Lines, cell: int) -> _Key:
    place, number = divmod(cell, lines.cells.steps)
    return lines.keys[place], lines.cells.step_ms, lines.cells.from_ms + number * lines.cells.step_ms


def _without(lines: Lines, wanted: Iterable[int]) -> Lines:
    """The same, reading of the series and times that are needed for these cells, and perhaps of a few more."""
    places, steps = set(), set()
    for cell in wanted:
        place, number = divmod(cell, lines.cells.steps)
        places.add(place)
        steps.add(number)
    groups = {labels: place for labels, place in lines.groups.items() if place in places}
    return replace(lines, groups=groups, within=[each for run in _runs(steps) for each in _clipped(lines, run)])


def _runs(steps: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Those in a row: the first of each, and the one after its last."""
    for _, row in groupby(enumerate(sorted(steps)), key=lambda pair: pair[1] - pair[0]):
        numbers = [number for _, number in row]
        yield numbers[0], numbers[-1] + 1


def _clipped(lines: Lines, run: tuple[int, int]) -> Iterator[Stretch]:
    begin, end = (lines.cells.from_ms + number * lines.cells.step_ms for number in run)
    for each in lines.within:
        if max(each.from_ms, begin) < min(each.to_ms, end):
            yield Stretch(each.step_ms, max(each.from_ms, begin), min(each.to_ms, end))
