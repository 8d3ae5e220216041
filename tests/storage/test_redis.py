"""What Redis alone has to answer for: others who write, lost answers, a full memory, a server that goes and comes."""

from collections.abc import Iterator
from contextlib import closing
from copy import copy

import pytest

from app.core.errors import Unavailable
from app.storage.base import EventFilter, JobFilter
from app.storage.base_keeping import Ages
from app.storage.redis.events import RedisEventStore
from app.storage.redis.server import Changes, Server
from tests import redis_server
from tests.fakes import StoppedClock, event, jobs_fold, new_id, no_fold, no_points, said

ANY = EventFilter()


@pytest.fixture
def store(redis: Server, clock: StoppedClock) -> RedisEventStore:
    """An empty one."""
    return RedisEventStore(redis, clock, no_points)


@pytest.fixture
def own_server() -> Iterator[redis_server.Server]:
    """A server that a test may set up and stop."""
    try:
        with redis_server.started() as server:
            server.start()
            yield server
    except redis_server.Unobtainable as reason:
        pytest.skip(f"Redis: {reason}")


def items(store: RedisEventStore) -> int:
    """How many its one job has."""
    (job,) = store.jobs(JobFilter())
    return job.items


def is_durable(store: RedisEventStore) -> bool:
    """As it says now."""
    return store.durable


def test_who_is_overtaken_thinks_again(store: RedisEventStore, redis_url: str, clock: StoppedClock):
    """Another process stores the same event and one more while a batch is folded: each is there once, in one order."""
    same, other = event(id=new_id()), event(data={"n": 1})
    with closing(Server(redis_url, clock)) as door:
        rival = RedisEventStore(door, clock, no_points)
        rounds: list[int] = []

        def overtaken(commit, jobs):
            if not rounds:
                rival.append([copy(same), other], jobs_fold)
            rounds.append(len(commit.events))
            return jobs_fold(commit, jobs)

        commit = store.append([same, event(data={"n": 2})], overtaken)

    assert rounds == [2, 1]
    assert [each.state for each in commit.outcomes] == ["duplicate", "stored"]
    assert [(each.cursor, said(each)) for each in store.events(ANY)] == [(3, {"n": 2}), (2, {"n": 1}), (1, {})]
    assert items(store) == 3


def test_a_transaction_that_is_sent_twice_is_written_once(store: RedisEventStore, redis: Server, monkeypatch):
    """Its answer was lost with the connection, and the client sends it again."""
    write = redis._write

    def twice(**said):
        assert write(**said)
        return write(**said)

    monkeypatch.setattr(redis, "_write", twice)
    store.append([event()], jobs_fold)

    assert [each.cursor for each in store.events(ANY)] == [1]
    assert store.tallies() == {(1, "stored", ""): 1}


def test_others_who_never_stop_make_it_busy(redis: Server):
    """The writer does not try for ever."""

    def overtaken(head):
        redis.client.hset(redis.key("head"), "turn", new_id().hex())
        return None, Changes()

    with pytest.raises(Unavailable) as refusal:
        redis.transact(overtaken)
    assert refusal.value.code == "busy"


def test_a_full_server_takes_nothing_of_a_batch(own_server: redis_server.Server, clock: StoppedClock):
    """Its sender is told so and sends again; what is there can be read."""
    with closing(Server(own_server.url, clock)) as server:
        store = RedisEventStore(server, clock, no_points)
        store.append([event(id=new_id())], jobs_fold)
        server.client.config_set("maxmemory", 1)
        late = event(id=new_id())

        with pytest.raises(Unavailable) as refusal:
            store.append([late], jobs_fold)
        assert refusal.value.code == "storage_full"
        assert (len(store.events(ANY)), items(store), store.reach().newest) == (1, 1, 1)

        server.client.config_set("maxmemory", 0)
        assert [each.state for each in store.append([late], jobs_fold).outcomes] == ["stored"]


def test_a_server_that_went_is_away_until_it_is_back(own_server: redis_server.Server, clock: StoppedClock):
    """Reading and writing say so; the same store goes on afterwards, and what was answered is still there."""
    settings = {"appendonly": "yes", "appendfsync": "always"}
    own_server.stop()
    own_server.start(**settings)
    with closing(Server(own_server.url, clock)) as server:
        server.look()
        store = RedisEventStore(server, clock, no_points)
        assert is_durable(store)
        store.append([event(id=new_id())], jobs_fold)
        own_server.stop(redis_server.CRASH)

        for attempt in (lambda: store.append([event()], no_fold), lambda: store.jobs(JobFilter())):
            with pytest.raises(Unavailable) as refusal:
                attempt()
            assert refusal.value.code == "storage_down"
        own_server.start(**settings)

        store.append([event(id=new_id())], jobs_fold)
        assert (len(store.events(ANY)), items(store)) == (2, 2)


def test_a_server_that_syncs_now_and_then_is_not_durable(
    redis: Server, store: RedisEventStore, redis_url: str, clock: StoppedClock
):
    """Nor one that does not let us know; whoever sets it up otherwise is believed within a minute."""
    assert not is_durable(store)
    redis.client.config_set("appendfsync", "always")
    redis.client.config_set("appendonly", "yes")
    try:
        clock.advance(61_000)
        store.append([event()], no_fold)
        assert is_durable(store)
        redis.client.acl_setuser("shy", enabled=True, nopass=True, commands=["+@all", "-config"], keys=["*"])
        with closing(Server(redis_url.replace("//", "//shy:x@"), clock)) as shy:
            shy.look()
            assert not shy.durable
    finally:
        redis.client.acl_deluser("shy")
        redis.client.config_set("appendonly", "no")
        redis.client.config_set("appendfsync", "everysec")


def test_installations_with_prefixes_of_their_own_share_a_server(redis_url: str, clock: StoppedClock):
    """Neither sees the other's events or jobs."""
    with (
        closing(Server(f"{redis_url}?prefix=a:", clock)) as one,
        closing(Server(f"{redis_url}?prefix=b:", clock)) as two,
    ):
        first, second = (RedisEventStore(server, clock, no_points) for server in (one, two))
        first.append([event()], jobs_fold)

        assert (first.reach().newest, second.reach().newest) == (1, 0)
        assert (second.events(ANY), second.jobs(JobFilter())) == ([], [])
        assert all(key.startswith(b"a:") for key in one.client.scan_iter())


def test_a_deleted_job_and_old_events_leave_nothing_behind(store: RedisEventStore, redis: Server, clock: StoppedClock):
    """Neither an id nor an empty stream takes room for ever."""
    sent = [event(job_id="a", id=new_id()), event("log", job_id="b", id=new_id(), data={"message": "x"})]
    store.append(sent, jobs_fold)
    store.delete_job("a")
    store.prune(Ages(clock.now_ms() + 1, 0), limit=9)

    left = {key.decode().removeprefix(redis.prefix) for key in redis.client.scan_iter()}
    assert not [key for key in left if key.startswith(("ids:", "job:", "deleted"))]
    assert redis.client.xlen(redis.key("events")) == 0
