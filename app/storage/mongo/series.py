"""Series in MongoDB: a document for each bucket of a sum, a count, a least and a greatest value at each resolution."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING

from app.storage.base_series import (
    FIGURES,
    HOUR_MS,
    STEPS_MS,
    Bucket,
    Cells,
    Combined,
    Dated,
    Labels,
    Point,
    Sketched,
    Stretch,
    edges,
    oldest_of,
)
from app.storage.labels import identity
from app.storage.mongo.client import Document, Mongo, translated
from app.storage.mongo.ledger import Ledger, Put
from app.storage.mongo.series_points import label_words, labels_of, merged_points, slices
from app.storage.mongo.series_rollup import roll_up
from app.storage.touched import Touched, spans

_SLICE: Final = 2_500
"""Buckets that are deleted while others wait."""
_JOINED: Final[dict[str, Callable[[tuple[float, float]], float]]] = {"sum": sum, "count": sum, "min": min, "max": max}


class MongoSeriesStore:
    """`SeriesStore` over one database."""

    def __init__(self, mongo: Mongo, ledger: Ledger) -> None:
        self._mongo = mongo
        self._ledger = ledger
        self._touched = Touched()

    def record(self, points: Iterable[Point]) -> None:
        """See `SeriesStore`."""
        given = list(points)
        with self._ledger.writing():
            if puts := self.merge(given):
                self._ledger.commit(puts)

    def merge(self, points: Iterable[Point]) -> list[Put]:
        """What the points make of their series, for the commit that they belong to."""
        given = list(points)
        self._touched.note(given)
        return merged_points(self._mongo, given)

    def roll_up(self, from_ms: int, to_ms: int) -> None:
        """See `SeriesStore`; what is to be written is written in small commits."""
        roll_up(self._mongo, self._ledger, from_ms, to_ms)

    def catch_up(self, before_ms: int) -> None:
        """See `SeriesStore`."""
        with self._ledger.turn():  # so that what was noted is also committed
            touched = self._touched.take()
        try:
            for begin, end in spans(touched, before_ms):
                self.roll_up(begin, end)
        except Exception:
            self._touched.put_back(touched)
            raise

    def find(self, name: str, labels: Mapping[str, str], since_ms: int = 0) -> list[Labels]:
        """See `SeriesStore`."""
        query = _carrying(name, labels)
        if since_ms:
            query["last_ms"] = {"$gt": since_ms - HOUR_MS}
        with translated():
            return sorted(labels_of(each["labels"]) for each in self._mongo["series"].find(query, {"labels": 1}))

    def has(self, name: str, labels: Mapping[str, str]) -> bool:
        """See `SeriesStore`."""
        with translated():
            return self._mongo["series"].find_one(_carrying(name, labels), {"_id": 1}) is not None

    def names(self) -> list[str]:
        """See `SeriesStore`."""
        with translated():
            return sorted(self._mongo["series"].distinct("name"))

    def newest(self, name: str, limit: int, *, since_ms: int = 0, before_ms: int | None = None) -> list[Dated]:
        """See `SeriesStore`."""
        hours: Document = {"$gte": since_ms}
        if before_ms is not None:
            hours["$lt"] = before_ms
        with translated():
            found = self._mongo["series"].find({"name": name, "last_ms": hours}).sort("last_ms", DESCENDING)
            return [(labels_of(each["labels"]), each["last_ms"]) for each in found.limit(limit)]

    def since(self) -> int | None:
        """See `SeriesStore`."""

        def oldest(step_ms: int) -> int | None:
            query = self._mongo["buckets"].find({"step_ms": step_ms}, {"at_ms": 1}).sort("at_ms", ASCENDING)
            return next((each["at_ms"] for each in query.limit(1)), None)

        with translated():
            return oldest_of([oldest(step_ms) for step_ms in STEPS_MS])

    def alive(self, name: str, series: Sequence[Labels], within: Stretch) -> list[Labels]:
        """See `SeriesStore`."""
        with translated():
            queries = _within(name, series, within)
            found = {each for query in queries for each in self._mongo["buckets"].distinct("series", query)}
        return [labels for labels in series if identity(name, labels)[0] in found]

    def combine(
        self,
        name: str,
        groups: Mapping[Labels, int],
        within: Sequence[Stretch],
        cells: Cells,
        figures: Sequence[str] = FIGURES,
    ) -> list[Combined]:
        """See `SeriesStore`; the database combines what is of one series, and the rest is done here."""
        numbers = {identity(name, labels)[0]: group for labels, group in groups.items()}
        combined: dict[int, dict[str, Any]] = {}
        with translated():
            for query in (query for stretch in within for query in _within(name, groups, stretch)):
                for found in self._mongo["buckets"].aggregate(_by_cell(query, cells)):
                    cell = numbers[found["_id"]["series"]] * cells.steps + int(found["_id"]["cell"])
                    held = combined.setdefault(cell, found)
                    if held is not found:
                        for figure in figures:
                            held[figure] = _JOINED[figure]((held[figure], found[figure]))
        return [(cell, *(found[figure] for figure in figures)) for cell, found in combined.items()]

    def sketched(
        self, name: str, groups: Mapping[Labels, int], within: Sequence[Stretch], cells: Cells
    ) -> list[Sketched]:
        """See `SeriesStore`."""
        numbers = {identity(name, labels)[0]: group for labels, group in groups.items()}
        told = {"series": 1, "at_ms": 1, "sketch": 1, "sum": 1}
        with translated():
            return [
                (
                    numbers[found["series"]] * cells.steps + (found["at_ms"] - cells.from_ms) // cells.step_ms,
                    found["sketch"],
                    found["sum"],
                )
                for stretch in within
                for query in _within(name, groups, stretch)
                for found in self._mongo["buckets"].find(query, told)
            ]

    def read(
        self, name: str, labels: Mapping[str, str], *, from_ms: int, to_ms: int, step_ms: int
    ) -> dict[Labels, list[Bucket]]:
        """See `SeriesStore`; buckets that begin at `from_ms` or later and before `to_ms`."""
        wanted = {identity(name, carried)[0]: carried for carried in self.find(name, labels)}
        stretch = Stretch(step_ms, from_ms, to_ms)
        found: dict[Labels, list[Bucket]] = {}
        with translated():
            queries = _within(name, wanted.values(), stretch)
            rows = [row for query in queries for row in self._mongo["buckets"].find(query, {"sketch": 0})]
        for row in sorted(rows, key=lambda each: (wanted[each["series"]], each["at_ms"])):
            bucket = Bucket(row["at_ms"], row["sum"], row["count"], row["min"], row["max"])
            found.setdefault(wanted[row["series"]], []).append(bucket)
        return found

    def prune(self, *, raw_before_ms: int, minutes_before_ms: int, hours_before_ms: int) -> int:
        """See `SeriesStore`; in slices, so that no other write waits long."""
        before_ms = edges(
            raw_before_ms=raw_before_ms, minutes_before_ms=minutes_before_ms, hours_before_ms=hours_before_ms
        )
        gone = 0
        for step_ms, edge_ms in before_ms.items():
            while went := self._prune(step_ms, edge_ms):
                gone += went
        return gone

    def _prune(self, step_ms: int, before_ms: int) -> int:
        """Delete the oldest buckets of one resolution, about a slice of them, and series that have none left."""
        with self._ledger.turn():
            old = self._mongo["buckets"].find({"step_ms": step_ms, "at_ms": {"$lt": before_ms}}, {"at_ms": 1})
            times = [each["at_ms"] for each in old.sort("at_ms", ASCENDING).limit(_SLICE)]
            if not times:
                return 0
            # Buckets of one time go together; where a time has more than a slice, they are all that goes.
            edge = times[-1] if len(times) == _SLICE and times[0] < times[-1] else times[-1] + 1
            gone = {"step_ms": step_ms, "at_ms": {"$lt": edge}}
            touched = self._mongo["buckets"].distinct("series", gone)
            went = self._mongo["buckets"].delete_many(gone).deleted_count
            for some in slices(touched):
                left = set(self._mongo["buckets"].distinct("series", {"series": {"$in": some}}))
                self._mongo["series"].delete_many({"_id": {"$in": [each for each in some if each not in left]}})
            return went


def _carrying(name: str, labels: Mapping[str, str]) -> Document:
    return {"name": name, "labels": {"$all": label_words(labels.items())}} if labels else {"name": name}


def _within(name: str, series: Iterable[Labels], stretch: Stretch) -> Iterator[Document]:
    """Queries that together find the buckets of these series."""
    for some in slices([identity(name, labels)[0] for labels in series]):
        yield {
            "series": {"$in": some},
            "step_ms": stretch.step_ms,
            "at_ms": {"$gte": stretch.from_ms, "$lt": stretch.to_ms},
        }


def _by_cell(query: Document, cells: Cells) -> list[Document]:
    since = {"$subtract": ["$at_ms", cells.from_ms]}
    key = {"series": "$series", "cell": {"$floor": {"$divide": [since, cells.step_ms]}}}
    figures: Document = {figure: {f"${figure}": f"${figure}"} for figure in FIGURES if figure != "count"}
    # Not a whole number: the sum of counts that are full would be greater than one holds.
    figures["count"] = {"$sum": {"$toDouble": "$count"}}
    return [{"$match": query}, {"$group": {"_id": key, **figures}}]
