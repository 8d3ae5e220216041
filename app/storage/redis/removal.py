"""What goes: old events, and a deleted job with its own, which go in slices after it.

A deleted job's key stands in ``deleted`` until its last event is gone; so a crash loses nothing, and nobody sees them.
"""

from collections.abc import Sequence
from typing import Final

from app.storage.base import Event, Job
from app.storage.redis.job_lists import one_job
from app.storage.redis.keys import AGED, DELETED, JOBS, KEYS, PASSED, groups_of, ids, of_job, seen, sets_of
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
local prefix, events, kept, mark = unpack(cmsgpack.unpack(ARGV[1]))
local went, last, known = 0, '0', {}
local function is_kept(job)
  if known[job] == nil then
    known[job] = false
    for _, set in ipairs(kept) do known[job] = known[job] or redis.call('ZSCORE', prefix .. set, job) ~= false end
  end
  return known[job]
end
for _, event in ipairs(events) do
  local cursor, type, job, id = unpack(event)
  if is_kept(job) then
    redis.call('ZADD', prefix .. 'passed', 'LT', cursor, job)
  else
    went = went + redis.call('XDEL', prefix .. 'events', cursor)
    redis.call('XDEL', prefix .. 'type:' .. type, cursor)
    local stream = prefix .. 'job:' .. job .. ':' .. type
    redis.call('XDEL', stream, cursor)
    if redis.call('XLEN', stream) == 0 then redis.call('UNLINK', stream) end
    if id ~= '' then redis.call('HDEL', prefix .. 'ids:' .. job, id) end
    last = cursor
  end
end
if tonumber(last) > tonumber(redis.call('HGET', KEYS[1], 'removed') or '0') then
  redis.call('HSET', KEYS[1], 'removed', last)
end
if mark ~= '' then redis.call('HSET', KEYS[1], mark, events[#events][1]) end
return went
"""
"""Events with all that is known of them, but for those of jobs that stand in one of the sets `kept`.

These are remembered; `mark` is the field of the head that says how far was looked.
"""


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
    changes.commands.append(("ZREM", PASSED, job.key))
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


def remove(server: Server, events: Sequence[Event], kept: Sequence[str], mark: str = "") -> int:
    """Delete these events, which are in the order of their cursors; returns how many went.

    Args:
        server: where they are.
        events: one at least.
        kept: sets of jobs whose events stay and are passed over.
        mark: the field of the head that says, afterwards, that all was looked at up to the last of them.
    """
    told = [(str(event.cursor), event.type, str(event.job_key), raw(event.id or b"")) for event in events]
    went: int = server.run(_REMOVE, told, list(kept), mark)
    return went


def deleted(server: Server) -> list[int]:
    """The keys of deleted jobs of which events are left."""
    (found,) = server.ask(("SMEMBERS", DELETED))
    return sorted(map(int, found))
