"""What a Redis is, how large it has grown, and whether it is set up to keep what it is given."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from redis.exceptions import ResponseError

from app.core.errors import ScrapewatchError
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
    told = _info(server)
    version, size = told.get("redis_version", ""), told.get("used_memory")
    return About("Redis", str(version), None if size is None else int(size), notes=tuple(_notes(server, told)))


def require_recent(server: Server) -> None:
    """Refuse a server that lacks commands: it would notice in the midst of a transaction.

    Raises:
        ScrapewatchError: it is older than `LEAST`.
        Unavailable: it is away.
    """
    version = str(_info(server).get("redis_version", ""))
    if version and tuple(int(part) for part in version.split(".")[:2]) < LEAST:
        raise ScrapewatchError(f"STORAGE_URL: Redis {version} is too old; 6.2 is the oldest that works.")


def _info(server: Server) -> Mapping[str, Any]:
    """What it says of itself; nothing where that is forbidden."""
    with translated():
        try:
            told: Mapping[str, Any] = server.client.info()
        except ResponseError:
            return {}
        return told


def _notes(server: Server, told: Mapping[str, Any]) -> Iterator[str]:
    if not server.durable:
        yield (
            "What was stored last may be lost with Redis' power, as far as it tells:"
            " appendonly yes and appendfsync always would keep it"
        )
    policy = told.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        yield f"Redis deletes what it likes when its memory is full: maxmemory-policy is {policy}, not noeviction"
