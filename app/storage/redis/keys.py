"""What lies under which key. All begin with the installation's prefix.

``head`` (hash): `turn`, a mark that changes with each transaction; `cursor` and `job`, the last numbers given;
`removed`, up to where events may be missing; `grouped`, how far the groups of errors are; `pruned` and `pruned_logs`,
how far those that delete are, and ``passed`` (sorted set) the jobs of which they left something.

``events`` (stream): each event under its cursor. ``type:<type>`` and ``job:<key>:<type>`` (streams) hold their cursors
alone, ``ids:<key>`` (hash) the digests of a job's events by their ids; those without a job are of minus their sender.

``jobs`` (hash): each job by its key; ``keys`` (hash): the key by its id. ``order``, ``status:<status>``,
``source:<source>``, ``spider:<spider>`` and ``pinned`` (sorted sets): keys. ``statuses`` (set): those that ever
occurred. ``deleted`` (set): keys of deleted jobs whose events are still to go.

``tallies`` (hash), ``seqs:<sender>:<epoch>`` (sorted set of keys by `seq`).

``groups:<key>`` (hash): a job's error groups by fingerprint. ``aged`` (sorted set): `<key> <fingerprint>` by when they
were last seen. ``seen:<fingerprint>`` (sorted set): jobs with such a group. ``mutes:<spider>`` (hash): who said that
those of a fingerprint are no news. The keys of series are told of in `buckets` and `points`.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from app.storage.base import Job
from app.storage.base_runs import Spider
from scrapewatch.events import EVENTS

HEAD: Final = "head"
STREAM: Final = "events"
JOBS: Final = "jobs"
KEYS: Final = "keys"
ORDER: Final = "order"
STATUSES: Final = "statuses"
DELETED: Final = "deleted"
TALLIES: Final = "tallies"
AGED: Final = "aged"
PINNED: Final = "pinned"
PASSED: Final = "passed"


def of_type(type_: str) -> str:
    """The cursors of all events of a type."""
    return f"type:{type_}"


def of_job(key: int, types: Iterable[str] = ()) -> list[str]:
    """The cursors of a job's events of these types, a stream each; of all, if none is given."""
    return [f"job:{key}:{type_}" for type_ in types or EVENTS]


def ids(key: int) -> str:
    """The digests of a job's events by their ids."""
    return f"ids:{key}"


def seqs(sender_id: int, epoch: bytes) -> str:
    """The greatest `seq` of a sending process, by the keys of its jobs."""
    return f"seqs:{sender_id}:{epoch.hex()}"


def of_status(status: str) -> str:
    """The jobs of a status."""
    return f"status:{status}"


def of_source(source: str) -> str:
    """The jobs of a source."""
    return f"source:{source}"


def of_spider(spider: Spider) -> str:
    """The jobs of a spider."""
    return "spider:" + msgspec.json.encode([part or "" for part in spider]).decode()


def groups_of(key: int) -> str:
    """The error groups of a job."""
    return f"groups:{key}"


def seen(fingerprint: str) -> str:
    """The jobs that have an error group of a fingerprint."""
    return f"seen:{fingerprint}"


def mutes_of(spider: Spider) -> str:
    """What is muted of a spider."""
    return "mutes:" + of_spider(spider)


def sets_of(job: Job) -> Iterator[str]:
    """The sorted sets that a job is in."""
    yield ORDER
    yield of_status(job.status)
    yield of_spider((job.source, job.query))
    if job.source is not None:
        yield of_source(job.source)
    if job.pinned:
        yield PINNED
