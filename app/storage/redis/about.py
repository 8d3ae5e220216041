"""What a Redis is, how large it has grown, and whether it is set up to keep what it is given."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from app.storage.base_about import About
from app.storage.redis.server import Server, translated

LEAST: Final = (6, 2)
"""The oldest version that knows all commands that are used."""


def about(server: Server) -> About:
    """Ask the server.

    Raises:
        Unavailable: it is away.
    """
    server.look()
    with translated():
        told = server.client.info()
    version = str(told["redis_version"])
    return About("Redis", version, int(told["used_memory"]), notes=tuple(_notes(server, told)))


def _notes(server: Server, told: Mapping[str, Any]) -> Iterator[str]:
    if tuple(map(int, str(told["redis_version"]).split(".")[:2])) < LEAST:
        yield "Redis is older than 6.2, which is the oldest that works"
    if not server.durable:
        yield (
            "What was stored last may be lost with Redis' power, as far as it tells:"
            " appendonly yes and appendfsync always would keep it"
        )
    policy = told.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        yield f"Redis deletes what it likes when its memory is full: maxmemory-policy is {policy}, not noeviction"
