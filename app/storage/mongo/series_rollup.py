"""Coarser buckets out of finer ones.

Those to be made anew are found by the database's counts, as the ones of which the finer hold more values than they do;
only these are read whole. They are no commit: one that was overtaken by a later point, or is missing after a crash, is
made good by the next roll-up.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from app.storage import sketches
from app.storage.base_series import DAY_MS, HOUR_MS, MINUTE_MS, QUARTER_DAY_MS, QUARTER_HOUR_MS
from app.storage.labels import Values
from app.storage.mongo.client import Document, Mongo, translated
from app.storage.mongo.ledger import Ledger
from app.storage.mongo.series_points import bucket_put, slices, values_of
from scrapewatch.events import MAX_SAFE_INTEGER

_AT_ONCE: Final = 16
"""Times of coarse buckets that are gone through together."""
_AT_A_TURN: Final = 1_000
"""Buckets that are written while others wait."""


def roll_up(mongo: Mongo, ledger: Ledger, from_ms: int, to_ms: int) -> None:
    """See `SeriesStore.roll_up`."""
    first = from_ms + -from_ms % HOUR_MS
    for fine, coarse, begin in (
        (MINUTE_MS, QUARTER_HOUR_MS, first),
        (QUARTER_HOUR_MS, HOUR_MS, first),
        (HOUR_MS, QUARTER_DAY_MS, first - first % QUARTER_DAY_MS),
        (QUARTER_DAY_MS, DAY_MS, first - first % DAY_MS),
    ):
        end = begin + -(-(to_ms - begin) // coarse) * coarse
        for at_ms in range(begin, end, coarse * _AT_ONCE):
            _roll_up(mongo, ledger, (fine, coarse), (at_ms, min(at_ms + coarse * _AT_ONCE, end)))


def _roll_up(mongo: Mongo, ledger: Ledger, steps: tuple[int, int], span: tuple[int, int]) -> None:
    """Every coarse bucket within the span, which holds whole ones."""
    fine, coarse = steps
    with translated():
        counts = _counts(mongo, steps, span)
        if not counts:
            return
        times = {"at_ms": {"$gte": span[0], "$lt": span[1]}}
        found = mongo["buckets"].find({"step_ms": coarse, **times}, {"series": 1, "at_ms": 1, "count": 1})
        held = {(each["series"], each["at_ms"]): each["count"] for each in found}
        # Finer buckets only ever gain; where a coarser one would shrink, its finer ones have been pruned and it stands.
        grown = {place for place, count in counts.items() if place not in held or count > held[place]}
        puts = [
            bucket_put((series, coarse, at_ms), values, is_new=(series, at_ms) not in held)
            for (series, at_ms), values in _made(mongo, (fine, coarse), grown, times)
        ]
    for start in range(0, len(puts), _AT_A_TURN):
        with ledger.turn():
            ledger.put(puts[start : start + _AT_A_TURN])


def _counts(mongo: Mongo, steps: tuple[int, int], span: tuple[int, int]) -> dict[tuple[int, int], int]:
    """How many values the fine buckets hold, by series and time of the coarse bucket."""
    fine, coarse = steps
    # From the span's beginning: it is a multiple of a coarse step, and small numbers are exact whatever they become.
    place = {"$floor": {"$divide": [{"$subtract": ["$at_ms", span[0]]}, coarse]}}
    found = mongo["buckets"].aggregate(
        [
            {"$match": {"step_ms": fine, "at_ms": {"$gte": span[0], "$lt": span[1]}}},
            {"$group": {"_id": {"series": "$series", "place": place}, "count": {"$sum": "$count"}}},
        ]
    )
    return {
        (each["_id"]["series"], span[0] + int(each["_id"]["place"]) * coarse): min(int(each["count"]), MAX_SAFE_INTEGER)
        for each in found
    }


def _made(
    mongo: Mongo, steps: tuple[int, int], grown: Iterable[tuple[int, int]], times: Document
) -> Iterator[tuple[tuple[int, int], Values]]:
    """The coarse buckets of these series and times, merged from the fine ones."""
    fine, coarse = steps
    wanted = set(grown)
    found = [
        (_place(bucket, coarse), values_of(bucket))
        for some in slices(sorted({series for series, _ in wanted}))
        for bucket in mongo["buckets"].find({"series": {"$in": some}, "step_ms": fine, **times})
    ]
    by_place = groupby(sorted(found, key=itemgetter(0)), key=itemgetter(0))
    for place, parts in by_place:
        if place in wanted:
            yield place, _whole([values for _, values in parts])


def _place(bucket: Mapping[str, Any], coarse: int) -> tuple[int, int]:
    return bucket["series"], bucket["at_ms"] - bucket["at_ms"] % coarse


def _whole(parts: list[Values]) -> Values:
    sums, counts, least, most, spread = zip(*parts, strict=True)
    sketch = sketches.merged(zip(spread, sums, strict=True)) if len(sums) > 1 else spread[0]
    return sum(sums), min(sum(counts), MAX_SAFE_INTEGER), min(least), max(most), sketch
