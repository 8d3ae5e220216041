"""The stores of one Redis, which share its door."""

from collections.abc import Callable

from app.core.clock import Clock
from app.core.errors import ScrapewatchError, Unavailable
from app.storage.redis.events import RedisEventStore
from app.storage.redis.groups import RedisGroupStore
from app.storage.redis.search import RedisSearchStore
from app.storage.redis.series import RedisSeriesStore
from app.storage.redis.server import Server

Close = Callable[[], object]


def open_redis(
    url: str, clock: Clock
) -> tuple[RedisEventStore, RedisSeriesStore, RedisGroupStore, RedisSearchStore, Close]:
    """Those at an address, and what ends their connections.

    Raises:
        ScrapewatchError: the address can't be read, or nobody answers there.
    """
    try:
        server = Server(url, clock)
    except ValueError as error:
        raise ScrapewatchError(f"STORAGE_URL: {error}") from error
    try:
        server.look()
    except Unavailable as error:
        server.close()
        raise ScrapewatchError(f"STORAGE_URL: Redis does not answer: {error.__cause__}") from error
    series = RedisSeriesStore(server)
    events = RedisEventStore(server, clock, series.merge)
    return events, series, RedisGroupStore(server), RedisSearchStore(server), server.close
