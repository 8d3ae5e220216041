"""What several processes commit to one Postgres, read by its cursor."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from app.core.clock import CLOCK
from app.storage.base import Commit
from app.storage.base_following import ELSEWHERE
from app.storage.follower import Follower
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.sql.events import SqlEventStore
from app.storage.sql.following import AT_ONCE, SqlFollowing
from app.storage.sql.series import SqlSeriesStore
from tests.fakes import NOW_MS, StoppedClock, event, jobs_fold, new_id
from tests.several.conftest import until

ROUNDS = 40


def opened(url: str, *, shared: bool = True) -> Database:
    """As one process has it."""
    return Database(url, readers=2, shared=shared)


def store_of(database: Database) -> SqlEventStore:
    return SqlEventStore(database, StoppedClock(), SqlSeriesStore(database).merge)


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    """One with the sender of the events."""
    with closing(opened(postgres_url)) as one:
        SqlAccountStore(one).sender("one", at_ms=NOW_MS)
        yield one


@pytest.fixture
def store(database: Database) -> SqlEventStore:
    return store_of(database)


def write(url: str, name: str, *, shared: bool) -> None:
    """What a process does that stores events of a job of its own and of one that others store, too."""
    with closing(opened(url, shared=shared)) as database:
        store = store_of(database)
        for _ in range(ROUNDS):
            store.append([event(job_id=name, id=new_id()), event(job_id="all", id=new_id())], jobs_fold)


@pytest.mark.parametrize("shared", [True, False])
def test_no_gap_of_cursors_is_filled_later_however_many_write(postgres_url: str, database: Database, shared: bool):
    """A reader that walks by the cursor while three write meets each event, whether or not they take turns."""
    following, seen = SqlFollowing(database), [0]
    following.begin()

    def walk() -> None:
        while commit := following.next():
            assert commit.prev == seen[-1]
            seen.extend(one.cursor for one in commit.events)

    writers = [threading.Thread(target=write, args=(postgres_url, name), kwargs={"shared": shared}) for name in "abc"]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        walk()
    walk()

    assert seen == sorted(set(seen))
    assert len(seen) == 1 + 3 * 2 * ROUNDS


def test_a_commit_is_made_again_of_its_rows(database: Database, store: SqlEventStore):
    """With its jobs as they stand, what came before, and what it brought: news, and attempts that began."""
    following = SqlFollowing(database)
    store.append([event("job_started", "a"), event("log", "b", data={"message": "x"})], jobs_fold)
    start = following.begin()
    assert following.next() is None
    store.append([event(job_id="a"), event("heartbeat", "a"), event("job_started", "c")], jobs_fold)

    commit = following.next()

    assert commit
    assert following.next() is None
    assert (commit.prev, [one.cursor - start for one in commit.events]) == (start, [1, 2, 3])
    assert [one.body is None for one in commit.events] == [True, False, False]
    assert commit.tails == {"a": 1, "c": 0}
    jobs = {job.id: job for job in commit.jobs}
    assert (jobs["a"].items, jobs["a"].origin, jobs["a"].begun, jobs["c"].begun) == (1, ELSEWHERE, 0, 1)
    store.append([event("heartbeat", "a"), event("heartbeat", "c"), event(job_id="c")], jobs_fold)
    again = following.next()
    assert again
    assert {job.id: (job.news, job.begun) for job in again.jobs} == {"a": (False, 0), "c": (True, 0)}


def test_many_events_come_in_parts(database: Database, store: SqlEventStore):
    """Each follows the one before it."""
    following = SqlFollowing(database)
    following.begin()
    store.append([event() for _ in range(AT_ONCE + 1)], jobs_fold)

    first, second, third = following.next(), following.next(), following.next()

    assert first
    assert second
    assert (len(first.events), len(second.events), third) == (AT_ONCE, 1, None)
    assert second.prev == first.events[-1].cursor
    assert second.tails == {"123": first.events[-1].cursor}


def test_a_follower_hands_on_what_others_commit_rung_or_not(postgres_url: str, store: SqlEventStore):
    """In order, once, and though whoever hears it fails."""
    heard: list[int] = []

    def hear(commit: Commit) -> None:
        heard.extend(one.cursor for one in commit.events)
        raise RuntimeError("as a subscriber may")

    with ExitStack() as stack:
        other = stack.enter_context(closing(opened(postgres_url)))
        follower = Follower(SqlFollowing(other), hear, CLOCK)
        follower.begin()
        follower.start()
        stack.callback(lambda: follower.close(5))
        store.append([event()], jobs_fold)
        until(lambda: len(heard) == 1)  # by itself
        store.append([event(), event()], jobs_fold)
        follower.ring()
        until(lambda: len(heard) == 3)
        assert follower.close(5)
    assert heard == sorted(set(heard))


def test_others_go_on_writing_while_a_process_reads_what_there_is(postgres_url: str, store: SqlEventStore):
    """It sees one state of the store, and whoever follows from there hears of all that came meanwhile."""
    store.append([event()], jobs_fold)
    with closing(opened(postgres_url)) as joining:
        following = SqlFollowing(joining)
        with joining.snapshot():
            seen = following.begin()
            store.append([event()], jobs_fold)
            assert following.next() is None
            assert following.begin() == seen
        commit = following.next()
    assert commit
    assert [one.cursor for one in commit.events] == [seen + 1]
