"""Events of Postgres over several partitions, and who cleans them."""

from collections.abc import Sequence

from app.storage.base import Event, EventFilter
from app.storage.base_keeping import Ages
from app.storage.base_series import DAY_MS
from app.storage.base_upkeep import Edges
from app.storage.indexing import Indexing
from app.storage.sql import partitions
from app.storage.sql.database import Database
from app.storage.stores import Stores
from tests.fakes import StoppedClock, event, jobs_fold, new_id

ANY = EventFilter()
FIRST = partitions.LEAST
"""The first cursor of the second partition."""


class Keeper:
    """Keeps events for 30 days."""

    def __init__(self, stores: Stores, clock: StoppedClock) -> None:
        self._stores = stores
        self._clock = clock

    def foretold(self) -> int:
        """How many events are to go."""
        edge_ms = self._edge_ms()
        assert self._stores.upkeep
        return next(each.going for each in self._stores.upkeep.held(Edges(edge_ms, edge_ms, edge_ms, 0, 0, 0)))

    def clean_up(self) -> int:
        """How many went."""
        edge_ms, gone = self._edge_ms(), 0
        while went := self._stores.events.prune(Ages(edge_ms, edge_ms), 500):
            gone += went
        return gone

    def _edge_ms(self) -> int:
        return self._clock.now_ms() - 30 * DAY_MS


def advance(database: Database, cursor: int) -> None:
    """As if so many cursors had been given."""
    database.write(lambda made: made.exec_driver_sql("UPDATE meta SET value = %s WHERE key = 'cursor'", (cursor,)))


def held(database: Database) -> list[partitions.Partition]:
    return database.read(partitions.held)


def number(database: Database, table: str) -> int:
    """Its rows."""
    found = database.read(lambda made: made.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())
    return int(found)


def some(count: int = 3) -> list[Event]:
    """Events of which each has a key."""
    return [event(id=new_id()) for _ in range(count)]


def index(stores: Stores) -> None:
    """Until all words are in the index."""
    assert stores.words
    while Indexing(stores.events, stores.words).look():
        pass


def filled(stores: Stores, database: Database, days: Sequence[int], clock: StoppedClock) -> None:
    """On each of these days after the clock's three items and a log, the last of them at the end of a partition."""
    began_ms = clock.time_ms
    for place, day in enumerate(days):
        clock.time_ms = began_ms + day * DAY_MS
        stores.events.append([*some(), event("log", id=new_id(), data={"message": f"needle {place}"})], jobs_fold)
        advance(database, FIRST * (place + 1) - 1)
    index(stores)
