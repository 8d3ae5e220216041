"""Old events go, in slices: walks along the cursors pass each of them once, and leave those of jobs that are kept.

Two walks there are, one of all events and one of logs, which go earlier; a document of `meta` says how far each has
come: up to there all is gone but what is kept. `kept` has each job of which something was passed over, and the first
cursor of that; what is kept no longer goes job by job. Every call is one turn of whoever writes.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from pymongo import ASCENDING, DESCENDING, UpdateOne

from app.storage.base_keeping import Ages
from app.storage.mongo.client import Document, Mongo, translated
from app.storage.mongo.ledger import Ledger
from app.storage.mongo.removal import note_removed
from app.storage.mongo.watermarks import stands_at
from app.storage.receipts import Receipt, Receipts

KEPT: Final = "kept"
"""The collection of jobs of which something was passed over."""
_AT_ONCE: Final = 500
"""Jobs of one query."""


class Walk(NamedTuple):
    """Along which events, up to which time, and where it is written how far it has come."""

    mark: str
    before_ms: int
    which: Document


class Keeping:
    """Deletes old events of one database."""

    def __init__(self, mongo: Mongo, ledger: Ledger) -> None:
        self._mongo = mongo
        self._ledger = ledger

    def prune(self, ages: Ages, limit: int) -> int:
        """Delete up to `limit` events; returns how many went, 0 when nothing is left that is to go."""
        if ages.is_none:
            return 0
        for walk in _walks(ages):
            with translated():
                self._go_back(walk, ages)
                is_at_its_end = not self._ahead(walk, ages, 1)
            while not is_at_its_end:
                with self._ledger.turn():
                    passed = self._ahead(walk, ages, limit)
                    if gone := self._pass_by(walk, passed, ages):
                        return gone
                is_at_its_end = len(passed) < limit
        return self._let_some_go(ages, limit)

    def _ahead(self, walk: Walk, ages: Ages, limit: int) -> list[Document]:
        """The events that the walk comes to next, in their order; none at its end."""
        following = {**walk.which, "_id": {"$gt": stands_at(self._mongo, walk.mark)}}
        query = self._mongo["events"].find(following, {"received_ms": 1, "job_key": 1})
        some = {event["_id"]: event for event in query.sort("_id", ASCENDING).limit(limit)}
        times = (Receipt(cursor, event["received_ms"]) for cursor, event in some.items())
        return [some[seen.cursor] for seen in receipts(self._mongo, ages).old(times, walk.before_ms)]

    def _go_back(self, walk: Walk, ages: Ages) -> None:
        """Where what the walk passed is to be kept after all, since the time was changed, it goes that way again."""
        mark = stands_at(self._mongo, walk.mark)
        passed = {**walk.which, "_id": {"$lte": mark}}
        query = self._mongo["events"].find(passed, {"_id": 1}).sort("_id", DESCENDING).limit(1)
        newest = next((event["_id"] for event in query), None) if mark else None
        if newest is None:
            return
        times = receipts(self._mongo, ages)
        seen = times.after(newest - 1)
        if seen is None or seen.received_ms >= walk.before_ms:
            self._move(walk, times.last_before(walk.before_ms))

    def _move(self, walk: Walk, upto: int) -> None:
        self._mongo["meta"].update_one({"_id": walk.mark}, {"$set": {"value": upto}}, upsert=True)

    def _pass_by(self, walk: Walk, passed: Sequence[Document], ages: Ages) -> int:
        """Delete what may go of these events, and remember the rest; returns how many went."""
        if not passed:
            return 0
        kept = self._kept_among({event["job_key"] for event in passed}, ages)
        firsts: dict[int, int] = {}
        for event in passed:
            if event["job_key"] in kept:
                firsts.setdefault(event["job_key"], event["_id"])
        if firsts:
            self._mongo[KEPT].bulk_write(
                [UpdateOne({"_id": key}, {"$min": {"cursor": first}}, upsert=True) for key, first in firsts.items()]
            )
        gone = self._delete([event["_id"] for event in passed if event["job_key"] not in kept])
        self._move(walk, passed[-1]["_id"])
        return gone

    def _kept_among(self, job_keys: Iterable[int], ages: Ages) -> set[int]:
        """Which of these jobs' events outlive the others'."""
        kept: list[Document] = [{"pinned": True}, {"status": {"$in": list(ages.troubled)}}]
        wanted = {"_id": {"$in": sorted(job_keys)}, "$or": kept}
        return {job["_id"] for job in self._mongo["jobs"].find(wanted, {"_id": 1})}

    def _let_some_go(self, ages: Ages, limit: int) -> int:
        """Delete what is kept no longer, job by job; returns how many events went."""
        with translated():
            if self._mongo[KEPT].find_one({}, {"_id": 1}) is None:
                return 0
            end = receipts(self._mongo, ages).last_before(ages.troubled_ms)
            released = list(self._released(ages, end))
        for key, is_there, is_troubled in released:
            old = {"_id": {"$lte": end}} if is_troubled else {"$or": self._passed(ages)}
            with self._ledger.turn():
                # Of a job that is gone itself its events went, or go, with it.
                gone = self._delete(self._oldest({"job_key": key, **old}, limit)) if is_there else 0
                if gone < limit:
                    self._remember(key, self._oldest({"job_key": key}, 1) if is_troubled else [])
            if gone:
                return gone
        return 0

    def _released(self, ages: Ages, end: int) -> Iterator[tuple[int, bool, bool]]:
        """The keys of jobs that were passed and of which something is kept no longer; whether they are, or went wrong.

        `end` is up to where it is too old for those that went wrong as well.
        """
        passed = self._mongo[KEPT].find()
        while some := list(islice(passed, _AT_ONCE)):
            wanted = {"_id": {"$in": [each["_id"] for each in some]}}
            jobs = {job["_id"]: job for job in self._mongo["jobs"].find(wanted, {"pinned": 1, "status": 1})}
            for each in some:
                job = jobs.get(each["_id"])
                is_troubled = job is not None and job["status"] in ages.troubled
                is_kept = job is not None and (job.get("pinned") or (is_troubled and each["cursor"] > end))
                if not is_kept:
                    yield each["_id"], job is not None, is_troubled

    def _passed(self, ages: Ages) -> list[Document]:
        """What the walks have passed."""
        return [{**walk.which, "_id": {"$lte": stands_at(self._mongo, walk.mark)}} for walk in _walks(ages)]

    def _oldest(self, which: Document, limit: int) -> list[int]:
        query = self._mongo["events"].find(which, {"_id": 1}).sort("_id", ASCENDING).limit(limit)
        return [event["_id"] for event in query]

    def _delete(self, cursors: Sequence[int]) -> int:
        if not cursors:
            return 0
        note_removed(self._mongo, cursors[-1])
        return self._mongo["events"].delete_many({"_id": {"$in": list(cursors)}}).deleted_count

    def _remember(self, job_key: int, firsts: Sequence[int]) -> None:
        """The first cursor of what is still kept of a job, or none for nothing."""
        if firsts:
            self._mongo[KEPT].update_one({"_id": job_key}, {"$set": {"cursor": firsts[0]}})
        else:
            self._mongo[KEPT].delete_one({"_id": job_key})


def receipts(mongo: Mongo, ages: Ages) -> Receipts:
    """When events were received."""

    def following(cursor: int) -> Receipt | None:
        query = mongo["events"].find({"_id": {"$gt": cursor}}, {"received_ms": 1}).sort("_id", ASCENDING).limit(1)
        return next((Receipt(event["_id"], event["received_ms"]) for event in query), None)

    return Receipts(following, lambda: mongo.sight().newest, ages.now_ms)


def _walks(ages: Ages) -> Iterator[Walk]:
    if ages.events_ms > 0:
        yield Walk("pruned", ages.events_ms, {})
    yield Walk("pruned logs", ages.all_logs_ms, {"type": "log"})
