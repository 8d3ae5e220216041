"""Going through events, page after page: see `streams` for where; all that is not told by that is held against each."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from app.storage.base import Event, EventFilter, Job
from app.storage.base_series import HOUR_MS
from app.storage.matching import is_wanted_event
from app.storage.redis.keys import DELETED, JOBS
from app.storage.redis.records import event_of, job_of, with_body
from app.storage.redis.server import AT_ONCE, Server
from app.storage.redis.streams import streams_of

_PAGE: Final = """
local prefix, streams, back, first, last, count = unpack(cmsgpack.unpack(ARGV[1]))
local range = back and 'XREVRANGE' or 'XRANGE'
local told = {}
local function tell(entry)
  told[#told + 1] = string.match(entry[1], '^%d+')
  told[#told + 1] = entry[2][2]
end
if #streams == 0 then
  for _, entry in ipairs(redis.call(range, prefix .. 'events', first, last, 'COUNT', count)) do tell(entry) end
  return told
end
local found = {}
for _, stream in ipairs(streams) do
  for _, entry in ipairs(redis.call(range, prefix .. stream, first, last, 'COUNT', count)) do
    found[#found + 1] = tonumber(string.match(entry[1], '^%d+'))
  end
end
if #streams > 1 then table.sort(found, function(a, b) if back then return a > b end return a < b end) end
for at = 1, math.min(count, #found) do
  local cursor = string.format('%.0f', found[at])
  tell(redis.call('XRANGE', prefix .. 'events', cursor, cursor)[1] or {cursor, {'', ''}})
end
return told
"""
"""Cursors and bodies of the first events from one cursor to another, of some streams, or of all where none is given."""

_ONE_BY_ONE: Final = """
local prefix, cursors = unpack(cmsgpack.unpack(ARGV[1]))
local told = {}
for _, cursor in ipairs(cursors) do
  local entry = redis.call('XRANGE', prefix .. 'events', cursor, cursor)[1]
  if entry then
    told[#told + 1] = cursor
    told[#told + 1] = entry[2][2]
  end
end
return told
"""
"""The same of events by their cursors."""

_EARLY_MS: Final = HOUR_MS
"""By how much an event may be older by its receipt than by its own time: clocks are set, and a sender's may be fast."""
_LEAST: Final = 100


class Page(NamedTuple):
    """Of some events those that are wanted.

    Attributes:
        last: the cursor of the last that was looked at.
        looked: how many that were.
        more: whether others may follow.
    """

    found: list[Event]
    last: int
    looked: int
    more: bool = False


def pages(
    server: Server, wanted: EventFilter, *, back: bool, after: int = 0, before: int | None = None, size: int = _LEAST
) -> Iterator[Page]:
    """All that are wanted between two cursors, without both.

    Args:
        server: where they are.
        wanted: which.
        back: newest first.
        after: the older cursor.
        before: the newer one, None for no end.
        size: about how many are wanted.
    """
    known = _Known(server, wanted)
    if wanted.cursors:
        within = {cursor for cursor in wanted.cursors if after < cursor and (before is None or cursor < before)}
        told = server.run(_ONE_BY_ONE, [str(cursor) for cursor in sorted(within, reverse=back)])
        yield known.page(told)
        return
    streams = streams_of(server, wanted)
    if streams is None:
        return
    size = max(_LEAST, min(size, 2 * AT_ONCE))
    oldest, newest = after + 1, before - 1 if before is not None else None
    while newest is None or oldest <= newest:
        ends = str(oldest), "+" if newest is None else str(newest)
        told = server.run(_PAGE, streams, back, *(reversed(ends) if back else ends), size)
        page = known.page(told)
        more = page.looked == size and not (back and known.is_past)
        yield page._replace(more=more)
        if not more:
            return
        oldest, newest = (oldest, page.last - 1) if back else (page.last + 1, newest)


class _Known:
    """What one look has learned of jobs."""

    def __init__(self, server: Server, wanted: EventFilter) -> None:
        self._server = server
        self._wanted = wanted
        self._jobs: dict[int, Job | None] = {}
        (gone,) = server.ask(("SMEMBERS", DELETED))
        self._gone = set(map(int, gone))
        self.is_past = False

    def page(self, told: Sequence[bytes]) -> Page:
        """What scripts tell of events: those that are wanted, with their bodies."""
        events = [event_of(int(cursor), body) for cursor, body in zip(told[::2], told[1::2], strict=True) if body]
        wanted = self._wanted
        if wanted.from_ms is not None and events:
            # Times of receipt rise with the cursor.
            self.is_past = events[-1].received_ms < wanted.from_ms - _EARLY_MS
        there = [event for event in events if event.job_key not in self._gone]
        if wanted.of is not None:
            self._learn({event.job_key for event in there} - self._jobs.keys())
        found = [event for event in there if is_wanted_event(event, wanted, self._jobs.get(event.job_key))]
        return Page(list(map(with_body, found)), int(told[-2]) if told else 0, len(told) // 2)

    def _learn(self, keys: Iterable[int]) -> None:
        asked = [key for key in keys if key > 0]
        for start in range(0, len(asked), AT_ONCE):
            some = asked[start : start + AT_ONCE]
            (told,) = self._server.ask(("HMGET", JOBS, *some))
            self._jobs.update((key, job_of(job) if job else None) for key, job in zip(some, told, strict=True))
