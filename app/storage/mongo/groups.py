"""Error groups in MongoDB; see `app.storage.base_groups`."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

from pymongo import DESCENDING

from app.storage.base_groups import OTHERS, Course, ErrorGroup, Mute, Sighting
from app.storage.base_keeping import Ages
from app.storage.grouping import Key, grown, key_of
from app.storage.mongo.client import Document, Mongo, translated
from app.storage.mongo.conditions_jobs import of_spider
from app.storage.mongo.ledger import Ledger, Put
from app.storage.mongo.rows import job_of
from app.storage.mongo.watermarks import moved, stands_at

MARK: Final = "grouped"
_FIELDS: Final = (
    "job_key", "fingerprint", "kind", "place", "url_template", "title", "first_ms", "last_ms", "count", "sample",
)  # fmt: skip
_AT_ONCE: Final = 500
"""Groups of which the jobs are looked up at once."""
_RUNS: Final = 500
"""Earlier runs of a spider that are asked for their errors at once, the last first."""


class _Run(NamedTuple):
    """A job and the names of its spider, "" for none."""

    key: int
    source: str
    query: str


class MongoGroupStore:
    """The `GroupStore` beside the events of a database."""

    def __init__(self, mongo: Mongo, ledger: Ledger) -> None:
        self._mongo = mongo
        self._ledger = ledger

    def grouped(self) -> int:
        """See `GroupStore`."""
        with translated():
            return stands_at(self._mongo, MARK)

    def group(self, sightings: Sequence[Sighting], after: int, upto: int) -> bool:
        """See `GroupStore`."""
        with self._ledger.writing():
            if stands_at(self._mongo, MARK) != after:
                return False
            self._ledger.commit([*self._counted(sightings), moved(MARK, upto)])
            return True

    def of_job(self, job_id: str, limit: int = 200) -> list[ErrorGroup]:
        """See `GroupStore`."""
        order = [("count", DESCENDING), ("last_ms", DESCENDING), ("fingerprint", 1)]
        with translated():
            run = self._run(job_id)
            if run is None:
                return []
            return self._read(run, list(self._mongo["groups"].find({"job_key": run.key}).sort(order).limit(limit)))

    def one(self, job_id: str, fingerprint: str) -> ErrorGroup | None:
        """See `GroupStore`."""
        with translated():
            run = self._run(job_id)
            found = None if run is None else self._mongo["groups"].find_one({"_id": group_key((run.key, fingerprint))})
            return None if run is None or found is None else self._read(run, [found])[0]

    def mute(self, job_id: str, fingerprint: str, mute: Mute) -> bool:
        """See `GroupStore`."""
        with self._ledger.writing():
            run = self._run(job_id)
            if run is not None:
                fields = {"by": mute.by, "at_ms": mute.at_ms}
                self._ledger.commit([Put("mutes", _mute_key(run, fingerprint), fields)])
            return run is not None

    def unmute(self, job_id: str, fingerprint: str) -> bool:
        """See `GroupStore`."""
        with self._ledger.writing():
            run = self._run(job_id)
            if run is None:
                return False
            return bool(self._mongo["mutes"].delete_one({"_id": _mute_key(run, fingerprint)}).deleted_count)

    def forget(self, ages: Ages, limit: int) -> int:
        """See `GroupStore`."""
        with self._ledger.turn():
            old = list(islice(self._old(ages), limit))
            return self._mongo["groups"].delete_many({"_id": {"$in": old}}).deleted_count if old else 0

    def _old(self, ages: Ages) -> Iterator[Any]:
        """The ids of those that are older than they are kept."""
        aged = self._mongo["groups"].find({"last_ms": {"$lt": ages.events_ms}}, {"job_key": 1, "last_ms": 1})
        while some := list(islice(aged, _AT_ONCE)):
            wanted = {"_id": {"$in": list({group["job_key"] for group in some})}}
            jobs = {job["_id"]: job_of(job) for job in self._mongo["jobs"].find(wanted)}
            for group in some:
                before_ms = ages.before_ms("error", jobs.get(group["job_key"]))
                if before_ms is not None and group["last_ms"] < before_ms:
                    yield group["_id"]

    def _run(self, job_id: str) -> _Run | None:
        found = self._mongo["jobs"].find_one({"id": job_id}, {"source": 1, "query": 1})
        return None if found is None else _Run(found["_id"], found["source"] or "", found["query"] or "")

    def _counted(self, sightings: Sequence[Sighting]) -> list[Put]:
        """The groups of these as they will be."""
        wanted = list({seen.job_key for seen in sightings})
        there = {job["_id"] for job in self._mongo["jobs"].find({"_id": {"$in": wanted}}, {"_id": 1})}
        seen = [each for each in sightings if each.job_key in there]
        if not seen:
            return []
        keys = {key_of(each) for each in seen} | {(job_key, OTHERS) for job_key in there}
        found = map(group_of, self._mongo["groups"].find({"_id": {"$in": list(map(group_key, keys))}}))
        held = {(group.job_key, group.fingerprint): group for group in found}
        sizes = {job_key: self._mongo["groups"].count_documents({"job_key": job_key}) for job_key in there}
        return [
            Put("groups", group_key(key), group_fields(group), is_new=key not in held)
            for key, group in grown(held, sizes, seen).items()
        ]

    def _read(self, run: _Run, found: Sequence[Document]) -> list[ErrorGroup]:
        """The groups of a job with what the runs of its spider and the mutes say of them."""
        fingerprints = {each["fingerprint"] for each in found}
        known = self._known(run, fingerprints)
        muted = self._muted(run, fingerprints)
        return [
            group_of(each, new=each["fingerprint"] not in known, muted=muted.get(each["fingerprint"])) for each in found
        ]

    def _known(self, run: _Run, fingerprints: Collection[str]) -> set[str]:
        """Those that an earlier run of the spider had; all of them if there was none."""
        known: set[str] = set()
        has_run = False
        for keys in self._earlier(run):
            has_run = True
            unknown = list(set(fingerprints) - known)
            if not unknown:
                break
            query = {"fingerprint": {"$in": unknown}, "job_key": {"$in": keys}}
            known |= set(self._mongo["groups"].distinct("fingerprint", query))
        return known if has_run else set(fingerprints)

    def _earlier(self, run: _Run) -> Iterator[list[int]]:
        """The runs of the spider before this one, some at a time, the last first."""
        before = run.key
        while run.source or run.query:
            query = {"_id": {"$lt": before}, **of_spider(run.source, run.query)}
            keys = [job["_id"] for job in self._mongo["jobs"].find(query, {"_id": 1}).sort("_id", -1).limit(_RUNS)]
            if not keys:
                return
            yield keys
            before = keys[-1]

    def _muted(self, run: _Run, fingerprints: Collection[str]) -> dict[str, Mute]:
        keys = {_mute_key(run, fingerprint): fingerprint for fingerprint in fingerprints}
        found = self._mongo["mutes"].find({"_id": {"$in": list(keys)}})
        return {keys[each["_id"]]: Mute(each["by"], each["at_ms"]) for each in found}


def group_key(key: Key) -> str:
    """Under which a group is kept."""
    return f"{key[0]} {key[1]}"


def _mute_key(run: _Run, fingerprint: str) -> str:
    return mute_key(run.source, run.query, fingerprint)


def mute_key(source: str, query: str, fingerprint: str) -> str:
    """Under which it is kept; names can't hold the sign between them: it is replaced before any store sees them."""
    return "\0".join((source, query, fingerprint))


def group_fields(group: ErrorGroup) -> Document:
    """What is kept of it."""
    return {**{name: getattr(group, name) for name in _FIELDS}, "course": list(group.course)}


def group_of(document: Mapping[str, Any], *, new: bool = False, muted: Mute | None = None) -> ErrorGroup:
    """The record of a document."""
    step_ms, first, cells = document["course"]
    values = {name: document[name] for name in _FIELDS}
    return ErrorGroup(**values, course=Course(step_ms, first, tuple(cells)), new=new, muted=muted)
