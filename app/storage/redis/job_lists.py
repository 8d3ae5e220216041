"""Lists of jobs: by the smallest of the sets of keys that hold all that are wanted, and then held against each."""

from collections.abc import Iterator, Sequence
from typing import Final

from app.storage.base import Job, JobFilter
from app.storage.base_jobs import Condition
from app.storage.base_runs import Run, Runs, Spider
from app.storage.matching_jobs import is_wanted_job
from app.storage.redis.keys import JOBS, KEYS, ORDER, PINNED, STATUSES, of_source, of_spider, of_status
from app.storage.redis.records import job_of
from app.storage.redis.server import AT_ONCE, Server

_PAGE: Final = """
local prefix, sets, first, last, count = unpack(cmsgpack.unpack(ARGV[1]))
local keys = {}
for _, set in ipairs(sets) do
  for _, key in ipairs(redis.call('ZREVRANGEBYSCORE', prefix .. set, first, last, 'LIMIT', 0, count)) do
    keys[#keys + 1] = tonumber(key)
  end
end
if #sets > 1 then table.sort(keys, function(a, b) return a > b end) end
local some = {}
for at = 1, math.min(count, #keys) do some[at] = string.format('%.0f', keys[at]) end
return #some > 0 and redis.call('HMGET', prefix .. 'jobs', unpack(some)) or {}
"""
"""The newest jobs from one key down to another, of the union of some sets."""


def newest_jobs(server: Server, wanted: JobFilter, *, before: int | None = None, size: int = AT_ONCE) -> Iterator[Job]:
    """Those that are wanted, newest first, from `before` (not included) backwards; read as they are asked for."""
    if wanted.keys:
        keys = sorted({key for key in wanted.keys if before is None or key < before}, reverse=True)
        (told,) = server.ask(("HMGET", JOBS, *keys)) if keys else ([],)
        yield from _wanted(told, wanted)
        return
    sets = _sets(server, wanted)
    size = max(100, min(size, AT_ONCE))
    first = "+inf" if before is None else f"({before}"
    last = "-inf" if wanted.after is None else f"({wanted.after}"
    while told := server.run(_PAGE, sets, first, last, size):
        yield from _wanted(told, wanted)
        if len(told) < size:
            return
        first = f"({job_of(told[-1]).key}"


def one_job(server: Server, job_id: str) -> Job | None:
    """The job of that id, or None."""
    (key,) = server.ask(("HGET", KEYS, job_id))
    (told,) = server.ask(("HGET", JOBS, key)) if key else (None,)
    return job_of(told) if told else None


def counts(server: Server) -> dict[str, int]:
    """How many jobs there are of each status that occurs."""
    (statuses,) = server.ask(("SMEMBERS", STATUSES))
    names = sorted(status.decode() for status in statuses)
    told = server.ask(*(("ZCARD", of_status(name)) for name in names))
    return {name: count for name, count in zip(names, told, strict=True) if count}


def latest_runs(server: Server, spiders: Sequence[Spider], limit: int) -> dict[Spider, list[Run]]:
    """Of each of the spiders the newest runs, newest first."""
    found: dict[Spider, list[Run]] = {}
    for spider in spiders:
        jobs = map(job_of, filter(None, server.run(_PAGE, [of_spider(spider)], "+inf", "-inf", limit)))
        found[spider] = [Run(job.status, job.items) for job in jobs]
    return found


def _wanted(told: Sequence[bytes | None], wanted: JobFilter) -> Iterator[Job]:
    jobs = (job_of(each) for each in told if each)
    return (job for job in jobs if is_wanted_job(job, wanted))


def _sets(server: Server, wanted: JobFilter) -> list[str]:
    """The sets to look through, the fewest jobs together."""
    choices = list(_choices(wanted))
    sizes = server.ask(*(("ZCARD", name) for choice in choices for name in choice))
    best, least = [ORDER], None
    for choice in choices:
        size, sizes = sum(sizes[: len(choice)]), sizes[len(choice) :]
        if least is None or size < least:
            best, least = choice, size
    return best


def _choices(wanted: JobFilter) -> Iterator[list[str]]:
    yield [ORDER]
    if wanted.statuses:
        yield sorted(set(map(of_status, wanted.statuses)))
    if wanted.source is not None:
        yield [of_source(wanted.source)]
    if wanted.of is not None:
        yield from _of_runs(wanted.of)
    for condition in wanted.conditions:
        yield from _of_condition(condition)


def _of_runs(runs: Runs) -> Iterator[list[str]]:
    if runs.source is not None:
        yield [of_source(runs.source)]
    if runs.spider is not None:
        yield sorted(set(map(of_spider, runs.names())))


def _of_condition(condition: Condition) -> Iterator[list[str]]:
    if condition.negated or condition.sign != "=":
        return
    values = [str(value) for value in condition.values]
    match condition.field:
        case "status":
            yield sorted(set(map(of_status, values)))
        case "pinned":
            yield [PINNED]
        case "source":
            yield sorted(set(map(of_source, values)))
        case "spider":
            names = (name for value in values for name in Runs(spider=value).names())
            yield sorted(set(map(of_spider, names)))
