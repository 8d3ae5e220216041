"""One MongoDB database as the source or the target of a copy; see `app.storage.base_copying`.

Events are inserted above the newest that is seen, and seen with the commit that holds the mark; all else is written
under the name that it has, so that to write it again does no harm.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pymongo import ASCENDING

from app.storage.base import Job
from app.storage.base_copying import ALL, Key, Mark, Numbers, Page, Row
from app.storage.base_groups import ErrorGroup
from app.storage.labels import decoded, encode, series_number
from app.storage.mongo.append_numbers import TALLIES, TOTALS
from app.storage.mongo.client import HEAD, REMOVED, TURNS, Document, Mongo, translated
from app.storage.mongo.groups import MARK as GROUPED
from app.storage.mongo.groups import group_fields, group_key, group_of, mute_key
from app.storage.mongo.keeping import KEPT
from app.storage.mongo.ledger import KEPT_BY_LEDGER, Ledger, Put
from app.storage.mongo.rows import event_document, job_fields
from app.storage.mongo.series_points import bucket_put, label_words, labels_of, values_of
from app.storage.mongo.watermarks import moved

_MARK: Final = "copy"
"""The document of `meta` with the mark of a copy into this database."""


class MongoTransfer:
    """See `Transfer`."""

    def __init__(self, mongo: Mongo, ledger: Ledger) -> None:
        self._mongo = mongo
        self._ledger = ledger

    def version(self) -> str:
        """See `Transfer`: each commit has a number, and turns are counted."""
        with translated():
            found = {each["_id"]: each for each in self._mongo["meta"].find({"_id": {"$in": [HEAD, TURNS]}})}
        return f"{found.get(HEAD, {}).get('number', 0)} {found.get(TURNS, {}).get('value', 0)}"

    def held(self, part: str) -> int:
        """See `Transfer`."""
        with translated():
            return self._mongo[_COLLECTIONS[part]].count_documents(self._there(part))

    def given(self) -> Mapping[str, int]:
        """See `Transfer`."""
        with translated():
            head = self._mongo["meta"].find_one({"_id": HEAD}) or {}
        return {"jobs": head.get("job_key", 0)}

    def dump(self, part: str, after: Key | None, limit: int) -> Page:
        """See `Transfer`."""
        query = {} if after is None else {"_id": {"$gt": bytes.fromhex(after[0]) if part == "buckets" else after[0]}}
        with translated():
            found = list(
                self._mongo[_COLLECTIONS[part]].find({**query, **self._there(part)}).sort("_id", ASCENDING).limit(limit)
            )
        last = found[-1]["_id"] if len(found) == limit else None
        onward = None if last is None else (last.hex() if part == "buckets" else last,)
        return Page(list(map(_ROWS[part], found)), onward)

    def _there(self, part: str) -> Document:
        """But for groups of deleted jobs, which go after them."""
        return {"job_key": {"$nin": list(self._mongo.sight().gone)}} if part == "groups" else {}

    def prepare(self) -> None:
        """See `Transfer`; a commit that was decided is done, whoever has decided it."""
        with self._ledger.writing():
            pass

    def mark(self) -> Mark | None:
        """See `Transfer`."""
        with translated():
            found = self._mongo["meta"].find_one({"_id": _MARK})
        return None if found is None else Mark.read(found["told"])

    def write(self, mark: Mark) -> None:
        """See `Transfer`."""
        with self._ledger.writing():
            self._ledger.commit([_put(mark)])

    def load(self, part: str, rows: Sequence[Row], mark: Mark) -> None:
        """See `Transfer`."""
        with self._ledger.writing():
            if part == "events":
                documents = [event_document(event, self._ledger.fence) for event in rows]
                if documents:
                    self._mongo["events"].insert_many(documents, ordered=False)
                self._ledger.commit([_put(mark)], cursor=mark.cursor, last=mark.cursor)
                return
            self._ledger.put(list(map(_PUTS[part], rows)))
            self._ledger.commit([_put(mark)])

    def clear(self, part: str) -> None:
        """See `Transfer`."""
        with self._ledger.turn():
            if part != ALL:
                self._mongo[_COLLECTIONS[part]].delete_many({})
                return
            for name in (*dict.fromkeys(_COLLECTIONS.values()), TOTALS, KEPT, *KEPT_BY_LEDGER, "meta"):
                self._mongo[name].drop()

    def cursors(self, after: int, limit: int) -> Sequence[int]:
        """See `Transfer`."""
        with translated():
            found = self._mongo["events"].find({"_id": {"$gt": after}}, {"_id": 1}).sort("_id", ASCENDING)
            return [each["_id"] for each in found.limit(limit)]

    def drop(self, cursors: Sequence[int]) -> None:
        """See `Transfer`."""
        with self._ledger.turn():
            self._mongo["events"].delete_many({"_id": {"$in": list(cursors)}})

    def finish(self, numbers: Numbers) -> None:
        """See `Transfer`."""
        with self._ledger.writing():
            counted = self._mongo["jobs"].aggregate([{"$group": {"_id": "$status", "count": {"$sum": 1}}}])
            totals: Counter[str] = Counter({each["_id"]: 0 for each in self._mongo[TOTALS].find()})
            totals.update({each["_id"]: each["count"] for each in counted})
            puts = [Put(TOTALS, status, {"count": count}) for status, count in totals.items()]
            puts += [moved(GROUPED, numbers.grouped), Put("meta", REMOVED, {"value": numbers.removed})]
            self._ledger.commit(puts, cursor=numbers.cursor, job_key=numbers.given.get("jobs", 0))


def _put(mark: Mark) -> Put:
    return Put("meta", _MARK, {"told": mark.told()})


def _job_put(job: Job) -> Put:
    return Put("jobs", job.key, job_fields(job))


def _tally_put(row: tuple[int, str, str, int]) -> Put:
    sender_id, outcome, code, count = row
    fields: Document = {"sender_id": sender_id, "outcome": outcome, "code": code, "count": count}
    return Put(TALLIES, f"{sender_id} {outcome} {code}", fields)


def _group_put(group: ErrorGroup) -> Put:
    return Put("groups", group_key((group.job_key, group.fingerprint)), group_fields(group))


def _mute_put(row: tuple[str, str, str, str, int]) -> Put:
    source, query, fingerprint, by, at_ms = row
    return Put("mutes", mute_key(source, query, fingerprint), {"by": by, "at_ms": at_ms})


def _mute_of(document: Mapping[str, Any]) -> tuple[Any, ...]:
    return (*document["_id"].split("\0"), document["by"], document["at_ms"])


def _series_put(row: tuple[str, str, int]) -> Put:
    name, labels, last_ms = row
    fields = {"name": name, "labels": label_words(decoded(labels)), "last_ms": last_ms}
    return Put("series", series_number(name, labels), fields)


def _series_of(document: Mapping[str, Any]) -> tuple[Any, ...]:
    return document["name"], encode(labels_of(document["labels"])), document["last_ms"]


def _bucket_put(row: tuple[Any, ...]) -> Put:
    return bucket_put(row[:3], (row[3], row[4], row[5], row[6], row[7]), is_new=False)


def _bucket_of(document: Mapping[str, Any]) -> tuple[Any, ...]:
    return document["series"], document["step_ms"], document["at_ms"], *values_of(document)


_COLLECTIONS: Final[Mapping[str, str]] = {
    "events": "events",
    "jobs": "jobs",
    "tallies": TALLIES,
    "groups": "groups",
    "mutes": "mutes",
    "series": "series",
    "buckets": "buckets",
}
_ROWS: Final[Mapping[str, Callable[[Mapping[str, Any]], Row]]] = {
    "groups": group_of,
    "mutes": _mute_of,
    "series": _series_of,
    "buckets": _bucket_of,
}
_PUTS: Final[Mapping[str, Callable[[Any], Put]]] = {
    "jobs": _job_put,
    "tallies": _tally_put,
    "groups": _group_put,
    "mutes": _mute_put,
    "series": _series_put,
    "buckets": _bucket_put,
}
