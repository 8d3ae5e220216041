"""What goes: old events, and a deleted job with its own, which go in slices after it.

A deleted job's key stands in ``deleted`` until its last event is gone; so a crash loses nothing, and nobody sees them.
"""

from collections.abc import Sequence
from typing import Final

from app.storage.base import Event, EventFilter, Job
from app.storage.redis.job_lists import one_job
from app.storage.redis.keys import AGED, DELETED, JOBS, KEYS, groups_of, ids, of_job, seen, sets_of
from app.storage.redis.looking import pages
from app.storage.redis.server import Changes, Command, Head, Server, raw

_SLICE: Final = """
local prefix, key, streams, limit = unpack(cmsgpack.unpack(ARGV[1]))
local went = 0
for _, stream in ipairs(streams) do
  local name, type = prefix .. stream, string.match(stream, '([^:]*)$')
  for _, entry in ipairs(redis.call('XRANGE', name, '-', '+', 'COUNT', limit - went)) do
    redis.call('XDEL', prefix .. 'events', entry[1])
    redis.call('XDEL', prefix .. 'type:' .. type, entry[1])
    redis.call('XDEL', name, entry[1])
    went = went + 1
  end
  if went == limit then return went end
  redis.call('UNLINK', name)
end
redis.call('SREM', prefix .. 'deleted', key)
return went
"""
"""A slice of the events of a deleted job; with the last of them, its streams and its mark."""

_REMOVE: Final = """
local prefix, events = unpack(cmsgpack.unpack(ARGV[1]))
local went = 0
for _, event in ipairs(events) do
  local cursor, type, job, id = unpack(event)
  went = went + redis.call('XDEL', prefix .. 'events', cursor)
  redis.call('XDEL', prefix .. 'type:' .. type, cursor)
  local stream = prefix .. 'job:' .. job .. ':' .. type
  redis.call('XDEL', stream, cursor)
  if redis.call('XLEN', stream) == 0 then redis.call('UNLINK', stream) end
  if id ~= '' then redis.call('HDEL', prefix .. 'ids:' .. job, id) end
end
local last = events[#events][1]
if tonumber(last) > tonumber(redis.call('HGET', KEYS[1], 'removed') or '0') then
  redis.call('HSET', KEYS[1], 'removed', last)
end
return went
"""
"""Events with all that is known of them."""


def delete_job(server: Server, job_id: str) -> int | None:
    """Delete the job and put its events out of sight; its key, None when there is no such job."""

    def work(head: Head) -> tuple[int | None, Changes | None]:
        job = one_job(server, job_id)
        return (None, None) if job is None else (job.key, _without(server, job, head))

    return server.transact(work)


def _without(server: Server, job: Job, head: Head) -> Changes:
    (fingerprints,) = server.ask(("HKEYS", groups_of(job.key)))
    changes = Changes()
    changes.commands += [("HDEL", KEYS, job.id), ("HDEL", JOBS, job.key), ("SADD", DELETED, job.key)]
    changes.commands += [("ZREM", name, job.key) for name in sets_of(job)]
    for fingerprint in fingerprints:
        changes.commands += group_removed(job.key, fingerprint.decode())
    changes.commands.append(("UNLINK", ids(job.key)))
    changes.head(removed=max(head.removed, job.last_cursor))
    return changes


def group_removed(job_key: int, fingerprint: str) -> list[Command]:
    """How an error group goes."""
    return [
        ("HDEL", groups_of(job_key), fingerprint),
        ("ZREM", AGED, f"{job_key} {fingerprint}"),
        ("ZREM", seen(fingerprint), job_key),
    ]


def delete_slice(server: Server, key: int, limit: int) -> int:
    """Delete up to `limit` events of a deleted job; fewer when none is left, and then its mark is gone."""
    went: int = server.run(_SLICE, str(key), of_job(key), limit)
    return went


def remove(server: Server, events: Sequence[Event]) -> int:
    """Delete these events, which are in the order of their cursors; returns how many went."""
    told = [(str(event.cursor), event.type, str(event.job_key), raw(event.id or b"")) for event in events]
    went: int = server.run(_REMOVE, told)
    return went


def deleted(server: Server) -> list[int]:
    """The keys of deleted jobs of which events are left."""
    (found,) = server.ask(("SMEMBERS", DELETED))
    return sorted(map(int, found))


def old_events(server: Server, events_before_ms: int, logs_before_ms: int, limit: int) -> list[Event]:
    """The oldest events received before the one time, and logs before either, by their cursors."""
    found: dict[int, Event] = {}
    for types, before_ms in (((), events_before_ms), (("log",), logs_before_ms)):
        oldest = next(pages(server, EventFilter(types=types), back=False, size=limit), None)
        # Times of receipt rise with the cursor: behind one that stays, all do.
        found |= {event.cursor: event for event in oldest.found if event.received_ms < before_ms} if oldest else {}
    return [found[cursor] for cursor in sorted(found)[:limit]]
