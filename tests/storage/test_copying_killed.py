"""Copies from and to a MongoDB that was left in the midst of a commit, and what no copy may give up for."""

from collections.abc import Sequence
from contextlib import closing

import pytest

from app.fold import folding
from app.storage.base import EventFilter, JobFilter
from app.storage.base_backups import quietly
from app.storage.base_keeping import Ages
from app.storage.base_series import HOUR_MS
from app.storage.copying import sides
from app.storage.copying.opening import copier, planned
from app.storage.mongo.ledger import Ledger, Put
from app.storage.sql.database import Database
from app.storage.sql.transfer import SqlTransfer
from app.storage.stores import open_stores
from tests.fakes import NOW_MS, StoppedClock, event, fresh_limits


class Killed:
    """A process that is killed within the second step of its first commit that shows events."""

    def __init__(self, *, is_begun: bool) -> None:
        self._is_begun = is_begun
        self._done = Ledger._do

    def of(self, ledger: Ledger, puts: Sequence[Put], *, again: bool = False) -> None:
        head = puts[-1].fields or {}
        if head["cursor"] == ledger.head["cursor"]:
            self._done(ledger, puts, again=again)
            return
        if self._is_begun:
            ledger._write([put for put in puts if put.collection != "meta"], again=again)
        raise SystemExit

    def patch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def do(ledger: Ledger, puts: Sequence[Put], *, again: bool = False) -> None:
            self.of(ledger, puts, again=again)

        monkeypatch.setattr(Ledger, "_do", do)


@pytest.mark.parametrize("place", ["mongodb"], indirect=True)
def test_a_commit_that_was_decided_in_the_source_is_copied_whole(place, address, monkeypatch):
    """The server was killed before it was done: not the jobs without the events that they count."""
    with place.opened() as stores, monkeypatch.context() as killed:
        Killed(is_begun=True).patch(killed)
        with pytest.raises(SystemExit):
            stores.events.append([event("job_started", "late"), event(job_id="late")], folding(fresh_limits()))
    to = address("sqlite")

    assert place.copied(to).differences == ()

    with place.moved(to).opened() as stores:
        job = stores.events.job("late")
        events = stores.events.events(EventFilter(job_id="late"))
    assert job is not None
    assert (job.items, [each.type for each in events]) == (1, ["item_scraped", "job_started"])


@pytest.mark.parametrize("place", ["mongodb"], indirect=True)
def test_what_is_left_of_a_deleted_job_is_not_copied(place, address):
    """Its groups go after its events, and nobody would delete them from the copy."""
    with place.opened() as stores:
        key = next(job.key for job in stores.events.jobs(JobFilter()) if stores.groups.of_job(job.id))
        stores.events.delete_job(next(job.id for job in stores.events.jobs(JobFilter()) if job.key == key), later=True)
    to = address("sqlite")

    assert place.copied(to).differences == ()

    with closing(Database(to)) as database:
        copied = SqlTransfer(database).dump("groups", None, 1_000).rows
    assert copied
    assert key not in {group.job_key for group in copied}


def test_a_copy_that_was_killed_within_a_commit_of_its_target_goes_on_after_it(place, address, monkeypatch):
    """What was decided there is not copied again."""
    to = address("mongodb")
    monkeypatch.setattr(sides, "PAGE", 30)
    with monkeypatch.context() as killed:
        Killed(is_begun=False).patch(killed)
        with pytest.raises(SystemExit):
            place.copied(to)

    report = place.copied(to)

    assert (report.new, report.differences) == (65, ())


def test_whatever_is_written_to_a_mongodb_is_noticed(mongodb_url):
    """What only removes or rolls up, too: a copy that was broken off must not go on after it as if nothing had been."""
    database = Database("sqlite:///never-opened.db")
    with closing(database), closing(open_stores(mongodb_url, database, StoppedClock(NOW_MS))) as stores:
        assert stores.transfer
        stores.events.append([event("job_started", "a")], folding(fresh_limits()))
        versions = [stores.transfer().version()]
        stores.series.roll_up(NOW_MS - HOUR_MS, NOW_MS)
        versions.append(stores.transfer().version())
        stores.groups.forget(Ages(NOW_MS, NOW_MS), 10)
        versions.append(stores.transfer().version())
    assert len(set(versions)) == 3


@pytest.mark.parametrize("place", ["postgres"], indirect=True)
def test_no_read_of_a_copy_is_too_long(place, address):
    """A page may lead past millions of events of deleted jobs: the limit of pages is not for it."""
    move = planned(place.database_url, place.storage_url, address("sqlite"))
    with copier(move, StoppedClock(), quietly, ahead=False) as copying:
        source = copying._source.transfer
        assert isinstance(source, SqlTransfer)
        limit = source._database.read(lambda made: made.exec_driver_sql("SHOW statement_timeout").scalar())
    assert limit == "0"
