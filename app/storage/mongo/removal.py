"""What goes: old events, and a deleted job with its own, which go in slices after it.

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
            self._note(found["last_cursor"])
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

    def prune(self, events_before_ms: int, logs_before_ms: int, limit: int) -> int:
        """Delete up to `limit` of the oldest events received before those times; returns how many went."""
        with translated():
            if not any(self._old(events_before_ms, logs_before_ms, 1)):
                return 0
        with self._ledger.turn():
            events, logs = self._old(events_before_ms, logs_before_ms, limit)
            if not events and not logs:
                return 0
            last = sorted({*events, *logs})[:limit][-1]
            self._note(last)
            # They are the first of their kind without a gap, so that a span of cursors says which.
            went = self._delete({"_id": {"$lte": min(last, events[-1])}}) if events else 0
            return went + (self._delete({"type": "log", "_id": {"$lte": min(last, logs[-1])}}) if logs else 0)

    def _note(self, cursor: int) -> None:
        """Events up to this one may be missing from now on."""
        self._mongo["meta"].update_one({"_id": REMOVED}, {"$max": {"value": cursor}}, upsert=True)

    def _old(self, events_before_ms: int, logs_before_ms: int, limit: int) -> tuple[list[int], list[int]]:
        """The first events, and the first logs, that were received before those times."""
        return self._received({}, events_before_ms, limit), self._received({"type": "log"}, logs_before_ms, limit)

    def _received(self, which: Document, before_ms: int, limit: int) -> list[int]:
        """Of the `limit` oldest of these, those received before that time: receive times rise with the cursor."""
        query = self._mongo["events"].find(which, {"received_ms": 1}).sort("_id", ASCENDING).limit(limit)
        return [each["_id"] for each in query if each["received_ms"] < before_ms]

    def _oldest(self, which: Document, limit: int) -> list[int]:
        query = self._mongo["events"].find(which, {"_id": 1}).sort("_id", ASCENDING).limit(limit)
        return [each["_id"] for each in query]

    def _delete(self, which: Document) -> int:
        return self._mongo["events"].delete_many(which).deleted_count


def _mark(key: int) -> str:
    return f"gone {key}"
