"""What goes: a deleted job, and its events in slices after it; old ones go by `keeping`.

A deletion's commit takes the job and leaves a mark that it is gone, so that nobody sees its events any more and that
they are found again after a crash. How far events were removed is written before they are: whoever reads on from a
cursor before it may have missed some.
"""

from pymongo import ASCENDING

from app.storage.mongo.append_numbers import Numbers
from app.storage.mongo.client import REMOVED, Document, Mongo, translated
from app.storage.mongo.ledger import Ledger, Put


class Removal:
    """Deletes; every call is one turn of whoever writes."""

    def __init__(self, mongo: Mongo, ledger: Ledger, numbers: Numbers) -> None:
        self._mongo = mongo
        self._ledger = ledger
        self._numbers = numbers

    def delete_job(self, job_id: str) -> int | None:
        """Delete the job and put its events out of sight; its key, None when there is no such job."""
        with self._ledger.writing():
            found = self._mongo["jobs"].find_one({"id": job_id})
            if found is None:
                return None
            key: int = found["_id"]
            note_removed(self._mongo, found["last_cursor"])
            puts = [Put("jobs", key, None), *self._numbers.moved({found["status"]: -1})]
            self._ledger.commit([*puts, Put("meta", _mark(key), {"gone": key})])
            self._numbers.take(puts)
            return key

    def delete_slice(self, key: int, limit: int) -> int:
        """Delete up to `limit` events of a deleted job; returns how many went: 0 when none was left."""
        with self._ledger.turn():
            cursors = self._oldest({"job_key": key}, limit)
            if cursors:
                return self._delete({"job_key": key, "_id": {"$lte": cursors[-1]}})
            self._mongo["groups"].delete_many({"job_key": key})
            self._mongo["meta"].delete_one({"_id": _mark(key)})
            return 0

    def finish(self, limit: int) -> int:
        """Go on with deleted jobs of which events are left; returns how many events went."""
        with translated():
            gone = self._mongo.sight().gone
        return next((went for key in gone if (went := self.delete_slice(key, limit))), 0)

    def _oldest(self, which: Document, limit: int) -> list[int]:
        query = self._mongo["events"].find(which, {"_id": 1}).sort("_id", ASCENDING).limit(limit)
        return [each["_id"] for each in query]

    def _delete(self, which: Document) -> int:
        return self._mongo["events"].delete_many(which).deleted_count


def note_removed(mongo: Mongo, cursor: int) -> None:
    """Events up to this one may be missing from now on."""
    mongo["meta"].update_one({"_id": REMOVED}, {"$max": {"value": cursor}}, upsert=True)


def _mark(key: int) -> str:
    return f"gone {key}"
