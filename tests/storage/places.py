"""Houses that are moved: where they have their database and their store, and what happens there."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from app.storage.base_audit import AuditEntry
from app.storage.base_backups import quietly
from app.storage.base_series import HOUR_MS
from app.storage.copying.copier import Report
from app.storage.copying.opening import copier, planned
from app.storage.sql import schema
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.audit import SqlAuditStore
from app.storage.sql.claim import Claim
from app.storage.sql.database import Database
from app.storage.stores import Stores, open_stores
from tests.fakes import NOW_MS, StoppedClock
from tests.storage.histories import lived, seen
from tests.storage.packed import pack_all

Address = Callable[[str], str]


@dataclass(frozen=True)
class Place:
    """Where a house has its database and its store."""

    database_url: str
    storage_url: str

    @contextmanager
    def opened(self) -> Iterator[Stores]:
        database = Database(self.database_url)
        clock = StoppedClock(NOW_MS + 9 * HOUR_MS)
        with closing(database), closing(open_stores(self.storage_url, database, clock)) as stores:
            yield stores

    @contextmanager
    def served(self) -> Iterator[None]:
        """A server works here."""
        with closing(Database(self.database_url)) as database:
            claim = Claim(database)
            claim.take()
            yield
            claim.release()

    def enter(self) -> None:
        """Look at all that a server looks at before it starts."""
        with closing(Database(self.database_url)) as database:
            schema.require_current(database)
            open_stores(self.storage_url, database, StoppedClock()).close()

    def live(self) -> None:
        """Let what is in `histories` happen here."""
        clock = StoppedClock()
        database = Database(self.database_url)
        with closing(database):
            for name in ("one", "two"):
                SqlAccountStore(database).sender(name, at_ms=NOW_MS)
            SqlAuditStore(database).add(AuditEntry(at=NOW_MS, actor_kind="server", actor="", action="login"))
            with closing(open_stores(self.storage_url, database, clock)) as stores:
                lived(stores, clock)
                if self.storage_url == self.database_url:
                    assert pack_all(database, clock)

    def seen(self) -> dict[str, object]:
        with self.opened() as stores:
            return seen(stores)

    def copied(self, to: str, *, ahead: bool = False) -> Report:
        move = planned(self.database_url, self.storage_url, to)
        with copier(move, StoppedClock(), quietly, ahead=ahead) as copying:
            return copying.ahead() if ahead else copying.run()

    def moved(self, to: str) -> "Place":
        """Where all is once it has been copied to there."""
        move = planned(self.database_url, self.storage_url, to)
        return Place(move.to if move.to_sql else self.database_url, move.to)
