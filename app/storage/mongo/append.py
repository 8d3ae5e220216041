"""The write path of events: a batch that grows in memory until all of it is one commit of the ledger.

1. Load the jobs that events name, making records for unknown ones; refuse events for a job of another sender.
2. Insert the events above the newest cursor, where nobody sees them yet. The database passes over those whose (job, id)
   is taken: who holds it says whether they are duplicates or conflicts.
3. Fold what is new into copies of the jobs, and write the flags that the fold has set.
4. When all is added, the jobs, the tallies and whatever the points make of their series are the commit.
"""

import copy
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from app.core.errors import Unavailable
from app.storage.base import UNKNOWN_DIGEST, Commit, Event, Fold, Job, Outcome, Tallies
from app.storage.base_series import Point
from app.storage.mongo.append_numbers import Numbers
from app.storage.mongo.client import Document, Mongo
from app.storage.mongo.ledger import Ledger, Put
from app.storage.mongo.rows import event_document, job_fields, job_of

STORED: Final = Outcome("stored")
DUPLICATE: Final = Outcome("duplicate")
FORBIDDEN: Final = Outcome("refused", "forbidden_job", "jobId")
CONFLICT: Final = Outcome("refused", "id_conflict", "id")

_TAKEN: Final = 11000
_AT_ONCE: Final = 100
"""Keys of one query: some servers hold each document against all of them."""
_Key = tuple[int, bytes]


Merge = Callable[[Sequence[Point]], Iterable[Put]]
"""Says how points change their series: the documents as they will be."""


class Batch:
    """Events and what they change; to be used while the ledger is `writing`, and thrown away if anything fails."""

    def __init__(self, mongo: Mongo, ledger: Ledger, numbers: Numbers, fold: Fold, now_ms: int) -> None:
        self._mongo = mongo
        self._ledger = ledger
        self._numbers = numbers
        self._fold = fold
        self._now_ms = now_ms
        head = ledger.head
        self._cursor: int = head["cursor"]
        self._last: int = head["last"]
        self._job_key: int = head["job_key"]
        self._jobs: dict[str, Job] = {}
        self._statuses: dict[str, str | None] = {}
        self._changed: set[str] = set()
        self._points: list[Point] = []
        self._tallies: Counter[tuple[int, str, str]] = Counter()

    def add(self, events: Sequence[Event]) -> Commit:
        """The commit that these are, a part of the whole. If the fold fails, nothing of them is left."""
        jobs = self._jobs_of(events)
        outcomes = [
            FORBIDDEN if event.job_id and jobs[event.job_id].sender_id != event.sender_id else STORED
            for event in events
        ]
        permitted = [event for event, outcome in zip(events, outcomes, strict=True) if outcome is STORED]
        for cursor, event in enumerate(permitted, self._cursor + 1):
            event.cursor, event.received_ms = cursor, self._now_ms
            event.job_key = jobs[event.job_id].key if event.job_id else -event.sender_id
        refused = self._insert(permitted)
        outcomes = [refused.get(id(event), outcome) for event, outcome in zip(events, outcomes, strict=True)]
        new = [event for event in permitted if id(event) not in refused]
        try:
            commit = self._folded(outcomes, new, jobs)
        except Exception:
            self._mongo["events"].delete_many({"_id": {"$in": [event.cursor for event in new]}})
            raise
        self._cursor += len(permitted)
        for event, outcome in zip(events, outcomes, strict=True):
            self._tallies[event.sender_id, "rejected" if outcome.code else outcome.state, outcome.code] += 1
        return commit

    def count(self, tallies: Tallies) -> None:
        """Count what is no event of the batch."""
        self._tallies.update(dict(tallies))

    def write(self, merge: Merge) -> None:
        """Commit all that was added."""
        puts = [self._put(self._jobs[job_id]) for job_id in sorted(self._changed)]
        moves = Counter(self._jobs[job_id].status for job_id in self._changed)
        moves.subtract(status for job_id in self._changed if (status := self._statuses[job_id]) is not None)
        puts += self._numbers.tallied(self._tallies)
        puts += self._numbers.moved(moves)
        puts += merge(self._points)
        if puts:
            self._ledger.commit(puts, cursor=self._cursor, last=self._last, job_key=self._job_key)
        self._numbers.take(puts)

    def _put(self, job: Job) -> Put:
        return Put("jobs", job.key, job_fields(job), is_new=self._statuses[job.id] is None)

    def _jobs_of(self, events: Sequence[Event]) -> dict[str, Job]:
        """Copies of the jobs that are named; an unknown one belongs to the sender of its first event."""
        names = list({event.job_id: None for event in events if event.job_id})
        unknown = [name for name in names if name not in self._jobs]
        for start in range(0, len(unknown), _AT_ONCE):
            for document in self._mongo["jobs"].find({"id": {"$in": unknown[start : start + _AT_ONCE]}}):
                job = job_of(document)
                self._jobs[job.id], self._statuses[job.id] = job, job.status
        jobs = {name: copy.copy(self._jobs[name]) for name in names if name in self._jobs}
        for event in events:
            if event.job_id and event.job_id not in jobs:
                self._job_key += 1
                jobs[event.job_id] = Job(
                    event.job_id,
                    event.sender_id,
                    created_at=self._now_ms,
                    key=self._job_key,
                    last_event_at=self._now_ms,
                )
        return jobs

    def _insert(self, events: Sequence[Event]) -> dict[int, Outcome]:
        """Insert events but those whose (job, id) is taken; what becomes of these, by the identity of the event."""
        first: dict[_Key, Event] = {}
        with_id = [event for event in events if event.id is not None]
        again = [event for event in with_id if first.setdefault((event.job_key, event.id or b""), event) is not event]
        repeated = set(map(id, again))
        sent = [event for event in events if id(event) not in repeated]
        taken = [sent[place] for place in self._inserted(sent)] if sent else []
        held = {key: event.digest for key, event in first.items()} | self._held(taken)
        return {
            id(event): DUPLICATE if held[event.job_key, event.id or b""] in (event.digest, UNKNOWN_DIGEST) else CONFLICT
            for event in (*taken, *again)
        }

    def _inserted(self, events: Sequence[Event]) -> list[int]:
        """Insert these; the places of those whose key is taken."""
        documents = [event_document(event, self._ledger.fence) for event in events]
        try:
            self._mongo["events"].insert_many(documents, ordered=False)
        except BulkWriteError as error:
            failed: list[Mapping[str, Any]] = error.details["writeErrors"]
            if error.details["writeConcernErrors"] or any(each["code"] != _TAKEN for each in failed):
                raise
            if any("_id" in each["keyPattern"] for each in failed):  # somebody else's, who came too late
                raise Unavailable("busy") from error
            return [each["index"] for each in failed]
        return []

    def _held(self, events: Sequence[Event]) -> dict[_Key, int]:
        """The digests of the stored events that hold the keys of these."""
        ids: dict[int, list[bytes]] = {}
        for event in events:
            ids.setdefault(event.job_key, []).append(event.id or b"")
        clauses: list[Document] = [{"job_key": job_key, "id": {"$in": some}} for job_key, some in ids.items()]
        found = {}
        for start in range(0, len(clauses), _AT_ONCE):
            query = {"$or": clauses[start : start + _AT_ONCE]}
            for document in self._mongo["events"].find(query, {"job_key": 1, "id": 1, "digest": 1}):
                found[document["job_key"], document["id"]] = document["digest"]
        return found

    def _folded(self, outcomes: list[Outcome], new: list[Event], jobs: dict[str, Job]) -> Commit:
        """Let the new events change their jobs; keep what comes of it."""
        if not new:
            return Commit(outcomes, [], [], self._cursor)
        tails = {event.job_id: jobs[event.job_id].last_cursor for event in new if event.job_id}
        for event in new:
            if event.job_id:
                jobs[event.job_id].last_cursor, jobs[event.job_id].origin = event.cursor, event.origin
        changed = {job_id: jobs[job_id] for job_id in tails}
        commit = Commit(outcomes, new, list(changed.values()), self._last, tails)
        flags = [event.flags for event in commit.telling]
        points = self._fold(commit, changed)
        flagged = [event for event, before in zip(commit.telling, flags, strict=True) if event.flags != before]
        if flagged:
            writes = [UpdateOne({"_id": event.cursor}, {"$set": {"flags": event.flags}}) for event in flagged]
            self._mongo["events"].bulk_write(writes, ordered=False)
        for job_id, job in changed.items():
            self._statuses.setdefault(job_id, None)
            self._jobs[job_id] = job
        self._changed |= changed.keys()
        self._points += points
        self._tallies.update(commit.excess)
        self._last = new[-1].cursor
        return commit
