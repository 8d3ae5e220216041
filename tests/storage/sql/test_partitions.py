"""Events of Postgres lie in partitions, which are there before they are needed and go as wholes."""

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from alembic import command
from sqlalchemy import Connection

from app.storage.base import Commit, EventFilter
from app.storage.base_keeping import Ages
from app.storage.base_series import DAY_MS, HOUR_MS
from app.storage.sql import dropping, event_keys, migrate, partitions
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.stores import Stores, open_stores
from tests.fakes import NOW_MS, StoppedClock, event, jobs_fold, new_id, no_fold
from tests.storage.sql.parted import ANY, FIRST, Keeper, advance, filled, held, index, number, some


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    """With the sender 1."""
    with closing(Database(postgres_url, readers=2)) as opened:
        SqlAccountStore(opened).sender("one", at_ms=NOW_MS)
        yield opened


@pytest.fixture
def stores(database: Database, clock: StoppedClock) -> Stores:
    return open_stores(database.url.render_as_string(hide_password=False), database, clock)


def test_none_is_ever_missing(database: Database, stores: Stores):
    """Batch after batch over the ends of partitions, one larger than all that there are, and one that was undone."""

    def fail(commit: Commit, jobs: object) -> list[object]:
        raise ArithmeticError

    for cursor in (FIRST - 2, 3 * FIRST - 2, 9 * FIRST):
        advance(database, cursor)
        with pytest.raises(ArithmeticError):
            stores.events.append(some(), fail)  # type: ignore[arg-type]
        assert stores.events.append(some(4), no_fold).events[-1].cursor == cursor + 4
        ahead = [partition for partition in held(database) if partition.low > cursor + 4]
        assert len(ahead) >= partitions.AHEAD
    assert all(before.high == after.low for before, after in zip(held(database), held(database)[1:], strict=False))
    assert len(stores.events.events(ANY)) == number(database, "event_keys") == 12


def test_processes_that_make_the_same_one_at_once_make_it_once(database: Database, postgres_url: str):
    """Each of three stores its events, though none knows of what the others made."""
    advance(database, 2 * FIRST - 5)
    barrier = threading.Barrier(3)

    def store() -> None:
        with closing(Database(postgres_url, readers=1)) as own:
            events = open_stores(postgres_url, own, StoppedClock()).events
            barrier.wait()
            for _ in range(4):
                events.append(some(), jobs_fold)

    threads = [threading.Thread(target=store) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert number(database, "events") == 36
    assert [partition.low // FIRST for partition in held(database)] == list(range(len(held(database))))


def test_a_partition_is_of_a_share_of_all_that_is_kept(database: Database, stores: Stores):
    """So that there are never many, however much comes in."""
    stores.events.append(some(), no_fold)
    advance(database, 100 * FIRST)
    stores.events.append(some(), no_fold)

    assert {partition.high - partition.low for partition in held(database)[-2:]} == {100 * FIRST // partitions.SHARE}


def test_the_key_holds_over_partitions(database: Database, stores: Stores):
    """What was stored in an earlier one is a duplicate, and a conflict if it says something else."""
    (first,) = stores.events.append([event(id=new_id())], no_fold).events
    advance(database, 2 * FIRST)
    sent = [event(id=first.id), event(id=first.id, data={"title": "other"}), *some(1)]

    states = [outcome.state for outcome in stores.events.append(sent, no_fold).outcomes]

    assert states == ["duplicate", "refused", "stored"]


def test_what_is_old_goes_as_a_whole_and_as_foretold(database: Database, stores: Stores, clock: StoppedClock):
    """Partition by partition, with their keys and words; one that is old in part is waited for a little."""
    filled(stores, database, [0, 1], clock)
    for day, cursor in ((2, 2 * FIRST - 1), (3, 3 * FIRST - 1), (4, 3 * FIRST + 3)):
        clock.time_ms = NOW_MS + day * DAY_MS
        stores.events.append(some(), jobs_fold)
        advance(database, cursor + 3)
    keep, seen = Keeper(stores, clock), []
    for day in (30, 31, 32, 33):
        clock.time_ms = NOW_MS + day * DAY_MS + HOUR_MS
        foretold = keep.foretold()
        tables = {partition.low for partition in held(database)}
        gone = keep.clean_up()
        assert gone == foretold
        seen.append((gone, tables - {partition.low for partition in held(database)}))

    assert seen == [(4, {0}), (4, {FIRST}), (0, set()), (6, {2 * FIRST})]
    kept = stores.events.events(ANY)
    assert len(kept) == number(database, "event_keys") == 3
    assert number(database, "event_texts") == 0
    assert sum(stores.events.tallies().values()) == 17
    assert kept[-1].cursor - 1 > stores.events.reach().removed >= 2 * FIRST


def test_where_little_comes_what_is_old_goes_to_the_day(database: Database, stores: Stores, clock: StoppedClock):
    """A partition of weeks is not waited for; one of which all is old goes before it is full, too, row by row."""
    filled(stores, database, [0], clock)
    advance(database, 4)
    clock.time_ms = NOW_MS + 20 * DAY_MS
    stores.events.append(some(), jobs_fold)
    keep, seen = Keeper(stores, clock), []
    for day in (29, 31, 49, 51):
        clock.time_ms = NOW_MS + day * DAY_MS
        seen.append((keep.foretold(), keep.clean_up()))

    assert seen == [(0, 0), (4, 4), (0, 0), (3, 3)]
    assert number(database, "event_keys") == number(database, "events") == 0


def test_a_partition_that_is_read_goes_later(
    database: Database, stores: Stores, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
):
    """An export or a backup is not cut short, and nobody waits behind it: its rows go one by one, it goes empty."""
    monkeypatch.setattr(dropping, "TRIES", 2)
    filled(stores, database, [0, 1], clock)
    clock.time_ms = NOW_MS + 40 * DAY_MS
    keep = Keeper(stores, clock)

    def read(connection: Connection) -> None:
        seen = connection.exec_driver_sql("SELECT 1 FROM events").all()
        assert keep.clean_up() == len(seen) == 8
        stores.events.append(some(), jobs_fold)
        assert len(connection.exec_driver_sql("SELECT 1 FROM events").all()) == len(seen)

    database.read(read)

    assert held(database)[0].low == 0
    assert number(database, "events") == number(database, "event_keys") == 3
    clock.advance(dropping.RETRY_MS)
    assert keep.clean_up() == 0
    assert held(database)[0].low == 2 * FIRST


def test_what_is_pinned_at_the_last_moment_stays_with_its_keys(
    database: Database, stores: Stores, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
):
    """Between the look and the drop: the partition stays, and what is sent again is known."""
    filled(stores, database, [0, 1], clock)
    sent = [found for found in stores.events.events(ANY) if found.cursor < FIRST]
    clock.time_ms = NOW_MS + 40 * DAY_MS
    removed = event_keys.remove

    def pin(connection: Connection, after: int, upto: int) -> None:
        removed(connection, after, upto)
        connection.exec_driver_sql("UPDATE jobs SET pinned = true")

    monkeypatch.setattr(event_keys, "remove", pin)

    assert Keeper(stores, clock).clean_up() == 0
    again = stores.events.append([event(id=found.id) for found in sent if found.type == "item_scraped"], no_fold)
    assert {outcome.state for outcome in again.outcomes} == {"duplicate"}


def test_a_packed_body_stays_where_one_of_its_rows_does(database: Database, stores: Stores, clock: StoppedClock):
    """A chunk over the edge of two partitions, of which the second goes: what the first keeps can be read."""
    stores.events.append([event(id=new_id(), job_id="pinned"), *some()], jobs_fold)
    advance(database, FIRST - 1)
    stores.events.append(some(), jobs_fold)
    advance(database, 2 * FIRST)
    chunk = (*(stores.events.events(EventFilter(job_id="123"))[place].cursor for place in (-1, 0)), "123")
    database.write(
        lambda made: [
            made.exec_driver_sql("UPDATE jobs SET pinned = true WHERE id = 'pinned'"),
            made.exec_driver_sql(
                "INSERT INTO event_chunks (first_cursor, last_cursor, job_key, logs, events, letters, packed)"
                " SELECT %s, %s, key, false, 6, 1, ''::bytea FROM jobs WHERE id = %s",
                chunk,
            ),
            made.exec_driver_sql("UPDATE events SET data = '' WHERE cursor BETWEEN %s AND %s", chunk[:2]),
        ]
    )
    clock.time_ms = NOW_MS + 40 * DAY_MS
    ages = Ages(clock.now_ms() - 30 * DAY_MS, 0)

    assert stores.events.prune(ages, 500) == 3
    assert [partition.low for partition in held(database)][:2] == [0, 2 * FIRST]
    assert number(database, "event_chunks") == 1
    while stores.events.prune(ages, 500):
        pass
    assert (number(database, "events"), number(database, "event_chunks")) == (1, 0)


def test_a_database_of_before_becomes_the_first_partition(database: Database, stores: Stores):
    """Up, down and up again nothing is lost, and what was stored before is known."""
    stores.events.append([*some(), event("log", data={"message": "needle"})], jobs_fold)
    index(stores)
    before = stores.events.events(ANY)
    advance(database, 2 * FIRST)
    with migrate.prepared(database.url.render_as_string(hide_password=False)) as config:
        command.downgrade(config, "0023")
        command.upgrade(config, "head")

    assert held(database)[0] == (0, 2 * FIRST + 1)
    assert stores.events.events(ANY) == before
    assert len(stores.search.search(EventFilter(q="needle")).events) == 1
    again = [event(id=found.id) for found in before if found.id]
    assert {outcome.state for outcome in stores.events.append(again, no_fold).outcomes} == {"duplicate"}
