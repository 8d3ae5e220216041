"""How much MongoDB holds. It uses the space of deleted documents again by itself, and `compact` gives it back."""

from itertools import islice
from typing import Final

from pymongo import ASCENDING

from app.storage.base_keeping import Ages
from app.storage.base_series import STEPS_MS, oldest_of
from app.storage.base_series import edges as steps_edges
from app.storage.base_upkeep import Edges, Held, Kind
from app.storage.mongo.client import Document, Mongo, translated
from app.storage.mongo.keeping import receipts

_OF: Final[dict[Kind, tuple[str, ...]]] = {"events": ("events",), "series": ("buckets", "series"), "jobs": ("jobs",)}
_AT_ONCE: Final = 500
"""Jobs of one query."""


class MongoUpkeep:
    """See `Upkeep`."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo

    def held(self, edges: Edges) -> list[Held]:
        """See `Upkeep`."""
        with translated():
            rows = [self._events(edges), self._logs(edges), self._series(edges), self._jobs()]
            return [each._replace(size_bytes=self._size(each.kind)) for each in rows]

    def give_back(self) -> int:
        """See `Upkeep`; an operator's business, as it holds a server up."""
        return 0

    def _events(self, edges: Edges) -> Held:
        others, logs = ({"type": {"$ne": "log"}}, edges.events_ms), ({"type": "log"}, edges.ages.all_logs_ms)
        kept = [sum(both) for both in zip(self._kept(*others, edges.ages), self._kept(*logs, edges.ages), strict=True)]
        old = self._old(*others, edges.ages) + self._old(*logs, edges.ages)
        oldest = self._oldest("events", "received_ms", "_id", {})
        return Held("events", self._rows("events"), oldest, None, old - sum(kept), *kept)

    def _logs(self, edges: Edges) -> Held:
        is_log = {"type": "log"}
        kept = self._kept(is_log, edges.ages.all_logs_ms, edges.ages)
        old = self._old(is_log, edges.ages.all_logs_ms, edges.ages)
        rows = self._mongo["events"].count_documents(is_log)
        return Held("logs", rows, self._oldest("events", "received_ms", "_id", is_log), None, old - sum(kept), *kept)

    def _series(self, edges: Edges) -> Held:
        ends = steps_edges(
            raw_before_ms=edges.raw_ms, minutes_before_ms=edges.minutes_ms, hours_before_ms=edges.hours_ms
        )
        old = [{"step_ms": step_ms, "at_ms": {"$lt": end_ms}} for step_ms, end_ms in ends.items()]
        oldest = oldest_of([self._oldest("buckets", "at_ms", "at_ms", {"step_ms": step_ms}) for step_ms in STEPS_MS])
        return Held(
            "series", self._rows("buckets"), oldest, None, sum(map(self._mongo["buckets"].count_documents, old))
        )

    def _jobs(self) -> Held:
        return Held("jobs", self._rows("jobs"), self._oldest("jobs", "created_at", "_id", {}), None, 0)

    def _rows(self, name: str) -> int:
        return self._mongo[name].estimated_document_count()

    def _old(self, which: Document, before_ms: int, ages: Ages) -> int:
        """How many of these were received before that time."""
        last = receipts(self._mongo, ages).last_before(before_ms)
        return self._mongo["events"].count_documents({**which, "_id": {"$lte": last}})

    def _kept(self, which: Document, before_ms: int, ages: Ages) -> tuple[int, int]:
        """How many of those stay, since their job is pinned, and since it went wrong not too long ago."""
        pinned: Document = {"pinned": True}
        failed = {"pinned": {"$ne": True}, "status": {"$in": list(ages.troubled)}}
        times = receipts(self._mongo, ages)
        upto = {"$lte": times.last_before(before_ms)}
        after = {**upto, "$gt": times.last_before(ages.troubled_ms)}
        return self._of_jobs(pinned, {**which, "_id": upto}), self._of_jobs(failed, {**which, "_id": after})

    def _of_jobs(self, wanted: Document, which: Document) -> int:
        jobs = self._mongo["jobs"].find(wanted, {"_id": 1})
        found = 0
        while keys := [job["_id"] for job in islice(jobs, _AT_ONCE)]:
            found += self._mongo["events"].count_documents({**which, "job_key": {"$in": keys}})
        return found

    def _oldest(self, name: str, field: str, by: str, which: Document) -> int | None:
        found = self._mongo[name].find(which, {field: 1}).sort(by, ASCENDING).limit(1)
        return next((each[field] for each in found), None)

    def _size(self, kind: Kind) -> int | None:
        """With its indexes; a collection in which nothing was written yet may not be there."""
        if kind not in _OF:
            return None
        there = self._mongo.collections()
        stats = [self._mongo.command("collStats", name) for name in _OF[kind] if name in there]
        return sum(int(each.get(part, 0)) for each in stats for part in ("storageSize", "totalIndexSize"))
