"""The numbers that commits carry on: the tallies, and how many jobs there are of each status.

They are few and remembered here, as this process alone writes; only what the ledger has committed is taken over, and
all is read anew in another of its eras.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from app.storage.base import Tallies
from app.storage.mongo.client import Document, Mongo
from app.storage.mongo.ledger import Ledger, Put

TALLIES: Final = "tallies"
TOTALS: Final = "job_totals"


class Numbers:
    """See the module; to be used while the ledger is `writing`."""

    def __init__(self, mongo: Mongo, ledger: Ledger) -> None:
        self._mongo = mongo
        self._ledger = ledger
        self._era = 0
        self._counts: dict[tuple[str, str], int] = {}

    def tallied(self, tallies: Tallies) -> list[Put]:
        """What the tallies will be when these are added."""
        self._look()
        return [
            self._put(TALLIES, f"{sender_id} {outcome} {code}", count, sender_id=sender_id, outcome=outcome, code=code)
            for (sender_id, outcome, code), count in tallies.items()
            if count
        ]

    def moved(self, changes: Mapping[str, int]) -> list[Put]:
        """What the numbers of jobs will be when there are so many more, or less, of these statuses."""
        self._look()
        return [self._put(TOTALS, status, change) for status, change in changes.items() if change]

    def take(self, puts: Iterable[Put]) -> None:
        """Remember what has been committed."""
        for put in puts:
            if put.collection in {TALLIES, TOTALS} and put.fields:
                self._counts[put.collection, put.id] = put.fields["count"]

    def _put(self, collection: str, key: str, change: int, **fields: object) -> Put:
        held = self._counts.get((collection, key))
        document: Document = {**fields, "count": (held or 0) + change}
        return Put(collection, key, document, is_new=held is None)

    def _look(self) -> None:
        if self._era == self._ledger.era:
            return
        found = ((name, document) for name in (TALLIES, TOTALS) for document in self._mongo[name].find())
        self._counts = {(name, document["_id"]): document["count"] for name, document in found}
        self._era = self._ledger.era
