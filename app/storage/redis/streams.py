"""Where the events that are wanted may be found: the fewest streams of cursors that hold all of them."""

from collections.abc import Sequence
from typing import Final

from app.storage.base import EventFilter
from app.storage.base_runs import Runs
from app.storage.redis.keys import KEYS, of_job, of_source, of_spider, of_type
from app.storage.redis.server import Server

_FEW: Final = 30
"""Jobs whose streams are read side by side; of more, all events are gone through."""
_LEVELLED: Final = ("error", "log")
_ALERT: Final = "system_alert"


def streams_of(server: Server, wanted: EventFilter) -> list[str] | None:
    """The streams to look into, none of them for all events; None where nothing can be found."""
    types = _types(wanted)
    if types is not None and not types:
        return None
    jobs = _jobs(server, wanted)
    if jobs is None:
        return [] if types is None else sorted(map(of_type, types))
    return [stream for key in jobs for stream in of_job(key, sorted(types or ()))] or None


def _types(wanted: EventFilter) -> set[str] | None:
    """The types that events may be of; None for any."""
    found = set(wanted.types) or None
    if wanted.min_level is not None:
        found = _both(found, set(_LEVELLED))
    if wanted.levels is not None:
        levels = wanted.levels
        told = {*levels.types, *(_LEVELLED if levels.numbers else ()), *((_ALERT,) if levels.severities else ())}
        found = _both(found, told)
    return found


def _both(some: set[str] | None, others: set[str]) -> set[str]:
    return others if some is None else some & others


def _jobs(server: Server, wanted: EventFilter) -> Sequence[int] | None:
    """The keys of the jobs that they may be of; None for any, or for too many to be looked at one by one."""
    runs = wanted.of
    names = {name for name in (wanted.job_id, runs.id if runs else None) if name is not None}
    if names:
        found = server.ask(*(("HGET", KEYS, name) for name in sorted(names)))
        return [int(found[0])] if len(found) == 1 and found[0] else []
    return _few(server, runs) if runs else None


def _few(server: Server, runs: Runs) -> Sequence[int] | None:
    if runs.spider is not None:
        sets = [of_spider(names) for names in runs.names()]
    elif runs.source is not None:
        sets = [of_source(runs.source)]
    else:
        return None
    told = server.ask(*(("ZRANGE", name, 0, _FEW) for name in sets))
    keys = sorted({int(key) for some in told for key in some})
    return keys if len(keys) <= _FEW else None
