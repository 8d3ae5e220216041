"""Series on SQLite and Postgres: buckets of a sum, a count, a least and a greatest value at each resolution.

A series' number is a hash of its name and labels, so that writing needs no look-up and no memory of what exists:
nothing can go stale when a transaction is rolled back or another process prunes. (63 bits: among a million series
any two meet with a chance of 1 in 20 million.)

Buckets lie together by series, as charts read them; the index by time serves roll-ups and pruning, which go
through all series of a span.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    delete,
    exists,
    select,
    text,
)

from app.storage.base_series import HOUR_MS, MINUTE_MS, RAW_MS, Bucket, Labels, Point
from app.storage.sql.database import Database
from app.storage.sql.events_tables import Key
from app.storage.sql.inserts import insert_rows
from app.storage.sql.metadata import metadata
from scrapewatch.events import MAX_SAFE_INTEGER

_PLAIN: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Compared by code points everywhere, so that a prefix is a span of the index."""

series = Table(
    "series",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("labels", _PLAIN, nullable=False),
    UniqueConstraint("name", "labels"),
)

buckets = Table(
    "buckets",
    metadata,
    Column("series_id", ForeignKey("series.id"), primary_key=True),
    Column("step_ms", Integer, primary_key=True),
    Column("at_ms", BigInteger, primary_key=True),
    Column("sum", Float, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("min", Float, nullable=False),
    Column("max", Float, nullable=False),
    Index("ix_buckets_step_ms_at_ms", "step_ms", "at_ms"),
    sqlite_with_rowid=False,
)

_NAME_SERIES: Final = ("INSERT INTO series (id, name, labels) VALUES", "ON CONFLICT DO NOTHING")
_MERGE: Final = (
    "INSERT INTO buckets (series_id, step_ms, at_ms, sum, count, min, max) VALUES",
    (
        "ON CONFLICT (series_id, step_ms, at_ms) DO UPDATE SET"
        " sum = buckets.sum + excluded.sum,"
        f" count = CASE WHEN buckets.count + excluded.count < {MAX_SAFE_INTEGER}"
        f" THEN buckets.count + excluded.count ELSE {MAX_SAFE_INTEGER} END,"
        " min = CASE WHEN excluded.min < buckets.min THEN excluded.min ELSE buckets.min END,"
        " max = CASE WHEN excluded.max > buckets.max THEN excluded.max ELSE buckets.max END"
    ),
)
# Minutes of an hour only ever gain; where an hour would shrink, its minutes have been pruned and it stands.
_ROLL_UP: Final = text(
    "INSERT INTO buckets (series_id, step_ms, at_ms, sum, count, min, max)"
    " SELECT series_id, CAST(:hours AS INTEGER), CAST(:hour AS BIGINT), sum(sum), sum(count), min(min), max(max)"
    " FROM buckets WHERE step_ms = :minutes AND at_ms >= :hour AND at_ms < :next GROUP BY series_id"
    " ON CONFLICT (series_id, step_ms, at_ms) DO UPDATE SET"
    " sum = excluded.sum, count = excluded.count, min = excluded.min, max = excluded.max"
    " WHERE excluded.count >= buckets.count"
)
_SLICE: Final = 2_500
"""Buckets that one transaction deletes, about: some 20 ms."""

_AT_ONCE: Final = 500
"""Series asked for by one query."""


def merge_points(connection: Connection, points: Iterable[Point]) -> None:
    """Merge points into their buckets of `RAW_MS` and `MINUTE_MS`, within the caller's transaction."""
    named: dict[int, tuple[str, str]] = {}
    merged: dict[tuple[int, int, int], tuple[float, int, float, float]] = {}
    for point in points:
        number, labels = _identity(point.name, point.labels)
        named[number] = (point.name, labels)
        new = (float(point.sum), point.count, float(point.min), float(point.max))
        for step_ms in (RAW_MS, MINUTE_MS):
            key = (number, step_ms, point.at_ms - point.at_ms % step_ms)
            held = merged.get(key)
            merged[key] = new if held is None else _both(held, new)
    # Sorted, so that two writers lock rows in the same order.
    insert_rows(connection, _NAME_SERIES, [(number, *names) for number, names in sorted(named.items())])
    insert_rows(connection, _MERGE, [(*key, *values) for key, values in sorted(merged.items())])


class SqlSeriesStore:
    """`SeriesStore` over one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, points: Iterable[Point]) -> None:
        """See `SeriesStore`."""
        given = list(points)
        self._database.write(lambda connection: merge_points(connection, given))

    def roll_up(self, from_ms: int, to_ms: int) -> None:
        """See `SeriesStore`; each hour is a transaction of its own."""
        for hour in range(from_ms + -from_ms % HOUR_MS, to_ms, HOUR_MS):
            span = {"hour": hour, "next": hour + HOUR_MS, "hours": HOUR_MS, "minutes": MINUTE_MS}
            self._database.write(partial(Connection.execute, statement=_ROLL_UP, parameters=span))

    def read(
        self, name: str, labels: Mapping[str, str], *, from_ms: int, to_ms: int, step_ms: int
    ) -> dict[Labels, list[Bucket]]:
        """See `SeriesStore`; buckets that begin at `from_ms` or later and before `to_ms`."""

        def work(connection: Connection) -> dict[Labels, list[Bucket]]:
            wanted = _series_of(connection, name, labels)
            found: dict[Labels, list[Bucket]] = {}
            for number, *values in _buckets_of(connection, list(wanted), (from_ms, to_ms, step_ms)):
                found.setdefault(wanted[number], []).append(Bucket(*values))
            return found

        return self._database.read(work)

    def prune(self, *, raw_before_ms: int, minutes_before_ms: int, hours_before_ms: int) -> int:
        """See `SeriesStore`; in slices, so that no other write waits long."""
        edges = ((RAW_MS, raw_before_ms), (MINUTE_MS, minutes_before_ms), (HOUR_MS, hours_before_ms))
        gone = 0
        for step_ms, before_ms in edges:
            while went := self._database.write(partial(_prune, step_ms=step_ms, before_ms=before_ms)):
                gone += went
        return gone


def encode(labels: Labels) -> str:
    """Labels as JSON pairs, `job` first: so a job's series are neighbours in the index of names and labels."""
    ordered = sorted(labels, key=lambda pair: (pair[0] != "job", pair))
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":"))


def decode(labels: str) -> Labels:
    """The reverse of `encode`."""
    return tuple(sorted((name, value) for name, value in json.loads(labels)))


def series_number(name: str, labels: str) -> int:
    """The number of the series of that name and those encoded labels."""
    return int.from_bytes(blake2b(f"{name}\n{labels}".encode(), digest_size=8).digest()) >> 1


def _both(
    one: tuple[float, int, float, float], other: tuple[float, int, float, float]
) -> tuple[float, int, float, float]:
    return (one[0] + other[0], min(one[1] + other[1], MAX_SAFE_INTEGER), min(one[2], other[2]), max(one[3], other[3]))


@lru_cache(maxsize=10_000)
def _identity(name: str, labels: Labels) -> tuple[int, str]:
    """The number of a series and its encoded labels; remembered only because it takes time to compute."""
    encoded = encode(labels)
    return series_number(name, encoded), encoded


def _series_of(connection: Connection, name: str, labels: Mapping[str, str]) -> dict[int, Labels]:
    query = select(series.c.id, series.c.labels).where(series.c.name == name)
    if "job" in labels:
        first = encode((("job", labels["job"]),))[:-1]  # without the bracket that closes the list
        query = query.where(series.c.labels >= first, series.c.labels < first + "~")
    found = ((number, decode(encoded)) for number, encoded in connection.execute(query))
    return {number: carried for number, carried in found if labels.items() <= dict(carried).items()}


def _buckets_of(
    connection: Connection, numbers: Sequence[int], span: tuple[int, int, int]
) -> Iterator[tuple[Any, ...]]:
    from_ms, to_ms, step_ms = span
    columns = (buckets.c.series_id, buckets.c.at_ms, buckets.c.sum, buckets.c["count"], buckets.c.min, buckets.c.max)
    query = (
        select(*columns)
        .where(buckets.c.step_ms == step_ms, buckets.c.at_ms >= from_ms, buckets.c.at_ms < to_ms)
        .order_by(buckets.c.series_id, buckets.c.at_ms)
    )
    for start in range(0, len(numbers), _AT_ONCE):
        yield from connection.execute(query.where(buckets.c.series_id.in_(numbers[start : start + _AT_ONCE])))


def _prune(connection: Connection, step_ms: int, before_ms: int) -> int:
    """Delete the oldest buckets of one resolution, about a slice of them, and series that have none left."""
    old = select(buckets.c.at_ms).where(buckets.c.step_ms == step_ms, buckets.c.at_ms < before_ms)
    times = connection.scalars(old.order_by(buckets.c.at_ms).limit(_SLICE)).all()
    if not times:
        return 0
    # Buckets of one time go together; where a time has more than a slice, they are all it deletes.
    edge = times[-1] if len(times) == _SLICE and times[0] < times[-1] else times[-1] + 1
    gone = (buckets.c.step_ms == step_ms) & (buckets.c.at_ms < edge)
    touched = connection.scalars(select(buckets.c.series_id).where(gone).distinct()).all()
    went = connection.execute(delete(buckets).where(gone)).rowcount
    for start in range(0, len(touched), _AT_ONCE):
        empty = ~exists(select(buckets.c.series_id).where(buckets.c.series_id == series.c.id))
        connection.execute(delete(series).where(series.c.id.in_(touched[start : start + _AT_ONCE]), empty))
    return went
