"""Which store a STORAGE_URL means: one row a scheme."""

from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from sqlalchemy.engine import make_url

from app.core.clock import Clock
from app.core.errors import ScrapewatchError
from app.storage.base import EventStore
from app.storage.base_about import About
from app.storage.base_copying import UNFINISHED, Transfer
from app.storage.base_groups import GroupStore
from app.storage.base_packing import Packing
from app.storage.base_search import SearchStore, WordIndex
from app.storage.base_series import SeriesStore
from app.storage.base_upkeep import Upkeep
from app.storage.memory import MemoryEventStore
from app.storage.memory_groups import MemoryGroupStore
from app.storage.memory_search import MemorySearchStore
from app.storage.memory_series import MemorySeriesStore
from app.storage.sql.database import Database
from app.storage.sql.events import SqlEventStore
from app.storage.sql.groups import SqlGroupStore
from app.storage.sql.packing import SqlPacking
from app.storage.sql.searching import SqlSearchStore
from app.storage.sql.series import SqlSeriesStore
from app.storage.sql.upkeep import SqlUpkeep


def _nothing() -> None:
    """What there is to close and to tell of stores that are in the database, or in this process."""


class Stores(NamedTuple):
    """What one STORAGE_URL holds.

    Attributes:
        close: ends the connections of its own that it has.
        about: asks a server of its own what it is; None where there is none.
        words: the index of words that is to follow the events; None where all are gone through.
        transfer: the way of all that is there into another store, and back; None where there is none.
        packing: packs bodies of what is over; None where the store does not, or by itself.
    """

    events: EventStore
    series: SeriesStore
    groups: GroupStore
    search: SearchStore
    close: Callable[[], object] = _nothing
    about: Callable[[], About | None] = _nothing
    upkeep: Upkeep | None = None
    transfer: Callable[[], Transfer] | None = None
    words: WordIndex | None = None
    packing: Packing | None = None


Opener = Callable[[str, Database, Clock], Stores]


def open_stores(storage_url: str, database: Database, clock: Clock) -> Stores:
    """The stores at `storage_url`; `database` is the one at DATABASE_URL.

    Raises:
        ScrapewatchError: this version has no such store, or a copy into it is not finished.
    """
    stores = reach_stores(storage_url, database, clock)
    if stores.transfer is not None and stores.about is not _nothing:  # the database itself is asked by whoever opens it
        mark = stores.transfer().mark()
        if mark is not None and not mark.is_done:
            stores.close()
            raise ScrapewatchError(f"STORAGE_URL: {UNFINISHED}")
    return stores


def reach_stores(storage_url: str, database: Database, clock: Clock) -> Stores:
    """The same, though they may hold a part of a copy alone."""
    return opener_of(storage_url)(storage_url, database, clock)


def opener_of(storage_url: str) -> Opener:
    """What opens the stores there; the same for all addresses at which one store may be.

    Raises:
        ScrapewatchError: this version has no such store.
    """
    scheme = storage_url.partition(":")[0].partition("+")[0]
    opener = STORES.get(scheme)
    if opener is None:
        raise ScrapewatchError(f"STORAGE_URL: {scheme}:// is not among {', '.join(STORES)} yet.")
    return opener


def _sql(storage_url: str, database: Database, clock: Clock) -> Stores:
    if make_url(storage_url) != database.url:
        raise ScrapewatchError("STORAGE_URL: a second database beside DATABASE_URL can't be used yet.")
    series, search = SqlSeriesStore(database), SqlSearchStore(database)
    return Stores(
        SqlEventStore(database, clock, series.merge),
        series,
        SqlGroupStore(database),
        search,
        upkeep=SqlUpkeep(database, clock),
        words=search,
        transfer=partial(_sql_transfer, database),
        packing=SqlPacking(database, clock),
    )


def _sql_transfer(database: Database) -> Transfer:
    from app.storage.sql.transfer import SqlTransfer  # noqa: PLC0415  (for the one command that copies)

    return SqlTransfer(database)


def _memory(storage_url: str, database: Database, clock: Clock) -> Stores:  # noqa: ARG001  (one signature for all)
    series = MemorySeriesStore()
    events = MemoryEventStore(clock, series.record)
    return Stores(events, series, MemoryGroupStore(events), MemorySearchStore(events))


def _redis(storage_url: str, database: Database, clock: Clock) -> Stores:  # noqa: ARG001  (one signature for all)
    from app.storage.redis.opening import open_redis  # noqa: PLC0415  (whoever has no Redis need not wait for its client)

    return Stores(*open_redis(storage_url, clock))


def _mongodb(storage_url: str, database: Database, clock: Clock) -> Stores:  # noqa: ARG001  (one signature for all)
    from app.storage.mongo.opening import open_mongo  # noqa: PLC0415  (its driver takes as long as all else to import)

    opened = open_mongo(storage_url, clock)
    return Stores(*opened, words=opened[3])


STORES: Final[dict[str, Opener]] = {
    "sqlite": _sql,
    "postgresql": _sql,
    "memory": _memory,
    "redis": _redis,
    "rediss": _redis,
    "mongodb": _mongodb,
}
