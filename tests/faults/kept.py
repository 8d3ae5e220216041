"""What is kept of what scrapers sent: events, counters of jobs and minutes of roll-ups.

The tables themselves are read, not through the server, which is what is being judged; of another store than a database
what its reading half tells to a process of its own.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, create_engine, text

from app.core.clock import CLOCK
from app.storage.base import Event, EventFilter, JobFilter
from app.storage.sql.chunks import unpacked
from app.storage.sql.database import Database
from app.storage.stores import open_stores

MINUTE_MS: Final = 60_000

Minute = tuple[str, str, int]
"""A metric, a job and a time."""


class Row(NamedTuple):
    """A stored event."""

    cursor: int
    job_id: str
    type: str
    counted_ms: int
    id: bytes | None
    seq: int | None
    epoch: bytes | None
    data: Mapping[str, Any]


class Counters(NamedTuple):
    """What a job says of its present attempt."""

    id: str
    first_cursor: int
    items: int
    errors: int


class Kept(NamedTuple):
    """All of it: events in the order of their cursors; sums of items and errors by minute."""

    rows: list[Row]
    jobs: Sequence[Counters]
    minutes: Counter[Minute]


def kept_at(url: str) -> Kept:
    """What is kept by the database, the Redis or the MongoDB at `url`."""
    if url.startswith(("redis:", "mongodb:")):
        return _in_stores(url)
    with reading(url) as connection:
        jobs = connection.execute(text("SELECT id, first_cursor, items, errors FROM jobs")).all()
        return Kept(list(stored(connection)), [Counters(*job) for job in jobs], _minutes(connection))


@contextmanager
def reading(url: str) -> Iterator[Connection]:
    """A connection that only reads."""
    engine = create_engine(url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def stored(connection: Connection) -> Iterator[Row]:
    """Every event in the order of its cursor."""
    found = connection.execute(
        text(
            "SELECT e.cursor, coalesce(j.id, ''), e.type, CASE WHEN e.at_ms < e.received_ms THEN e.at_ms"
            " ELSE e.received_ms END, e.id, e.seq, e.epoch, e.data"
            " FROM events e LEFT JOIN jobs j ON j.key = e.job_key ORDER BY e.cursor"
        )
    )
    packed = _packed(connection)
    for cursor, job_id, kind, at_ms, id_, seq, epoch, data in found:
        body = json.loads(data or packed[cursor])
        yield Row(cursor, job_id, kind, at_ms, id_ and bytes(id_), seq, epoch and bytes(epoch), body)


def _packed(connection: Connection) -> dict[int, str]:
    """Bodies that have been packed, by cursor: those of a job that ended ten minutes ago, by its scraper's clock."""
    chunks = connection.execute(text("SELECT packed, letters, first_cursor, last_cursor FROM event_chunks"))
    return {cursor: body for chunk in chunks for cursor, body in unpacked(*chunk).items()}


def _minutes(connection: Connection) -> Counter[Minute]:
    rolled = Counter[Minute]()
    for name, labels, at_ms, total in connection.execute(
        text(
            "SELECT s.name, s.labels, b.at_ms, b.sum FROM buckets b JOIN series s ON s.id = b.series_id"
            " WHERE b.step_ms = :step AND s.name IN ('items', 'errors')"
        ),
        {"step": MINUTE_MS},
    ):
        rolled[name, dict(json.loads(labels)).get("job", ""), at_ms] += int(total)
    return rolled


def _in_stores(url: str) -> Kept:
    nowhere = Database("sqlite:///never-opened.db")
    with closing(nowhere), closing(open_stores(url, nowhere, CLOCK)) as stores:
        events, series = stores.events, stores.series
        rows: list[Row] = []
        while some := events.events_after(EventFilter(), after=rows[-1].cursor if rows else 0):
            rows += map(_row, some)
        jobs = events.jobs(JobFilter(), limit=1_000)
        minutes = Counter[Minute]()
        for name in ("items", "errors"):
            for labels, buckets in series.read(name, {}, from_ms=0, to_ms=CLOCK.now_ms(), step_ms=MINUTE_MS).items():
                for bucket in buckets:
                    minutes[name, dict(labels).get("job", ""), bucket.at_ms] += int(bucket.sum)
        return Kept(rows, [Counters(job.id, job.first_cursor, job.items, job.errors) for job in jobs], minutes)


def _row(event: Event) -> Row:
    counted_ms = min(event.at_ms, event.received_ms)
    data = json.loads(event.data)
    return Row(event.cursor, event.job_id, event.type, counted_ms, event.id, event.seq, event.epoch, data)
