"""All that a store holds comes into another one: whichever two they are, and however often the copy is broken off."""

import subprocess
import sys
from contextlib import closing
from functools import partial

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, text

from app.core.errors import ScrapewatchError
from app.fold import folding
from app.storage.base_copying import Mark
from app.storage.base_keeping import Ages
from app.storage.sql import migrate
from app.storage.sql.database import Database
from app.storage.sql.transfer import SqlTransfer
from app.storage.sql.transfer_tables import MADE, OF_HOUSE, OF_STORES
from tests.fakes import NOW_MS, event, fresh_limits, no_fold
from tests.storage.histories import EPOCH
from tests.storage.places import Place


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


@pytest.mark.parametrize("kind", ["redis", "mongodb"])
def test_what_was_stored_before_there_were_digests_is_a_duplicate_there_too(place, kind, address):
    """As in the database that it comes from, whatever is sent under its id."""
    with closing(Database(place.database_url)) as database:
        database.write(partial(Connection.execute, statement=text("UPDATE events SET digest = NULL")))
    known = next(each for each in place.seen()["events"] if each.id)
    to = address(kind)
    place.copied(to)

    for there in (place, place.moved(to)):
        with there.opened() as stores:
            told = stores.events.append([replace(known, digest=7)], no_fold)
            assert [outcome.state for outcome in told.outcomes] == ["duplicate"]


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

    with pytest.raises(
        ScrapewatchError,
        match=r"holds 95 events, 2 senders, 1 audit, 3 jobs.* by .*storage empty URL",
    ):
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
