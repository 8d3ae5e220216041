"""All that a store holds comes into another one: whichever two they are, and however often the copy is broken off."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from app.core.errors import ScrapewatchError
from app.fold import folding
from app.storage.base_audit import AuditEntry
from app.storage.base_backups import quietly
from app.storage.base_copying import Mark
from app.storage.base_keeping import Ages
from app.storage.base_series import HOUR_MS
from app.storage.copying.copier import Report
from app.storage.copying.opening import copier, planned
from app.storage.sql import migrate, schema
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.audit import SqlAuditStore
from app.storage.sql.claim import Claim
from app.storage.sql.database import Database
from app.storage.sql.transfer import SqlTransfer
from app.storage.sql.transfer_tables import MADE, OF_HOUSE, OF_STORES
from app.storage.stores import Stores, open_stores
from tests.fakes import NOW_MS, StoppedClock, event, fresh_limits, no_fold
from tests.storage.histories import EPOCH, lived, seen
from tests.storage.packed import pack_all


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


Address = Callable[[str], str]


@pytest.fixture
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Address:
    """An empty store of a kind."""

    def made(kind: str) -> str:
        return f"sqlite:///{tmp_path / 'other.db'}" if kind == "sqlite" else str(request.getfixturevalue(f"{kind}_url"))

    return made


@pytest.fixture
def place(request: pytest.FixtureRequest, sqlite_url: str, address: Address) -> Place:
    """One that has lived, of the kind that the test names."""
    kind = getattr(request, "param", "sqlite")
    url = sqlite_url if kind == "sqlite" else address(kind)
    made = Place(url if kind == "postgres" else sqlite_url, url)
    made.live()
    return made


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("sqlite", "postgres"),
        ("postgres", "sqlite"),
        ("sqlite", "redis"),
        ("redis", "mongodb"),
        ("mongodb", "sqlite"),
    ],
    indirect=["place"],
)
def test_all_that_can_be_asked_is_answered_alike(place, kind, address):
    """Of events, jobs, groups, series and words; once more copies nothing; and what was stored is a duplicate there."""
    to = address(kind)
    before = place.seen()

    report = place.copied(to)

    assert (report.new, report.differences) == (len(before["events"]), ())
    copy = place.moved(to)
    assert copy.seen() == before
    again = place.copied(to)
    assert (again.new, again.differences) == (0, ())
    with copy.opened() as stores:
        assert stores.words is None or stores.words.indexed() == before["reach"].newest
        known = before["events"][-2]
        told = stores.events.append([known, event(job_id="red", seq=99, epoch=EPOCH)], folding(fresh_limits()))
        assert [outcome.state for outcome in told.outcomes] == ["duplicate", "stored"]
        assert told.events[0].cursor > before["reach"].newest
        assert stores.events.append([event(job_id="new")], no_fold).jobs[0].key > before["jobs"][0].key + 1


@pytest.mark.parametrize("kind", ["postgres", "redis", "mongodb"])
def test_a_copy_that_was_begun_ahead_and_killed_again_and_again_is_whole(place, kind, address):
    """Killed within the events, within what changes, and while both were compared; not to be used before its end.

    What goes from the source while a server still works there goes from the copy, too.
    """
    to = address(kind)
    with place.served():
        with pytest.raises(ScrapewatchError, match="A server uses the source"):
            place.copied(to)
        assert place.copied(to, ahead=True).new == 95
    with place.opened() as stores:
        stores.events.append([event(id=number.to_bytes(16)) for number in range(1, 95)], folding(fresh_limits()))
        stores.events.delete_job("blue")
        stores.events.prune(Ages(NOW_MS + 1, NOW_MS + 1), 1_000)
    before = place.seen()
    command = [sys.executable, "-m", "tests.storage.killed_copies", place.database_url, place.storage_url, to]

    killed = subprocess.run([*command, "3", "5", "12", "40"], check=True, capture_output=True, text=True, timeout=120)

    assert killed.stdout.split() == ["-9"] * 4, killed
    copy = place.moved(to)
    with pytest.raises(ScrapewatchError, match="A copy into it is not finished"):
        copy.enter()
    assert place.copied(to).differences == ()
    assert copy.seen() == before


def test_a_flipped_row_is_found_and_named(place, address):
    """Once it was equal: an event, a job, a bucket; the copy is left as it is."""
    to = address("sqlite")
    place.copied(to)
    database = Database(to)
    for flip in (
        "UPDATE events SET data = replace(data, 'shelf 3', 'shelf 4') WHERE data LIKE '%shelf 3%' AND job_key = 1",
        "UPDATE jobs SET items = items + 1 WHERE id = 'green'",
        "DELETE FROM tallies WHERE outcome = 'rejected' AND code = 'invalid'",
    ):
        database.write(partial(Connection.execute, statement=text(flip)))

    found = place.copied(to).differences

    (cursor,) = [each.cursor for each in place.seen()["logs"] if "shelf 3" in each.data and each.job_id == "red"]
    assert f"events {cursor} differs" in found
    assert "jobs green differs" in found
    assert "tallies 1 rejected invalid is in the source only" in found
    database.close()


def test_only_an_empty_store_or_the_same_copy_is_taken_for_a_target(place, address, tmp_path):
    """What there is is named, and nothing is changed."""
    other = Place(f"sqlite:///{tmp_path / 'other.db'}", f"sqlite:///{tmp_path / 'other.db'}")
    migrate.upgrade(other.database_url)
    other.live()
    before = other.seen()

    with pytest.raises(ScrapewatchError, match=r"is not empty: it holds 95 events, 2 senders, 1 audit, 3 jobs"):
        place.copied(other.database_url)
    assert other.seen() == before
    third = f"sqlite:///{tmp_path / 'third.db'}"
    other.copied(third)
    with pytest.raises(ScrapewatchError, match=r"holds a copy of sqlite:////.*other\.db, not of"):
        place.copied(third)
    for to in ("memory:", place.storage_url, "mysql://here/there"):
        with pytest.raises(ScrapewatchError, match="--to"):
            place.copied(to)
    with pytest.raises(ScrapewatchError, match="STORAGE_URL is memory"):
        Place(place.database_url, "memory:").copied(third)


def test_the_audit_log_is_added_to_and_never_emptied(place, address):
    """When all that changes is copied anew, its lines stay where they are."""
    with closing(Database(place.database_url)) as database:
        transfer = SqlTransfer(database)
        lines = transfer.dump("audit", None, 10).rows

        transfer.clear("audit")
        transfer.load("audit", lines, Mark("here"))

        assert lines
        assert transfer.dump("audit", None, 10).rows == lines


def test_every_table_is_either_copied_or_made_anew():
    """And comes after those that it refers to."""
    tables = [*OF_STORES.values(), *OF_HOUSE.values(), *MADE]
    assert {table.name for table in tables} == set(migrate.models().tables)
    assert len({table.name for table in tables}) == len(tables)
    order = [*OF_HOUSE.values(), *OF_STORES.values()]
    for place, table in enumerate(order):
        assert {key.column.table.name for key in table.foreign_keys} <= {before.name for before in order[:place]}
