"""Events and jobs in MongoDB."""

from collections.abc import Callable, Iterable, Sequence
from types import MappingProxyType
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import PyMongoError

from app.core.clock import Clock
from app.core.errors import Unavailable
from app.storage.base import Commit, Event, EventFilter, Fold, Job, JobFilter, Reach, Tallies
from app.storage.base_counts import Counted
from app.storage.base_keeping import Ages
from app.storage.base_runs import Run, Spider
from app.storage.base_series import Cells
from app.storage.mongo.append import Batch, Merge
from app.storage.mongo.append_numbers import TALLIES, TOTALS, Numbers
from app.storage.mongo.client import Document, Mongo, reason, translated
from app.storage.mongo.conditions import event_conditions, together, visible
from app.storage.mongo.conditions_jobs import job_conditions
from app.storage.mongo.counting import count_events, count_jobs
from app.storage.mongo.keeping import Keeping
from app.storage.mongo.ledger import Ledger
from app.storage.mongo.removal import Removal
from app.storage.mongo.rows import event_of, job_of
from app.storage.singly import append_singly

_NONE: Final[Tallies] = MappingProxyType({})
_ACTIVE: Final = ("queued", "running", "stalled", "lost")
_SLICE: Final = 1_000
"""Events of a deleted job that are deleted while others wait."""


class MongoEventStore:
    """`EventStore` over one database.

    Args:
        mongo: the database.
        ledger: its commits.
        clock: gives the receive times.
        merge: says how the fold's points change their series.
    """

    durable = True

    def __init__(self, mongo: Mongo, ledger: Ledger, clock: Clock, merge: Merge) -> None:
        self._mongo = mongo
        self._ledger = ledger
        self._clock = clock
        self._merge = merge
        self._numbers = Numbers(mongo, ledger)
        self._removal = Removal(mongo, ledger, self._numbers)
        self._keeping = Keeping(mongo, ledger)

    def append(self, events: Sequence[Event], fold: Fold, refused: Tallies = _NONE) -> Commit:
        """See `EventStore`."""
        return self._append(fold, lambda batch: (batch.add(events), refused))

    def append_singly(self, events: Sequence[Event], fold: Fold, refused: Tallies = _NONE) -> Commit:
        """See `EventStore`."""

        def add(batch: Batch) -> tuple[Commit, Tallies]:
            return append_singly(events, refused, lambda event, _: batch.add([event]), _is_of_the_event)

        return self._append(fold, add)

    def _append(self, fold: Fold, add: Callable[[Batch], tuple[Commit, Tallies]]) -> Commit:
        with self._ledger.writing():
            batch = Batch(self._mongo, self._ledger, self._numbers, fold, self._clock.now_ms())
            commit, tallies = add(batch)
            batch.count(tallies)
            batch.write(self._merge)
        return commit

    def events(self, wanted: EventFilter, *, before: int | None = None, limit: int = 100) -> list[Event]:
        """See `EventStore`."""
        with translated():
            conditions = [*visible(self._mongo.sight(), before=before), *event_conditions(self._mongo, wanted)]
            found = self._mongo["events"].find(together(conditions)).sort("_id", DESCENDING).limit(limit)
            return list(map(event_of, found))

    def events_after(self, wanted: EventFilter, *, after: int, limit: int = 500) -> list[Event]:
        """See `EventStore`."""
        with translated():
            conditions = [*visible(self._mongo.sight(), after=after), *event_conditions(self._mongo, wanted)]
            found = self._mongo["events"].find(together(conditions)).sort("_id", ASCENDING).limit(limit)
            return list(map(event_of, found))

    def reach(self) -> Reach:
        """See `EventStore`."""
        with translated():
            sight = self._mongo.sight()
        return Reach(sight.newest, sight.removed)

    def jobs(self, wanted: JobFilter, *, before: int | None = None, limit: int = 100) -> list[Job]:
        """See `EventStore`."""
        earlier: list[Document] = [] if before is None else [{"_id": {"$lt": before}}]
        query = together([*earlier, *job_conditions(wanted)])
        with translated():
            return list(map(job_of, self._mongo["jobs"].find(query).sort("_id", DESCENDING).limit(limit)))

    def job(self, job_id: str) -> Job | None:
        """See `EventStore`."""
        with translated():
            found = self._mongo["jobs"].find_one({"id": job_id})
        return None if found is None else job_of(found)

    def job_counts(self, wanted: JobFilter, most: int | None = None) -> dict[str, int]:
        """See `EventStore`."""
        with translated():
            if most is None and wanted == JobFilter():
                return {each["_id"]: each["count"] for each in self._mongo[TOTALS].find({"count": {"$gt": 0}})}
            steps: list[Document] = [{"$match": together(job_conditions(wanted))}, {"$sort": {"_id": -1}}]
            steps += [] if most is None else [{"$limit": most}]
            steps.append({"$group": {"_id": "$status", "count": {"$sum": 1}}})
            return {each["_id"]: each["count"] for each in self._mongo["jobs"].aggregate(steps)}

    def latest_runs(self, spiders: Sequence[Spider], limit: int) -> dict[Spider, list[Run]]:
        """See `EventStore`; a look into the index of spiders for each."""
        told = {"status": 1, "items": 1}

        def runs(spider: Spider) -> list[Run]:
            source, query = spider
            found = self._mongo["jobs"].find({"source": source, "query": query}, told)
            return [Run(each["status"], each["items"]) for each in found.sort("_id", DESCENDING).limit(limit)]

        with translated():
            return {spider: runs(spider) for spider in spiders}

    def count(self, wanted: EventFilter | JobFilter, over: Cells, most: int) -> Counted:
        """See `EventStore`."""
        with translated():
            if isinstance(wanted, JobFilter):
                return count_jobs(self._mongo, wanted, over, most)
            return count_events(self._mongo, wanted, over, most)

    def last_seqs(self, sender_id: int, epoch: bytes) -> dict[str, int]:
        """See `EventStore`."""
        with translated():
            active = {"sender_id": sender_id, "status": {"$in": list(_ACTIVE)}}
            jobs = {job["_id"]: job["id"] for job in self._mongo["jobs"].find(active, {"id": 1})}
            told = {"job_key": {"$in": list(jobs)}, "epoch": epoch, "seq": {"$exists": True}}
            steps: list[Document] = [
                {"$match": together([*visible(self._mongo.sight()), told])},
                {"$group": {"_id": "$job_key", "seq": {"$max": "$seq"}}},
            ]
            return {jobs[each["_id"]]: each["seq"] for each in self._mongo["events"].aggregate(steps)}

    def tallies(self) -> dict[tuple[int, str, str], int]:
        """See `EventStore`."""
        with translated():
            found: Iterable[Any] = list(self._mongo[TALLIES].find())
        return {(each["sender_id"], each["outcome"], each["code"]): each["count"] for each in found}

    def delete_job(self, job_id: str, *, later: bool = False) -> bool:
        """See `EventStore`."""
        key = self._removal.delete_job(job_id)
        if key is None:
            return False
        while not later and self._removal.delete_slice(key, _SLICE):
            pass
        return True

    def prune(self, ages: Ages, limit: int) -> int:
        """See `EventStore`; a TTL index would delete what is not told of, and not by kind."""
        return self._removal.finish(limit) or self._keeping.prune(ages, limit)


def _is_of_the_event(error: Exception) -> bool:
    """Whether an event is at fault: a server that is away must not make its sender throw it away."""
    if isinstance(error, PyMongoError):
        return reason(error) is None
    return not isinstance(error, Unavailable)
