"""The source and the target of a copy, read alike: by the ports that the house has anyway, else by their `Transfer`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from app.storage.base import EventFilter, JobFilter
from app.storage.base_copying import PARTS, Key, Numbers, Page, Row, Transfer
from app.storage.sql.transfer_tables import OF_HOUSE
from app.storage.stores import Stores

PAGE: Final = 1_000
"""Rows that are read at once."""


@dataclass(frozen=True)
class Side:
    """One of both.

    Attributes:
        house: where the tables of the house are, if they are copied as well.
    """

    stores: Stores
    transfer: Transfer
    house: Transfer | None = None

    @property
    def changing(self) -> Sequence[str]:
        """The parts whose rows change, in the order in which they are written."""
        return (*(OF_HOUSE if self.house else ()), *PARTS[1:])

    @property
    def parts(self) -> Sequence[str]:
        """All of them."""
        return (PARTS[0], *self.changing)

    def of(self, part: str) -> Transfer:
        """Where a part is."""
        return self.house if self.house is not None and part in OF_HOUSE else self.transfer

    def held(self, part: str) -> int:
        """How many rows there are of a part."""
        return self.of(part).held(part)

    def numbers(self) -> Numbers:
        """See `Numbers`."""
        reach = self.stores.events.reach()
        given = {**(self.house.given() if self.house else {}), **self.transfer.given()}
        return Numbers(reach.newest, reach.removed, self.stores.groups.grouped(), given)

    def version(self) -> str:
        """See `Transfer.version`."""
        sides = (self.transfer,) if self.house is None else (self.transfer, self.house)
        return " ".join(side.version() for side in sides)

    def pages(self, part: str, after: Key | None = None) -> Iterator[Page]:
        """All rows of a part, from `after` (not included) onwards."""
        while True:
            page = self._page(part, after)
            yield page
            if page.after is None:
                return
            after = page.after

    def rows(self, part: str) -> Iterator[Row]:
        """The same, row by row."""
        return (row for page in self.pages(part) for row in page.rows)

    def _page(self, part: str, after: Key | None) -> Page:
        if part == "events":
            events = self.stores.events.events_after(EventFilter(), after=after[0] if after else 0, limit=PAGE)
            return Page(events, (events[-1].cursor,) if events else None)
        if part == "jobs":
            jobs = self.stores.events.jobs(JobFilter(), before=after[0] if after else None, limit=PAGE)
            return Page(jobs, (jobs[-1].key,) if jobs else None)
        if part == "tallies":
            return Page([(*key, count) for key, count in sorted(self.stores.events.tallies().items())], None)
        return self.of(part).dump(part, after, PAGE)
