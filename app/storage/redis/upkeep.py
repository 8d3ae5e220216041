"""How much a Redis holds. It gives memory back by itself; how much of that each kind takes it can't tell."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from app.storage.base_keeping import Ages
from app.storage.base_series import STEPS_MS, oldest_of
from app.storage.base_series import edges as steps_edges
from app.storage.base_upkeep import Edges, Held
from app.storage.redis.buckets import CHUNK, Place, hash_of, series_of, times_of
from app.storage.redis.keeping import receipts
from app.storage.redis.keys import JOBS, ORDER, PINNED, STREAM, of_job, of_status, of_type
from app.storage.redis.records import event_of, job_of
from app.storage.redis.server import AT_ONCE, Server
from scrapewatch.events import EVENTS

_COUNT: Final = """
local prefix, stream, first, last, count = unpack(cmsgpack.unpack(ARGV[1]))
local some = redis.call('XRANGE', prefix .. stream, first, last, 'COUNT', count)
return {#some, #some > 0 and some[#some][1] or ''}
"""
"""How many entries of a stream there are from one to another, of so many, and which is the last of them."""

_FILLED: Final = """
local prefix, hashes, last = unpack(cmsgpack.unpack(ARGV[1]))
local all, old = 0, 0
for _, hash in ipairs(hashes) do
  local slots = redis.call('HKEYS', prefix .. hash)
  all = all + #slots
  for _, slot in ipairs(slots) do
    if tonumber(slot) <= last then old = old + 1 end
  end
end
return {all, old}
"""
"""How many buckets there are in some hashes, and how many of them up to a slot."""

_PAGE: Final = 5_000
_OTHERS: Final = tuple(type_ for type_ in EVENTS if type_ != "log")


class RedisUpkeep:
    """`Upkeep` of one Redis."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def held(self, edges: Edges) -> list[Held]:
        """See `Upkeep`."""
        ask = self._server.ask
        events, logs, jobs = ask(("XLEN", STREAM), ("XLEN", of_type("log")), ("HLEN", JOBS))
        ages = edges.ages
        end, logs_end = map(receipts(self._server, ages).last_before, (ages.events_ms, ages.all_logs_ms))
        kept_logs = self._kept(ages, logs_end, ("log",))
        kept = [sum(both) for both in zip(kept_logs, self._kept(ages, end, _OTHERS), strict=True)]
        logs_old = self._upto(of_type("log"), logs_end)
        old = logs_old + sum(self._upto(of_type(type_), end) for type_ in _OTHERS)
        buckets, buckets_going = self._buckets(edges)
        firsts = ask(*(("ZRANGE", times_of(step_ms), 0, 0) for step_ms in STEPS_MS))
        oldest = oldest_of([int(some[0]) if some else None for some in firsts])
        return [
            Held("events", events, self._received(1), None, old - sum(kept), *kept),
            Held("logs", logs, self._first_log(), None, logs_old - sum(kept_logs), *kept_logs),
            Held("series", buckets, oldest, None, buckets_going),
            Held("jobs", jobs, self._first_job(), None, 0),
        ]

    def give_back(self) -> int:
        """See `Upkeep`; there is nothing to do."""
        return 0

    def _received(self, cursor: int) -> int | None:
        """When the first event from a cursor on was received."""
        (told,) = self._server.ask(("XRANGE", STREAM, cursor, "+", "COUNT", 1))
        return event_of(0, told[0][1][b"e"]).received_ms if told else None

    def _first_log(self) -> int | None:
        (told,) = self._server.ask(("XRANGE", of_type("log"), "-", "+", "COUNT", 1))
        return self._received(int(told[0][0].partition(b"-")[0])) if told else None

    def _first_job(self) -> int | None:
        (keys,) = self._server.ask(("ZRANGE", ORDER, 0, 0))
        (told,) = self._server.ask(("HGET", JOBS, keys[0])) if keys else (None,)
        return job_of(told).created_at if told else None

    def _kept(self, ages: Ages, end: int, types: tuple[str, ...]) -> tuple[int, int]:
        """How many events of these types stay up to a cursor, since their job is pinned, and since it went wrong."""
        failed_end = receipts(self._server, ages).last_before(ages.troubled_ms)
        told = self._server.ask(*(("ZRANGE", name, 0, -1) for name in (PINNED, *map(of_status, ages.troubled))))
        pinned = {int(key) for key in told[0]}
        failed = {int(key) for keys in told[1:] for key in keys} - pinned
        of_pinned, _ = self._of_jobs(pinned, types, (end, 0))
        of_failed, gone = self._of_jobs(failed, types, (end, failed_end))
        return of_pinned, of_failed - gone

    def _of_jobs(self, keys: Collection[int], types: tuple[str, ...], ends: tuple[int, int]) -> list[int]:
        """How many events of these types these jobs have up to each of two cursors.

        Their streams are asked together how large they are and where they begin and end; that is enough but for those
        in which one of the cursors lies.
        """
        streams = [stream for key in sorted(keys) for stream in of_job(key, types)]
        found = [0, 0]
        for start in range(0, len(streams), AT_ONCE):
            some = streams[start : start + AT_ONCE]
            sizes = self._server.ask(*(("XLEN", stream) for stream in some))
            filled = [(stream, size) for stream, size in zip(some, sizes, strict=True) if size]
            for place, end in enumerate(ends):
                found[place] += self._upto_each(filled, end) if end and filled else 0
        return found

    def _upto_each(self, streams: Sequence[tuple[str, int]], end: int) -> int:
        """How many entries these streams, which are so large, have up to a cursor."""
        ends = (("XRANGE", stream, "-", "+", "COUNT", 1) for stream, _ in streams)
        lasts = (("XREVRANGE", stream, "+", "-", "COUNT", 1) for stream, _ in streams)
        told = [_cursor(entries) for entries in self._server.ask(*ends, *lasts)]
        found = 0
        for (stream, size), first, last in zip(streams, told[: len(streams)], told[len(streams) :], strict=True):
            if first <= end:
                found += size if last <= end else self._upto(stream, end)
        return found

    def _upto(self, stream: str, end: int) -> int:
        """How many entries a stream has up to a cursor."""
        first, found = "-", 0
        while end:
            count, last = self._server.run(_COUNT, stream, first, str(end), _PAGE)
            found += count
            if count < _PAGE:
                break
            first = f"({last.decode()}"
        return found

    def _buckets(self, edges: Edges) -> tuple[int, int]:
        """How many there are, and how many of them are older than they are kept."""
        before = steps_edges(
            raw_before_ms=edges.raw_ms, minutes_before_ms=edges.minutes_ms, hours_before_ms=edges.hours_ms
        )
        found = [self._of_chunk(step, chunk, before[step]) for step in STEPS_MS for chunk in self._chunks(step)]
        return sum(held for held, _ in found), sum(old for _, old in found)

    def _chunks(self, step_ms: int) -> list[int]:
        (times,) = self._server.ask(("ZRANGE", times_of(step_ms), 0, -1))
        return sorted({int(at_ms) - int(at_ms) % (CHUNK * step_ms) for at_ms in times})

    def _of_chunk(self, step_ms: int, chunk: int, before_ms: int) -> tuple[int, int]:
        (series,) = self._server.ask(("SMEMBERS", series_of(step_ms, chunk)))
        hashes = [hash_of(Place(int(number), step_ms, chunk)) for number in series]
        last = -(-(before_ms - chunk) // step_ms) - 1
        held = old = 0
        for start in range(0, len(hashes), AT_ONCE):
            some, going = self._server.run(_FILLED, hashes[start : start + AT_ONCE], last)
            held, old = held + some, old + going
        return held, old


def _cursor(entries: Sequence[tuple[bytes, Any]]) -> int:
    """Of the one entry that was asked for; 0 where it has gone meanwhile."""
    return int(entries[0][0].partition(b"-")[0]) if entries else 0
