"""One MongoDB database, and how its errors are told.

Every read says how far it may see (`Mongo.sight`): events lie in the database before their commit is done, and after
their job is deleted. Call from real threads only, never from the event loop.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from pymongo import ASCENDING, IndexModel, MongoClient, ReadPreference, WriteConcern
from pymongo.collection import Collection
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WriteConcernError,
)
from pymongo.read_concern import ReadConcern

from app.core.errors import Unavailable

Document = dict[str, Any]

DEFAULT_DATABASE: Final = "scrapewatch"
HEAD: Final = "head"
REMOVED: Final = "removed"
TURNS: Final = "turns"
"""Documents of `meta`, which are few and small: what is done, how far events were removed, and how many turns were."""

SELECT_MS: Final = 3_000
"""How long a server is waited for before the store counts as down."""
_SOCKET_MS: Final = 30_000
_DISK_FULL: Final = frozenset({14031})
_NO_ENTRY: Final = frozenset({13, 18, 8000})
"""Codes of who may not, or is not known: for an operator to mend, and no fault of an event."""
_PRESENT: Final = {"$exists": True}


def _index(*names: str, unique: bool = False, where: str = "") -> IndexModel:
    options: Document = {"partialFilterExpression": {where: _PRESENT}} if where else {}
    return IndexModel([(name, ASCENDING) for name in names], unique=unique, **options)


INDEXES: Final[Mapping[str, list[IndexModel]]] = {
    "events": [
        _index("job_key", "_id"),
        _index("job_key", "id", unique=True, where="id"),
        _index("type", "_id"),
        _index("level", "_id", where="level"),
        _index("words", "_id", where="words"),
    ],
    "jobs": [
        _index("id", unique=True),
        _index("status", "_id"),
        _index("source", "query", "_id"),
    ],
    "series": [_index("name", "labels"), _index("name", "last_ms")],
    "buckets": [_index("series", "step_ms", "at_ms"), _index("step_ms", "at_ms")],
    "groups": [_index("job_key"), _index("fingerprint", "job_key"), _index("last_ms")],
}
"""Events are kept under their cursor and jobs under their key, in whose order they were received: times of receipt need
no index of their own. (job_key, id) is the key that makes delivery idempotent: a job belongs to one sender."""


class Sight(NamedTuple):
    """What may be seen.

    Attributes:
        newest: the last cursor of a commit that is done.
        removed: the last of an event that was stored and is no longer.
        gone: the keys of deleted jobs whose events may still lie here.
    """

    newest: int
    removed: int
    gone: tuple[int, ...]


class Mongo:
    """The database at an address.

    Args:
        url: ``mongodb://…``; one that names no database means `DEFAULT_DATABASE`.
    """

    def __init__(self, url: str) -> None:
        # Nothing is tried again behind our back: what a first try has done is known only to whoever looks (`Ledger`).
        self._client: MongoClient[Document] = MongoClient(
            url,
            connect=False,
            appname="scrapewatch",
            retryWrites=False,
            serverSelectionTimeoutMS=SELECT_MS,
            socketTimeoutMS=_SOCKET_MS,
        )
        # Whatever the address says: what the majority of a replica set has (or a server alone) survives a change of its
        # primary, and only the primary knows at once what was written.
        self._database = self._client.get_default_database(DEFAULT_DATABASE).with_options(
            read_preference=ReadPreference.PRIMARY, read_concern=ReadConcern(), write_concern=WriteConcern(w="majority")
        )

    def __getitem__(self, name: str) -> Collection[Document]:
        return self._database[name]

    def durable(self, name: str) -> Collection[Document]:
        """A collection whose writes are answered when they, and all before them, are in the journal on the disk."""
        return self._database.get_collection(name, write_concern=WriteConcern(w="majority", j=True))

    def look(self) -> None:
        """Ask the server for a sign of life, which it gives to whoever may read there."""
        self.sight()

    def collections(self) -> list[str]:
        """The names of those that are there."""
        return self._database.list_collection_names()

    def command(self, name: str, value: str | int = 1) -> Document:
        """The server's answer to a command."""
        return self._database.command(name, value)

    def sight(self) -> Sight:
        """What may be seen at this moment."""
        found = {each["_id"]: each for each in self["meta"].find()}
        gone = tuple(each["gone"] for each in found.values() if "gone" in each)
        newest, removed = found.get(HEAD, {}).get("cursor", 0), found.get(REMOVED, {}).get("value", 0)
        return Sight(newest, removed, gone)

    def make_indexes(self) -> None:
        """Make those that are not there."""
        for name, indexes in INDEXES.items():
            self[name].create_indexes(indexes)

    def close(self) -> None:
        """Give all connections back."""
        self._client.close()


@contextmanager
def translated() -> Iterator[None]:
    """Turns the driver's errors into `Unavailable`, so that callers know one word for each; a fault of ours stays."""
    try:
        yield
    except PyMongoError as error:
        found = reason(error)
        if found is None:
            raise
        raise found from error


def reason(error: PyMongoError) -> Unavailable | None:
    """What callers are told of it; None where the server is well, and what it was given is at fault."""
    codes = _codes(error)
    if codes & _DISK_FULL:
        return Unavailable("storage_full", 5_000)
    if isinstance(error, ExecutionTimeout):
        return Unavailable("busy")
    if isinstance(error, ConnectionFailure | WriteConcernError) or codes & _NO_ENTRY:
        return Unavailable("storage_down", 2_000)
    if isinstance(error, BulkWriteError) and not error.details.get("writeErrors"):  # written, and not by a majority
        return Unavailable("storage_down", 2_000)
    return None


def _codes(error: PyMongoError) -> set[Any]:
    if isinstance(error, BulkWriteError):
        failed = (*error.details.get("writeErrors", ()), *error.details.get("writeConcernErrors", ()))
        return {each.get("code") for each in failed}
    return {error.code} if isinstance(error, OperationFailure) else set()
