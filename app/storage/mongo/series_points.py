"""Points into their buckets, and coarser buckets out of finer ones, as documents of a commit.

What a bucket holds is read, merged here and written as it will be: only so is a commit that is done twice the same as
once. Nobody writes between: this process alone does, one commit after the other.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from app.storage import sketches
from app.storage.base_series import HOUR_MS, WRITTEN_MS, Labels, Point
from app.storage.labels import Values, both, identity
from app.storage.mongo.client import Document, Mongo
from app.storage.mongo.ledger import Put

Place = tuple[int, int, int]
"""Series, step and time of a bucket."""
_Parts = list[tuple[bytes | None, float]]

_FIGURES: Final = ("sum", "count", "min", "max", "sketch")
_AT_ONCE: Final = 100
"""Keys of one query: some servers hold each document against all of them."""
_PAIR: Final = msgspec.json.Decoder(tuple[str, str])


def label_words(labels: Iterable[tuple[str, str]]) -> list[str]:
    """Labels as they are kept: each name and value together, so that a series is found by any of them."""
    return [msgspec.json.encode(pair).decode() for pair in labels]


def labels_of(words: Sequence[str]) -> Labels:
    """The reverse."""
    return tuple(map(_PAIR.decode, words))


def bucket_put(place: Place, values: Values, *, is_new: bool) -> Put:
    """A bucket as it will be."""
    series, step_ms, at_ms = place
    fields = {"series": series, "step_ms": step_ms, "at_ms": at_ms, **dict(zip(_FIGURES, values, strict=True))}
    return Put("buckets", _bucket_id(place), fields, is_new=is_new)


def values_of(bucket: Mapping[str, Any]) -> Values:
    """The figures of a bucket's document."""
    return bucket["sum"], bucket["count"], bucket["min"], bucket["max"], bucket["sketch"]


def merged_points(mongo: Mongo, points: Iterable[Point]) -> list[Put]:
    """What the points make of their series; to be committed before any others are merged."""
    named: dict[int, Document] = {}
    merged: dict[Place, Values] = {}
    parts: dict[Place, _Parts] = {}
    for point in points:
        number, _ = identity(point.name, point.labels)
        hour = point.at_ms - point.at_ms % HOUR_MS
        series = named.setdefault(number, {"name": point.name, "labels": label_words(point.labels), "last_ms": hour})
        series["last_ms"] = max(series["last_ms"], hour)
        new = (float(point.sum), point.count, float(point.min), float(point.max), None)
        for step_ms in WRITTEN_MS:
            place = (number, step_ms, point.at_ms - point.at_ms % step_ms)
            held = merged.get(place)
            merged[place] = new if held is None else both(held, new)
            if point.sketch is not None:
                parts.setdefault(place, []).append((point.sketch, new[0]))
    return [*_named(mongo, named), *_grown(mongo, merged, parts)] if named else []


def _named(mongo: Mongo, named: Mapping[int, Document]) -> Iterator[Put]:
    """The series that are new, or have a newer hour."""
    held: dict[int, int] = {}
    for some in slices(list(named)):
        found = mongo["series"].find({"_id": {"$in": some}}, {"last_ms": 1})
        held |= {series["_id"]: series["last_ms"] for series in found}
    for number, fields in named.items():
        if number not in held or held[number] < fields["last_ms"]:
            yield Put("series", number, fields, is_new=number not in held)


def _grown(mongo: Mongo, merged: Mapping[Place, Values], parts: Mapping[Place, _Parts]) -> Iterator[Put]:
    """The buckets as they will be, with what they hold already."""
    held: dict[bytes, Values] = {}
    for some in slices([_bucket_id(place) for place in merged]):
        held |= {bucket["_id"]: values_of(bucket) for bucket in mongo["buckets"].find({"_id": {"$in": some}})}
    for place, new in merged.items():
        before = held.get(_bucket_id(place))
        values = new if before is None else both(before, new)
        if place in parts:
            some = [*parts[place], *([] if before is None else [(before[4], before[0])])]
            values = (*values[:4], some[0][0] if len(some) == 1 else sketches.merged(some))
        yield bucket_put(place, values, is_new=before is None)


def _bucket_id(place: Place) -> bytes:
    series, step_ms, at_ms = place
    return series.to_bytes(8) + step_ms.to_bytes(4) + at_ms.to_bytes(8)


def slices(keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """The keys, as many at a time as one query takes."""
    return (keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE))
