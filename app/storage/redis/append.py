"""What a batch needs to know of the store, and what it changes there."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from app.storage.base import Event, Job
from app.storage.redis.draft import Draft, Held, Id, id_of
from app.storage.redis.keys import JOBS, KEYS, STATUSES, TALLIES, seqs, sets_of
from app.storage.redis.records import event_bytes, job_bytes, job_of
from app.storage.redis.server import AT_ONCE, Command, Put, Server, raw

_LOAD: Final = """
local prefix, wanted = unpack(cmsgpack.unpack(ARGV[1]))
local told = {}
for _, each in ipairs(wanted) do
  local id, key, ids = unpack(each)
  local job = ''
  if id ~= '' then
    key = redis.call('HGET', prefix .. 'keys', id)
    job = key and redis.call('HGET', prefix .. 'jobs', key) or ''
  end
  told[#told + 1] = job
  told[#told + 1] = key and #ids > 0 and redis.call('HMGET', prefix .. 'ids:' .. key, unpack(ids)) or {}
end
return told
"""
"""Of each job, or minus a sender, and some ids of events: the job, and the digests under those ids."""

_SEQS_KEPT_S: Final = 30 * 86_400
"""How long it is known how far a sending process came, after its last event."""


def held(server: Server, events: Sequence[Event]) -> Held:
    """The jobs of these events, and the digests of those that are stored already."""
    asked: dict[tuple[str, int], list[Id]] = {}
    for event in events:
        of = asked.setdefault((event.job_id, 0 if event.job_id else event.sender_id), [])
        if event.id is not None:
            of.append(id_of(event))
    parts = [
        (job_id, -sender_id, ids[start : start + AT_ONCE])
        for (job_id, sender_id), ids in asked.items()
        for start in range(0, len(ids) or 1, AT_ONCE)
    ]
    found = Held({}, {})
    told = iter(server.run(_LOAD, [(job_id, str(key), [raw(id_) for *_, id_ in ids]) for job_id, key, ids in parts]))
    for (job_id, _, ids), job, digests in zip(parts, told, told, strict=False):
        if job:
            found.jobs[job_id] = job_of(job)
        found.digests.update((id_, int(digest)) for id_, digest in zip(ids, digests, strict=False) if digest)
    return found


def puts(events: Sequence[Event]) -> list[Put]:
    """New events, as they are written."""
    return [
        Put(
            str(event.cursor),
            event.type,
            str(event.job_key),
            raw(event_bytes(event)),
            raw(event.id or b""),
            str(event.digest),
        )
        for event in events
    ]


def commands(draft: Draft) -> Iterator[Command]:
    """What is written besides them, but for points."""
    for job in draft.jobs.values():
        yield from job_commands(job, draft.held.jobs.get(job.id))
    for (sender_id, outcome, code), count in draft.tallies.items():
        yield "HINCRBY", TALLIES, f"{sender_id} {outcome} {code}", count
    yield from seq_commands(draft.events)


def job_commands(job: Job, before: Job | None) -> Iterator[Command]:
    """A job as it is written in the place of what it was, None for a new one."""
    yield "HSET", JOBS, job.key, job_bytes(job)
    if before is None:
        yield "HSET", KEYS, job.id, job.key
    old, new = set(sets_of(before) if before else ()), set(sets_of(job))
    for name in sorted(old - new):
        yield "ZREM", name, job.key
    for name in sorted(new - old):
        yield "ZADD", name, job.key, job.key
    if before is None or before.status != job.status:
        yield "SADD", STATUSES, job.status


def seq_commands(events: Iterable[Event]) -> Iterator[Command]:
    """How the greatest `seq` of each job in each epoch is written."""
    newest: Counter[tuple[str, int]] = Counter()
    for event in events:
        if event.seq is not None and event.epoch is not None and event.job_id:
            key = seqs(event.sender_id, event.epoch), event.job_key
            newest[key] = max(newest[key], event.seq)
    for (name, job_key), seq in newest.items():
        yield "ZADD", name, "GT", seq, job_key
    for name in {name for name, _ in newest}:
        yield "EXPIRE", name, _SEQS_KEPT_S
