"""The tables of series, and how a series is named and numbered in them.

A series' number is a hash of its name and labels, so that writing needs no look-up and no memory of what exists:
nothing can go stale when a transaction is rolled back or another process prunes. (63 bits: among a million series
any two meet with a chance of 1 in 20 million.)

Buckets lie together by series, as charts read them; the index by time serves roll-ups and pruning, which go
through all series of a span.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    select,
)

from app.storage.base_series import Labels
from app.storage.sql.events_tables import Key
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
    Column("sketch", LargeBinary),
    Index("ix_buckets_step_ms_at_ms", "step_ms", "at_ms"),
    sqlite_with_rowid=False,
)

INSERT_BUCKETS: Final = "INSERT INTO buckets (series_id, step_ms, at_ms, sum, count, min, max, sketch) VALUES"

Values = tuple[float, int, float, float, bytes | None]
"""Sum, count, least, greatest and sketch of a bucket."""

_PREFIX_END: Final = "~"


def both(one: Values, other: Values) -> Values:
    """Two of one bucket as one; its sketch is that of the first, for whoever has no second to merge."""
    count = min(one[1] + other[1], MAX_SAFE_INTEGER)
    return (one[0] + other[0], count, min(one[2], other[2]), max(one[3], other[3]), one[4])


def encode(labels: Labels) -> str:
    """Labels as JSON pairs, `job` first: so a job's series are neighbours in the index of names and labels."""
    ordered = sorted(labels, key=lambda pair: (pair[0] != "job", pair))
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=20_000)
def decode(labels: str) -> Labels:
    """The reverse of `encode`; remembered only because it takes time to compute."""
    return tuple(sorted((name, value) for name, value in json.loads(labels)))


def series_number(name: str, labels: str) -> int:
    """The number of the series of that name and those encoded labels."""
    return int.from_bytes(blake2b(f"{name}\n{labels}".encode(), digest_size=8).digest()) >> 1


@lru_cache(maxsize=20_000)
def identity(name: str, labels: Labels) -> tuple[int, str]:
    """The number of a series and its encoded labels; remembered only because it takes time to compute."""
    encoded = encode(labels)
    return series_number(name, encoded), encoded


def find_series(connection: Connection, name: str, labels: Mapping[str, str]) -> list[Labels]:
    """The labels of every series of that name that carries all `labels`, in order."""
    query = select(series.c.labels).where(series.c.name == name)
    if "job" in labels:
        first = encode((("job", labels["job"]),))[:-1]  # without the bracket that closes the list
        query = query.where(series.c.labels >= first, series.c.labels < first + _PREFIX_END)
    found = map(decode, connection.scalars(query))
    wanted = labels.items()
    return sorted(carried for carried in found if not wanted or wanted <= dict(carried).items())
