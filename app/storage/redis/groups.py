"""Error groups in Redis."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, replace
from itertools import count, islice
from typing import Any, Final

import msgspec

from app.storage.base import Job
from app.storage.base_groups import OTHERS, Course, ErrorGroup, Mute, Sighting
from app.storage.base_keeping import Ages
from app.storage.grouping import Key, grown, key_of
from app.storage.redis.job_lists import one_job
from app.storage.redis.keys import AGED, JOBS, groups_of, mutes_of, of_spider, seen
from app.storage.redis.records import job_of
from app.storage.redis.removal import group_removed
from app.storage.redis.server import AT_ONCE, Changes, Command, Head, Server

_EARLIER: Final = """
local prefix, spider, key, fingerprints = unpack(cmsgpack.unpack(ARGV[1]))
local told = {}
for at, fingerprint in ipairs(fingerprints) do
  local below = '(' .. key
  told[at] = 0
  while below do
    local some = redis.call('ZREVRANGEBYSCORE', prefix .. 'seen:' .. fingerprint, below, 0, 'LIMIT', 0, 50)
    below = #some == 50 and '(' .. some[50]
    for _, other in ipairs(some) do
      if redis.call('ZSCORE', prefix .. spider, other) then
        told[at], below = 1, nil
        break
      end
    end
  end
end
return told
"""
"""Of each fingerprint, whether an earlier job of the spider has it."""

_KEPT: Final = (
    "job_key", "fingerprint", "kind", "place", "url_template", "title", "first_ms", "last_ms", "count", "sample",
    "course",
)  # fmt: skip

_encode: Final = msgspec.msgpack.Encoder().encode
_list: Final = msgspec.msgpack.Decoder(list[Any]).decode


class RedisGroupStore:
    """`GroupStore` beside the events of the same server."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def grouped(self) -> int:
        """See `GroupStore`."""
        return self._server.head().grouped

    def group(self, sightings: Sequence[Sighting], after: int, upto: int) -> bool:
        """See `GroupStore`."""

        def work(head: Head) -> tuple[bool, Changes | None]:
            if head.grouped != after:
                return False, None
            changes = Changes(commands=list(self._grown(sightings)))
            changes.head(grouped=upto)
            return True, changes

        return self._server.transact(work)

    def _grown(self, sightings: Sequence[Sighting]) -> Iterator[Command]:
        keys = sorted({sighting.job_key for sighting in sightings})
        (told,) = self._server.ask(("HMGET", JOBS, *keys)) if keys else ([],)
        there = {key for key, job in zip(keys, told, strict=True) if job}
        sighted = [sighting for sighting in sightings if sighting.job_key in there]
        held, sizes = self._held({*map(key_of, sighted), *((key, OTHERS) for key in there)}), self._sizes(sorted(there))
        for (job_key, fingerprint), group in grown(held, sizes, sighted).items():
            yield "HSET", groups_of(job_key), fingerprint, group_bytes(group)
            yield "ZADD", AGED, group.last_ms, f"{job_key} {fingerprint}"
            if (job_key, fingerprint) not in held:
                yield "ZADD", seen(fingerprint), job_key, job_key

    def _held(self, wanted: set[Key]) -> Mapping[Key, ErrorGroup]:
        asked = sorted(wanted)
        told = self._server.ask(*(("HGET", groups_of(job_key), fingerprint) for job_key, fingerprint in asked))
        return {key: group_of(group) for key, group in zip(asked, told, strict=True) if group}

    def _sizes(self, job_keys: Sequence[int]) -> Mapping[int, int]:
        told = self._server.ask(*(("HLEN", groups_of(job_key)) for job_key in job_keys))
        return dict(zip(job_keys, told, strict=True))

    def of_job(self, job_id: str, limit: int = 200) -> list[ErrorGroup]:
        """See `GroupStore`."""
        job = one_job(self._server, job_id)
        if job is None:
            return []
        (told,) = self._server.ask(("HVALS", groups_of(job.key)))
        groups = sorted(map(group_of, told), key=lambda group: (-group.count, -group.last_ms, group.fingerprint))
        return self._judged(job, groups[:limit])

    def one(self, job_id: str, fingerprint: str) -> ErrorGroup | None:
        """See `GroupStore`."""
        job = one_job(self._server, job_id)
        if job is None:
            return None
        (told,) = self._server.ask(("HGET", groups_of(job.key), fingerprint))
        return self._judged(job, [group_of(told)])[0] if told else None

    def _judged(self, job: Job, groups: Sequence[ErrorGroup]) -> list[ErrorGroup]:
        """With what its spider's other runs, and people, say of them."""
        spider = of_spider((job.source, job.query))
        fingerprints = [group.fingerprint for group in groups]
        if not fingerprints:
            return []
        (earlier,) = self._server.ask(("ZCOUNT", spider, "-inf", f"({job.key}"))
        is_known = [1] * len(groups)
        if earlier and (job.source or job.query):
            is_known = self._server.run(_EARLIER, spider, str(job.key), fingerprints)
        (muted,) = self._server.ask(("HMGET", mutes_of((job.source, job.query)), *fingerprints))
        return [
            replace(group, new=not known, muted=Mute(*_list(mute)) if mute else None)
            for group, known, mute in zip(groups, is_known, muted, strict=True)
        ]

    def mute(self, job_id: str, fingerprint: str, mute: Mute) -> bool:
        """See `GroupStore`."""
        job = one_job(self._server, job_id)
        if job is None:
            return False
        name = mutes_of((job.source, job.query))
        self._server.ask(("HSET", name, fingerprint, _encode(astuple(mute))))
        return True

    def unmute(self, job_id: str, fingerprint: str) -> bool:
        """See `GroupStore`."""
        job = one_job(self._server, job_id)
        if job is None:
            return False
        (went,) = self._server.ask(("HDEL", mutes_of((job.source, job.query)), fingerprint))
        return bool(went)

    def forget(self, ages: Ages, limit: int) -> int:
        """See `GroupStore`."""

        def work(_: Head) -> tuple[int, Changes | None]:
            old = list(islice(self._old(ages), limit))
            changes = Changes()
            for job_key, fingerprint in old:
                changes.commands += group_removed(job_key, fingerprint)
            return len(old), changes if old else None

        return self._server.transact(work)

    def _old(self, ages: Ages) -> Iterator[tuple[int, str]]:
        """The job and the fingerprint of each group that is older than it is kept."""
        for first in count(0, AT_ONCE):
            aged = ("ZRANGEBYSCORE", AGED, "-inf", f"({ages.events_ms}", "WITHSCORES", "LIMIT", first, AT_ONCE)
            (told,) = self._server.ask(aged)
            names = [name.decode().split(" ", 1) for name in told[::2]]
            if not names:
                return
            (jobs,) = self._server.ask(("HMGET", JOBS, *(job_key for job_key, _ in names)))
            for (job_key, fingerprint), last_ms, job in zip(names, told[1::2], jobs, strict=True):
                before_ms = ages.before_ms("error", job_of(job) if job else None)
                if before_ms is not None and float(last_ms) < before_ms:
                    yield int(job_key), fingerprint


def group_bytes(group: ErrorGroup) -> bytes:
    """A group as it is kept: what others say of it is not."""
    return _encode([getattr(group, name) for name in _KEPT])


def group_of(told: bytes) -> ErrorGroup:
    """The reverse."""
    kept = dict(zip(_KEPT, _list(told), strict=True))
    step_ms, first, cells = kept.pop("course")
    return ErrorGroup(course=Course(step_ms, first, tuple(cells)), **kept)
