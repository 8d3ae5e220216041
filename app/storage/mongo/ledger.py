"""How a commit is one, on a server that may have no transactions: what it changes is written down before it is done.

A commit is a list of documents as they will be afterwards (`Put`), not of changes: done twice it is the same.

1. The list goes into the ledger's one document, under the commit's number, if that number is the next and nobody else
   has begun to write since. That is one write of one document, waited for until it is on the disk, and it decides:
   before it nothing has happened, after it the commit will be done, whoever may have to do it.
2. The documents are written, and as the last of them `head`, with the commit's number and how far events may be seen.

Who finds, before he writes, that the ledger is ahead of `head` does the second step again. Events themselves are
not in the list, as they would be written twice: they are inserted before the first step, above the newest cursor that
may be seen, and whatever lies there when nothing was decided is nobody's and goes.

Whoever begins to write takes the next number of a fence. The first step is refused to all but the last who did, so
that a server that was thought to be dead can't decide anything any more. What only removes, or makes coarser buckets
anew, takes a `turn` without a number: it is the same whoever does it, so a command may do it beside the server.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, NoReturn

import bson
from pymongo import DeleteOne, InsertOne, ReturnDocument, UpdateOne
from pymongo.errors import PyMongoError

from app.core.errors import Unavailable
from app.storage.mongo.client import HEAD, TURNS, Document, Mongo, translated

log = logging.getLogger(__name__)

_LEDGER: Final = "ledger"
"""The document, and the collection that it is in."""
_PARTS: Final = "parts"
KEPT_BY_LEDGER: Final = (_LEDGER, _PARTS)
"""Its collections."""
_LARGEST: Final = 12 * 1024 * 1024
"""Bytes of a document, of the 16 MiB that it may have."""

_Write = InsertOne[Document] | UpdateOne | DeleteOne


class Put(NamedTuple):
    """A document with fields as they will be; None when it will not be there.

    Attributes:
        is_new: it is not there yet, which makes it faster to write.
    """

    collection: str
    id: Any
    fields: Document | None
    is_new: bool = False


class Ledger:
    """Writes commits, one after the other; see the module."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._lock = threading.RLock()
        self._fence = 0
        self._is_ready = False
        self._head: Document = {}
        self.era = 0
        """Rises whenever what was known of the database may be wrong."""

    @property
    def head(self) -> Document:
        """What is done: `cursor` may be seen, `last` is that of the newest event, `job_key` of the newest job."""
        return {"number": 0, "cursor": 0, "last": 0, "job_key": 0, **self._head}

    @property
    def fence(self) -> int:
        """The number under which this process writes."""
        return self._fence

    @contextmanager
    def turn(self) -> Iterator[None]:
        """No commit of this process comes meanwhile.

        Raises:
            Unavailable: the server is gone or its disk full.
        """
        with self._lock, translated():
            # Counted before, so that whoever sees the same number twice knows that nothing was begun between.
            self._mongo["meta"].update_one({"_id": TURNS}, {"$inc": {"value": 1}}, upsert=True)
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Nobody else of this process writes meanwhile, and nothing is left undone.

        Raises:
            Unavailable: the server is gone or its disk full; or another process writes.
        """
        with self._lock, translated():
            if not self._is_ready:
                self._make_ready()
            try:
                yield
            except BaseException:
                self._is_ready = False  # nobody knows how far it came
                raise

    def commit(self, puts: Sequence[Put], **head: Any) -> None:
        """Do all of it or nothing, whatever happens; with `head` as it changes. To be called while `writing`."""
        number = self.head["number"] + 1
        done = {**self.head, **head, "number": number}
        ordered = [*puts, Put("meta", HEAD, done)]
        try:
            parts = self._decide(number, b"".join(bson.encode({"put": list(put[:3])}) for put in ordered))
            self._do(ordered)
            self._forget(parts)
        except PyMongoError:
            self._make_ready()  # which says, if the server can be reached again, whether it was decided
            if self.head["number"] != number:
                raise
        else:
            self._head = done

    def put(self, puts: Sequence[Put]) -> None:
        """Write documents that need not be there together. To be called in a `turn`."""
        self._write(puts, again=True)

    def _decide(self, number: int, puts: bytes) -> Sequence[str]:
        """Write the list down, and decide; the names of its further parts."""
        parts = [puts[start : start + _LARGEST] for start in range(0, len(puts), _LARGEST)]
        # Under names that nobody else takes: what another has decided may have to be read still.
        names = [f"{self._fence} {number} {place}" for place in range(1, len(parts))]
        for name, part in zip(names, parts[1:], strict=True):
            self._mongo[_PARTS].replace_one({"_id": name}, {"puts": part}, upsert=True)
        ours = {"_id": _LEDGER, "fence": self._fence, "number": number - 1}
        decision = {"$set": {"number": number, "parts": names, "puts": parts[0]}}
        if not self._mongo.durable(_LEDGER).update_one(ours, decision).matched_count:
            self._forget(names)
            self._give_way()
        return names

    def _forget(self, parts: Sequence[Any]) -> None:
        if parts:
            self._mongo[_PARTS].delete_many({"_id": {"$in": list(parts)}})

    def _do(self, puts: Sequence[Put], *, again: bool = False) -> None:
        """Write the documents; those of `meta` come last and in order, as `head` is the very last."""
        self._write([put for put in puts if put.collection != "meta"], again=again)
        self._mongo["meta"].bulk_write([_write(put, again=again) for put in puts if put.collection == "meta"])

    def _write(self, puts: Sequence[Put], *, again: bool) -> None:
        by_collection: dict[str, list[_Write]] = {}
        for put in puts:
            by_collection.setdefault(put.collection, []).append(_write(put, again=again))
        for name, writes in by_collection.items():
            self._mongo[name].bulk_write(writes, ordered=False)

    def _make_ready(self) -> None:
        """Take the fence, and finish or remove what was left, whoever left it."""
        self.era += 1
        if not self._fence:
            self._mongo.make_indexes()
        # Anew each time: what was sent over a lost connection and comes late must decide nothing any more.
        ledger = self._take()
        self._head = self._read_head()
        if ledger["number"] > self.head["number"]:
            log.warning("Commit %s had been decided and not done; it is done now", ledger["number"])
            self._do(self._decided(ledger), again=True)
            self._forget(_parts_of(ledger))
            self._head = self._read_head()
        self._mongo["events"].delete_many({"_id": {"$gt": self.head["cursor"]}})
        self._is_ready = True

    def _read_head(self) -> Document:
        head = self._mongo["meta"].find_one({"_id": HEAD}) or {}
        head.pop("_id", None)
        return head

    def _take(self) -> Document:
        """The ledger, with the next number of the fence, which is ours."""
        is_first = not self._fence
        taken: Document | None = self._mongo.durable(_LEDGER).find_one_and_update(
            {"_id": _LEDGER} if is_first else {"_id": _LEDGER, "fence": self._fence},
            {"$inc": {"fence": 1}, "$setOnInsert": {"number": 0}},
            upsert=is_first,
            return_document=ReturnDocument.AFTER,
        )
        if taken is None:
            self._give_way()
        self._fence = taken["fence"]
        return taken

    def _decided(self, ledger: Document) -> list[Put]:
        further = [self._mongo[_PARTS].find_one({"_id": name}) for name in _parts_of(ledger)]
        if None in further:  # whoever has decided it has just done it, too
            raise Unavailable("busy")
        puts = b"".join((ledger["puts"], *(part["puts"] for part in further if part)))
        return [Put(*each["put"]) for each in bson.decode_all(puts)]

    def _give_way(self) -> NoReturn:
        """Another process has begun to write: nothing of ours may be done, and what we inserted goes."""
        log.error("Another server writes to this MongoDB database, so this one can't any more; it must be stopped")
        self._mongo["events"].delete_many({"_id": {"$gt": self.head["cursor"]}, "fence": self._fence})
        raise Unavailable("storage_down", 5_000)


def _parts_of(ledger: Document) -> Sequence[Any]:
    """The names of the further parts of what was decided."""
    parts: int | list[str] = ledger["parts"]
    return range(1, parts) if isinstance(parts, int) else parts  # a number was written by an earlier version


def _write(put: Put, *, again: bool) -> _Write:
    if put.fields is None:
        return DeleteOne({"_id": put.id})
    if put.is_new and not again:
        return InsertOne({"_id": put.id, **put.fields})
    return UpdateOne({"_id": put.id}, {"$set": put.fields}, upsert=True)
