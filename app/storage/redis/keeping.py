"""Old events go, in slices: walks along the cursors pass each of them once, and leave those of jobs that are kept.

Two walks there are, one of all events and one of logs, which go earlier; the head says how far each has come: up to
there all is gone but what is kept. ``passed`` (sorted set) has each job of which something was passed over, by the
first cursor of that; what is kept no longer goes job by job.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Final, NamedTuple

from app.storage.base import Event, EventFilter
from app.storage.base_keeping import Ages
from app.storage.receipts import Receipts
from app.storage.redis.keys import HEAD, JOBS, PASSED, PINNED, of_status
from app.storage.redis.looking import pages
from app.storage.redis.records import job_of
from app.storage.redis.removal import remove
from app.storage.redis.server import AT_ONCE, Server

_RELEASED: Final = """
local prefix, troubled, last, first, count = unpack(cmsgpack.unpack(ARGV[1]))
local some = redis.call('ZRANGE', prefix .. 'passed', first, first + count - 1, 'WITHSCORES')
for at = 1, #some, 2 do
  local job = some[at]
  if redis.call('HEXISTS', prefix .. 'jobs', job) == 0 then return job end
  if not redis.call('ZSCORE', prefix .. 'pinned', job) then
    local is_kept = false
    for _, set in ipairs(troubled) do is_kept = is_kept or redis.call('ZSCORE', prefix .. set, job) end
    if not is_kept or tonumber(some[at + 1]) <= tonumber(last) then return job end
  end
end
return #some == 2 * count
"""
"""Of some jobs that were passed the first that is kept no longer, or of which something is; whether others follow."""


class Walk(NamedTuple):
    """Along which events, up to which time, and the field of the head that says how far it has come."""

    field: str
    before_ms: int
    types: tuple[str, ...] = ()


def prune(server: Server, ages: Ages, limit: int) -> int:
    """Delete up to `limit` events; returns how many went, 0 when nothing is left that is to go."""
    if ages.is_none:
        return 0
    kept = [PINNED, *map(of_status, ages.troubled)]
    for walk in _walks(ages):
        _go_back(server, walk, ages)
        while old := _ahead(server, walk, ages, limit):
            if gone := remove(server, old, kept, walk.field):
                return gone
    while (job_key := _released(server, ages)) is not None:
        if gone := _let_go(server, ages, job_key, limit):
            return gone
    return 0


def receipts(server: Server, ages: Ages) -> Receipts:
    """When events were received."""
    return Receipts(
        lambda cursor: next(_events(server, EventFilter(), after=cursor), None),
        lambda: server.head().cursor,
        ages.now_ms,
    )


def _walks(ages: Ages) -> Iterator[Walk]:
    if ages.events_ms > 0:
        yield Walk("pruned", ages.events_ms)
    yield Walk("pruned_logs", ages.all_logs_ms, ("log",))


def _ahead(server: Server, walk: Walk, ages: Ages, limit: int) -> list[Event]:
    """The events that the walk comes to next, in their order; none at its end."""
    found = _events(server, EventFilter(types=walk.types), after=_stands_at(server, walk), size=limit)
    return list(receipts(server, ages).old(islice(found, limit), walk.before_ms))


def _stands_at(server: Server, walk: Walk) -> int:
    """How far the walk has come."""
    mark: int = getattr(server.head(), walk.field)
    return mark


def _go_back(server: Server, walk: Walk, ages: Ages) -> None:
    """Where what the walk has passed is to be kept after all, since the time was changed, it goes that way again."""
    mark = _stands_at(server, walk)
    looks = pages(server, EventFilter(types=walk.types), back=True, before=mark + 1)
    newest = next(chain.from_iterable(page.found for page in looks), None) if mark else None
    if newest is None:
        return
    times = receipts(server, ages)
    seen = times.after(newest.cursor - 1)
    if seen is None or seen.received_ms >= walk.before_ms:
        server.ask(("HSET", HEAD, walk.field, times.last_before(walk.before_ms)))


def _events(
    server: Server, wanted: EventFilter, *, after: int = 0, before: int | None = None, size: int = 1
) -> Iterator[Event]:
    looks = pages(server, wanted, back=False, after=after, before=before, size=size)
    return chain.from_iterable(page.found for page in looks)


def _released(server: Server, ages: Ages) -> int | None:
    """The key of a job that was passed, and of which something is kept no longer, or that is gone itself."""
    (held,) = server.ask(("ZCARD", PASSED))
    if not held:
        return None
    last = receipts(server, ages).last_before(ages.troubled_ms)
    troubled = list(map(of_status, ages.troubled))
    for first in range(0, held, AT_ONCE):
        told = server.run(_RELEASED, troubled, str(last), first, AT_ONCE)
        if isinstance(told, bytes):
            return int(told)
    return None


def _let_go(server: Server, ages: Ages, job_key: int, limit: int) -> int:
    """Delete what is kept no longer of a job; returns how many events went.

    With nothing left to delete, what it is kept for is forgotten or begins later.
    """
    (told,) = server.ask(("HGET", JOBS, job_key))
    job = job_of(told) if told else None
    if job is None:  # its events went, or go, with it
        server.ask(("ZREM", PASSED, job_key))
        return 0
    is_kept = job.status in ages.troubled
    if is_kept:
        ends: Sequence[tuple[tuple[str, ...], int]] = [((), receipts(server, ages).last_before(ages.troubled_ms))]
    else:
        ends = [(walk.types, _stands_at(server, walk)) for walk in _walks(ages)]
    mine = (_events(server, EventFilter(job_id=job.id, types=types), before=end + 1, size=limit) for types, end in ends)
    old = sorted({event.cursor: event for event in islice(chain.from_iterable(mine), limit)}.values(), key=_cursor_of)
    kept = [PINNED, *(() if is_kept else map(of_status, ages.troubled))]
    gone = remove(server, old, kept) if old else 0
    if len(old) < limit:
        first = next(_events(server, EventFilter(job_id=job.id)), None) if is_kept else None
        server.ask(("ZREM", PASSED, job_key) if first is None else ("ZADD", PASSED, first.cursor, job_key))
    return gone


def _cursor_of(event: Event) -> int:
    return event.cursor
