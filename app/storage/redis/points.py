"""Points into their buckets, as part of the transaction that stores what they were made of.

The buckets are read, merged here and written whole: nobody writes between, or the transaction is thought about again.

``names`` (set): the names of series. ``series:<name>`` (sorted set): the labels of its series by the hour of their
newest bucket; ``labels:<name>`` (sorted set): the same in the order of the labels.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from app.storage.base_series import HOUR_MS, WRITTEN_MS, Point
from app.storage.labels import Values, identity
from app.storage.redis.buckets import Place, Span, read, whole, write
from app.storage.redis.server import AT_ONCE, Command, Server

NAMES: Final = "names"


def dated(name: str) -> str:
    """The series of a name by the hour of their newest bucket."""
    return f"series:{name}"


def labelled(name: str) -> str:
    """The series of a name in the order of their labels."""
    return f"labels:{name}"


def merged(server: Server, points: Sequence[Point]) -> Iterator[Command]:
    """What is to be written, so that the points are in their buckets of `WRITTEN_MS`."""
    new: dict[Place, list[Values]] = {}
    hours: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for point in points:
        number, labels = identity(point.name, point.labels)
        hour = point.at_ms - point.at_ms % HOUR_MS
        hours[point.name][labels] = max(hour, hours[point.name].get(labels, hour))
        values = (float(point.sum), point.count, float(point.min), float(point.max), point.sketch)
        for step_ms in WRITTEN_MS:
            new.setdefault(Place(number, step_ms, point.at_ms - point.at_ms % step_ms), []).append(values)
    held = dict(read(server, [Span(place, place.at_ms) for place in new]))
    yield from write({place: whole([*_one(held.get(place)), *some]) for place, some in new.items()}, held)
    for name, labels_and_hours in hours.items():
        yield from named(name, labels_and_hours)


def _one(held: Values | None) -> list[Values]:
    return [] if held is None else [held]


def named(name: str, hours: dict[str, int]) -> Iterator[Command]:
    """How series are written by their labels, each with the hour of its newest bucket."""
    yield "SADD", NAMES, name
    told = list(hours.items())
    for start in range(0, len(told), AT_ONCE):
        some = told[start : start + AT_ONCE]
        yield "ZADD", dated(name), "GT", *(part for labels, hour in some for part in (hour, labels))
        yield "ZADD", labelled(name), *(part for labels, _ in some for part in (0, labels))
