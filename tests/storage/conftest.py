"""What tests of stores share."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from app.storage.base import EventStore
from app.storage.base_series import SeriesStore
from app.storage.memory import MemoryEventStore
from app.storage.mongo.client import Mongo
from app.storage.mongo.events import MongoEventStore
from app.storage.mongo.ledger import Ledger
from app.storage.redis.events import RedisEventStore
from app.storage.redis.server import Server
from app.storage.sql.accounts import SqlAccountStore
from app.storage.sql.database import Database
from app.storage.sql.events import SqlEventStore
from app.storage.sql.series_points import merge_points
from tests.fakes import NOW_MS, StoppedClock, no_points


@pytest.fixture
def store(series_store: SeriesStore) -> SeriesStore:
    """Of each kind in turn; modules about other stores have a fixture of this name."""
    return series_store


@pytest.fixture
def clock() -> StoppedClock:
    """The time of the stores."""
    return StoppedClock()


@pytest.fixture
def redis(redis_url: str, clock: StoppedClock) -> Iterator[Server]:
    """A Redis with nothing in it, for the stores of a test."""
    with closing(Server(redis_url, clock)) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres", "memory", "redis", "mongodb"])
def event_store(request: pytest.FixtureRequest, clock: StoppedClock) -> Iterator[EventStore]:
    """An empty store of events with two senders, of each kind in turn."""
    if request.param == "memory":
        yield MemoryEventStore(clock, list)
        return
    if request.param == "redis":
        yield RedisEventStore(request.getfixturevalue("redis"), clock, no_points)
        return
    if request.param == "mongodb":
        with closing(Mongo(request.getfixturevalue("mongodb_url"))) as mongo:
            yield MongoEventStore(mongo, Ledger(mongo), clock, no_points)
        return
    database = Database(request.getfixturevalue(f"{request.param}_url"))
    for name in ("one", "two"):
        SqlAccountStore(database).sender(name, at_ms=NOW_MS)
    yield SqlEventStore(database, clock, merge_points)
    database.close()
