"""Quantiles of steps that were merged before: good as long as the store counts as many values."""

from dataclasses import replace

import pytest

from app.metrics.spreads import Lines, Spreads
from app.storage import sketches
from app.storage.base_series import HOUR_MS, MINUTE_MS, Cells, Labels, Point, Stretch
from app.storage.memory_series import MemorySeriesStore

T = 500_000 * HOUR_MS
SERIES: dict[Labels, int] = {(("worker", str(number)),): 0 for number in range(10)}
SERIES_VALUES = 2 * len(SERIES)
"""Within an hour, of all series."""
HOURS = [Stretch(MINUTE_MS, T + hour * HOUR_MS, T + (hour + 1) * HOUR_MS) for hour in range(3)]
LINES = Lines(
    name="queue",
    groups=SERIES,
    keys=[("queue",)],
    within=[Stretch(MINUTE_MS, T, T + 4 * HOUR_MS)],
    cells=Cells(T, HOUR_MS, 4),
)


class Read(MemorySeriesStore):
    """Remembers which hours' sketches were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.hours: list[int] = []

    def sketched(self, name, groups, within, cells):
        self.hours += [(stretch.from_ms - T) // HOUR_MS for stretch in within]
        return super().sketched(name, groups, within, cells)


def put(store: MemorySeriesStore, hour: int, *values: float) -> None:
    """Samples of every series within the hour."""
    spread = (sum(values), len(values), min(values), max(values), sketches.of(values))
    store.record([Point("queue", labels, T + hour * HOUR_MS, *spread) for labels in SERIES])


@pytest.fixture
def store() -> Read:
    made = Read()
    for hour in range(3):
        put(made, hour, hour + 1, hour + 1)
    return made


def shown(spreads: Spreads, lines: Lines = LINES) -> dict[int, float | None]:
    """The median of each hour, to whole numbers."""
    return {cell: value and round(value) for cell, value in sorted(spreads.quantiles(lines, 0.5))}


def test_only_what_has_grown_is_read_again(store):
    """Of three hours that were shown the second gets more, and a fourth begins."""
    spreads = Spreads(store)
    assert shown(spreads) == {0: 1, 1: 2, 2: 3}
    store.hours.clear()
    assert shown(spreads) == {0: 1, 1: 2, 2: 3}
    assert store.hours == []

    put(store, 1, 9, 9, 9)
    put(store, 3, 4, 4)

    assert shown(spreads) == {0: 1, 1: 9, 2: 3, 3: 4}
    assert store.hours == [1, 3]


def test_what_is_gone_is_not_shown(store):
    """Hours that were pruned."""
    spreads = Spreads(store)
    shown(spreads)

    store.prune(raw_before_ms=T + HOUR_MS, minutes_before_ms=T + HOUR_MS, hours_before_ms=T + HOUR_MS)

    assert shown(spreads) == {1: 2, 2: 3}


def test_lines_are_told_apart(store):
    """The same hours of other series, or not read whole, are another matter."""
    spreads = Spreads(store)
    shown(spreads)
    put(store, 0, 7, 7, 7)
    some: dict[Labels, int] = dict.fromkeys(list(SERIES)[:8], 0)

    assert shown(spreads, replace(LINES, groups=some, keys=[("some",)])) == {0: 7, 1: 2, 2: 3}
    half = [Stretch(MINUTE_MS, T + HOUR_MS + MINUTE_MS, T + 4 * HOUR_MS)]
    assert shown(spreads, replace(LINES, within=half, is_whole=False)) == {2: 3}
    assert shown(spreads) == {0: 7, 1: 2, 2: 3}


def test_no_more_is_kept_than_may_be(store):
    """What was looked at longest ago goes, and is read again; what is looked at stays."""
    hours = [replace(LINES, within=[stretch], cells=Cells(stretch.from_ms, HOUR_MS, 1)) for stretch in HOURS]
    spreads = Spreads(store, most=2 * SERIES_VALUES)
    for hour in (0, 1, 0, 2):
        shown(spreads, hours[hour])
    store.hours.clear()

    assert [shown(spreads, hours[hour]) for hour in (0, 2, 1)] == [{0: 1}, {0: 3}, {0: 2}]
    assert store.hours == [1]


def test_what_is_larger_than_the_place_is_shown_and_not_kept(store):
    """A step of more values than may be kept in all."""
    spreads = Spreads(store, most=SERIES_VALUES - 1)

    assert shown(spreads) == {0: 1, 1: 2, 2: 3}
    assert shown(spreads) == {0: 1, 1: 2, 2: 3}


def test_a_step_without_a_sketch_is_a_gap(store):
    """As a version without sketches left it, and also when it is asked for again."""
    spreads = Spreads(store)
    store.record([Point("queue", labels, T, 2.0, 2, 1.0, 1.0, None) for labels in SERIES])

    assert shown(spreads) == {0: None, 1: 2, 2: 3}
    assert shown(spreads) == {0: None, 1: 2, 2: 3}
