"""A store whose events are packed as soon as they are stored: what is promised of any must hold of it."""

from collections.abc import Sequence

from sqlalchemy import text

from app.core.clock import Clock
from app.storage.base import Commit, Event, Fold, Tallies
from app.storage.packing import pack
from app.storage.sql.database import Database
from app.storage.sql.events import SqlEventStore
from app.storage.sql.packing import SqlPacking
from app.storage.sql.series import SqlSeriesStore
from app.storage.stores import Stores

NEVER_MS = 2**62
KILLED = """
import os, signal, sys
from app.core.clock import CLOCK
from app.storage.sql import packing
from app.storage.sql.database import Database
def put(connection, share, parts, put=packing._put):
    put(connection, share, parts)
    if put.calls: os.kill(os.getpid(), signal.SIGKILL)
    put.calls = 1
    return 1
packing._put.calls = 0
packing._put = put
packing.MOST_EVENTS = 50
store = packing.SqlPacking(Database(sys.argv[1]), CLOCK)
while True:
    store.pack(2**62)
"""
"""A program that packs the database at its first argument, and is killed in its second transaction."""
_END = "UPDATE jobs SET finished_at = 0 WHERE finished_at IS NULL RETURNING key"
_GO_ON = "UPDATE jobs SET finished_at = NULL WHERE key = :key"


def pack_all(database: Database, clock: Clock) -> int:
    """Pack as though every job had ended; how many events were."""
    keys = database.write(lambda connection: connection.execute(text(_END)).scalars().all())
    done = pack(SqlPacking(database, clock), NEVER_MS)
    if keys:
        database.write(lambda connection: connection.execute(text(_GO_ON), [{"key": key} for key in keys]))
    return done


class PackingStore(SqlEventStore):
    """Packs after each batch."""

    def append(self, events: Sequence[Event], fold: Fold, refused: Tallies | None = None) -> Commit:
        """See `EventStore`."""
        commit = super().append(events, fold, refused or {})
        pack_all(self._database, self._clock)
        return commit

    def append_singly(self, events: Sequence[Event], fold: Fold, refused: Tallies | None = None) -> Commit:
        """See `EventStore`."""
        commit = super().append_singly(events, fold, refused or {})
        pack_all(self._database, self._clock)
        return commit


def packing(stores: Stores, database: Database, clock: Clock) -> Stores:
    """Those stores, whose events are packed at once."""
    return stores._replace(events=PackingStore(database, clock, SqlSeriesStore(database).merge))
