"""The tables of series.

Buckets lie together by series, as charts read them; the index by time serves roll-ups and pruning, which go
through all series of a span.
"""

from collections.abc import Mapping
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
    Select,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
    text,
)

from app.storage.base_series import HOUR_MS, Dated, Labels
from app.storage.labels import decode, decoded, encode
from app.storage.sql.events_tables import Key
from app.storage.sql.metadata import metadata

_PLAIN: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Compared by code points everywhere, so that a prefix is a span of the index."""

series = Table(
    "series",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("labels", _PLAIN, nullable=False),
    Column("last_ms", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("name", "labels"),
    Index("ix_series_name_last_ms", "name", "last_ms"),
)
"""`last_ms` is the beginning of the hour that the newest bucket lies in, so that it is written once an hour."""

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

NAMES: Final = text(
    "WITH RECURSIVE found(name) AS (SELECT min(name) FROM series UNION ALL"
    " SELECT (SELECT min(s.name) FROM series s WHERE s.name > found.name) FROM found WHERE found.name IS NOT NULL)"
    " SELECT name FROM found WHERE name IS NOT NULL"
)
"""The names that series have, from one to the next by the index: a distinct would go through all series."""

_PREFIX_END: Final = "~"


def find_series(connection: Connection, name: str, labels: Mapping[str, str], since_ms: int) -> list[Labels]:
    """See `SeriesStore.find`."""
    query = _carrying(connection, name, labels)
    if since_ms:
        query = query.where(series.c.last_ms > since_ms - HOUR_MS)
    found = map(decode, connection.scalars(query))
    wanted = labels.items()
    return sorted(carried for carried in found if not wanted or wanted <= dict(carried).items())


def has_series(connection: Connection, name: str, labels: Mapping[str, str]) -> bool:
    """See `SeriesStore.has`."""
    return connection.scalar(_carrying(connection, name, labels).limit(1)) is not None


def newest_series(connection: Connection, name: str, limit: int, since_ms: int, before_ms: int | None) -> list[Dated]:
    """See `SeriesStore.newest`; by the index."""
    query = select(series.c.labels, series.c.last_ms).where(series.c.name == name, series.c.last_ms >= since_ms)
    if before_ms is not None:
        query = query.where(series.c.last_ms < before_ms)
    found = connection.execute(query.order_by(series.c.last_ms.desc()).limit(limit))
    return [(decoded(labels), last_ms) for labels, last_ms in found]


def _carrying(connection: Connection, name: str, labels: Mapping[str, str]) -> Select[tuple[str]]:
    """The encoded labels of the series of that name in which all `labels` occur, as they are encoded."""
    query = select(series.c.labels).where(series.c.name == name)
    place = func.strpos if connection.dialect.name == "postgresql" else func.instr
    for pair in labels.items():
        text = encode((pair,))[:-1]  # without the bracket that closes the list
        if pair[0] == "job":
            query = query.where(series.c.labels >= text, series.c.labels < text + _PREFIX_END)
        else:
            query = query.where(place(series.c.labels, text[1:]) > 0)
    return query
