"""Coarser buckets out of finer ones, a chunk of the finer and a few series at a time.

Read and merged outside of any transaction: what was overtaken by a later point is made good by the next roll-up.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from app.storage.base_series import DAY_MS, HOUR_MS, MINUTE_MS, QUARTER_DAY_MS, QUARTER_HOUR_MS
from app.storage.labels import Values
from app.storage.redis.buckets import CHUNK, Place, read, series_of, spans, whole, write
from app.storage.redis.server import Changes, Head, Server

_SERIES: int = 50
"""How many at a time."""


def roll_up(server: Server, from_ms: int, to_ms: int) -> None:
    """See `SeriesStore.roll_up`."""
    first = from_ms + -from_ms % HOUR_MS
    for fine, coarse, begin in (
        (MINUTE_MS, QUARTER_HOUR_MS, first),
        (QUARTER_HOUR_MS, HOUR_MS, first),
        (HOUR_MS, QUARTER_DAY_MS, first - first % QUARTER_DAY_MS),
        (QUARTER_DAY_MS, DAY_MS, first - first % DAY_MS),
    ):
        end = to_ms + -to_ms % coarse
        size = CHUNK * fine  # a whole number of coarse buckets
        for chunk in range(begin - begin % size, end, size):
            span = max(begin, chunk), min(end, chunk + size)
            (told,) = server.ask(("SMEMBERS", series_of(fine, chunk)))
            numbers = sorted(map(int, told))
            for start in range(0, len(numbers), _SERIES):
                _roll_up(server, numbers[start : start + _SERIES], (fine, coarse), span)


def _roll_up(server: Server, series: Sequence[int], steps: tuple[int, int], span: tuple[int, int]) -> None:
    fine, coarse = steps
    parts: defaultdict[Place, list[Values]] = defaultdict(list)
    for place, values in read(server, list(chain.from_iterable(spans(number, fine, *span) for number in series))):
        parts[Place(place.series, coarse, place.at_ms - place.at_ms % coarse)].append(values)
    held = dict(read(server, list(chain.from_iterable(spans(number, coarse, *span) for number in series))))
    grown = dict(_grown(parts, held))
    if grown:

        def work(_: Head) -> tuple[None, Changes]:
            return None, Changes(commands=list(write(grown, held)))

        server.transact(work)


def _grown(parts: Mapping[Place, list[Values]], held: Mapping[Place, Values]) -> Iterator[tuple[Place, Values]]:
    # Finer buckets only ever gain; where a coarser one would shrink, its finer ones have been pruned and it stands.
    for place, some in parts.items():
        if place not in held or sum(values[1] for values in some) > held[place][1]:
            yield place, whole(some)
