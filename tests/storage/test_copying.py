"""All that a store holds comes into another one: whichever two they are, and however often the copy is broken off."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from app.core.errors import ScrapewatchError
from app.fold import folding
from app.storage.base_backups import quietly
from app.storage.copying.copier import Report
from app.storage.copying.opening import copier, planned
from app.storage.sql import migrate
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.claim import Claim
from app.storage.sql.database import Database
from app.storage.sql.transfer_tables import MADE, OF_HOUSE, OF_STORES
from app.storage.stores import Stores, open_stores
from tests.fakes import NOW_MS, StoppedClock, event, fresh_limits
from tests.storage.histories import EPOCH, lived, seen


@dataclass(frozen=True)
class Place:
    """Where a house has its database and its store."""

    database_url: str
    storage_url: str

    @contextmanager
    def opened(self) -> Iterator[Stores]:
        database = Database(self.database_url)
        with closing(database), closing(open_stores(self.storage_url, database, StoppedClock())) as stores:
            yield stores

    def live(self) -> None:
        """Let what is in `histories` happen here."""
        clock = StoppedClock()
        database = Database(self.database_url)
        with closing(database):
            for name in ("one", "two"):
                SqlAccountStore(database).sender(name, at_ms=NOW_MS)
            with closing(open_stores(self.storage_url, database, clock)) as stores:
                lived(stores, clock)

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
        known = before["events"][-2]
        told = stores.events.append([known, event(job_id="red", seq=99, epoch=EPOCH)], folding(fresh_limits()))
        assert [outcome.state for outcome in told.outcomes] == ["duplicate", "stored"]
        assert told.events[0].cursor > before["reach"].newest
