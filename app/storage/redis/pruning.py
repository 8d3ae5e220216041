"""Old buckets, chunk by chunk, and the series that have none left."""

from typing import Final

from app.storage.base_series import HOUR_MS
from app.storage.redis.buckets import CHUNK, Place, hash_of, series_of, times_of
from app.storage.redis.points import NAMES, dated, labelled
from app.storage.redis.server import AT_ONCE, Server

_PRUNE: Final = """
local prefix, hashes, last = unpack(cmsgpack.unpack(ARGV[1]))
local slots, went = {}, 0
for slot = 0, last do slots[#slots + 1] = slot end
for _, hash in ipairs(hashes) do
  local name = prefix .. hash
  if last < 359 then
    went = went + redis.call('HDEL', name, unpack(slots))
  else
    went = went + redis.call('HLEN', name)
    redis.call('UNLINK', name)
  end
end
return went
"""
"""The slots of some hashes up to one, all of them if that is the last."""

_SLICE: Final = 200
"""Hashes of which buckets go at once: some ms in which the server does nothing else."""


def prune(server: Server, step_ms: int, before_ms: int) -> int:
    """Delete the buckets of a resolution that begin before that time; returns how many went."""
    (told,) = server.ask(("ZRANGEBYSCORE", times_of(step_ms), "-inf", f"({before_ms}"))
    size = CHUNK * step_ms
    gone = 0
    for chunk in sorted({int(at_ms) - int(at_ms) % size for at_ms in told}):
        end = min(chunk + size, before_ms + -before_ms % step_ms)
        gone += _prune_chunk(server, step_ms, chunk, (end - chunk) // step_ms - 1)
        server.ask(("ZREMRANGEBYSCORE", times_of(step_ms), chunk, f"({end}"))
    return gone


def _prune_chunk(server: Server, step_ms: int, chunk: int, last: int) -> int:
    members = series_of(step_ms, chunk)
    (told,) = server.ask(("SMEMBERS", members))
    hashes = [hash_of(Place(int(number), step_ms, chunk)) for number in sorted(told)]
    gone = 0
    for start in range(0, len(hashes), _SLICE):
        gone += server.run(_PRUNE, hashes[start : start + _SLICE], last)
        server.overtake()  # or who has read what went would write it anew
    if last == CHUNK - 1:
        server.ask(("UNLINK", members))
    return gone


def forget_series(server: Server, before_ms: int) -> None:
    """Forget the series of which nothing is kept: their newest bucket lies in an hour that ended by then."""
    (names,) = server.ask(("SMEMBERS", NAMES))
    for name in sorted(told.decode() for told in names):
        while _forget_some(server, name, before_ms - HOUR_MS):
            pass


def _forget_some(server: Server, name: str, hour_ms: int) -> bool:
    """Forget a few of the series of a name whose newest hour is that or an earlier one; False when none is left."""
    with server.alone():
        (old,) = server.ask(("ZRANGEBYSCORE", dated(name), "-inf", hour_ms, "LIMIT", 0, AT_ONCE))
        if not old:
            return False
        server.ask(("ZREM", dated(name), *old), ("ZREM", labelled(name), *old))
        (left,) = server.ask(("EXISTS", dated(name)))
        if not left:
            server.ask(("SREM", NAMES, name))
        return True
