"""The stores of one Redis, which share its door."""

from collections.abc import Callable
from functools import partial

from app.core.clock import Clock
from app.core.errors import ScrapewatchError, Unavailable
from app.storage.base_about import About
from app.storage.redis.about import about, require_recent
from app.storage.redis.events import RedisEventStore
from app.storage.redis.groups import RedisGroupStore
from app.storage.redis.search import RedisSearchStore
from app.storage.redis.series import RedisSeriesStore
from app.storage.redis.server import Server
from app.storage.redis.transfer import RedisTransfer
from app.storage.redis.upkeep import RedisUpkeep

Stores = tuple[
    RedisEventStore,
    RedisSeriesStore,
    RedisGroupStore,
    RedisSearchStore,
    Callable[[], object],
    Callable[[], About],
    RedisUpkeep,
    Callable[[], RedisTransfer],
]


def open_redis(url: str, clock: Clock) -> Stores:
    """Those at an address, what ends their connections, what tells of their server, their upkeep, and their
    way into another store.

    Raises:
        ScrapewatchError: the address can't be read, nobody answers there, or its version is too old.
    """
    try:
        server = Server(url, clock)
    except ValueError as error:
        raise ScrapewatchError(f"STORAGE_URL: {error}") from error
    try:
        server.look()
        require_recent(server)
    except Unavailable as error:
        server.close()
        raise ScrapewatchError(f"STORAGE_URL: Redis does not answer: {error.__cause__}") from error
    except ScrapewatchError:
        server.close()
        raise
    series = RedisSeriesStore(server)
    events = RedisEventStore(server, clock, series.merge)
    return (
        events,
        series,
        RedisGroupStore(server),
        RedisSearchStore(server),
        server.close,
        partial(about, server),
        RedisUpkeep(server),
        partial(RedisTransfer, server),
    )
