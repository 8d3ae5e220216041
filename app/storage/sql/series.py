"""Series on SQLite and Postgres: buckets of a sum, a count, a least and a greatest value at each resolution.

What a chart shows is added up by the database, so that a month of many series comes out as a few hundred rows.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, TextClause, delete, exists, func, select, text

from app.storage.base_series import (
    HOUR_MS,
    MINUTE_MS,
    QUARTER_DAY_MS,
    QUARTER_HOUR_MS,
    RAW_MS,
    STEPS_MS,
    Bucket,
    Labels,
    Point,
    Stretch,
    oldest_of,
)
from app.storage.sql.database import Database
from app.storage.sql.series_points import merge_points
from app.storage.sql.series_rollup import roll_up
from app.storage.sql.series_tables import buckets, find_series, identity, series
from scrapewatch.events import MAX_SAFE_INTEGER

_WANTED: Final = {
    "sqlite": "(SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS place"
    " FROM json_each(:wanted)) AS w CROSS JOIN",
    "postgresql": "(SELECT (value ->> 0)::bigint AS id, (value ->> 1)::integer AS place"
    " FROM jsonb_array_elements(CAST(:wanted AS jsonb))) AS w JOIN",
}
"""The series asked for, as a table: their numbers, and their places. SQLite keeps the order of a cross join."""

_OF_THESE: Final = {"sqlite": "WHERE b.series_id = w.id AND", "postgresql": "ON b.series_id = w.id WHERE"}
_WITHIN: Final = "b.step_ms = :stored AND b.at_ms >= :begin AND b.at_ms < :end"

_RETIRED_MS: Final = 10_000
"""A resolution that earlier versions wrote; nobody reads it, and it goes with the raw ones."""

_SLICE: Final = 2_500
"""Buckets that one transaction deletes, about: some 20 ms."""

_AT_ONCE: Final = 500


class SqlSeriesStore:
    """`SeriesStore` over one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        dialect = "sqlite" if database.is_sqlite else "postgresql"
        self._combined, self._single, self._alive = _statements(_WANTED[dialect], _OF_THESE[dialect])

    def record(self, points: Iterable[Point]) -> None:
        """See `SeriesStore`."""
        given = list(points)
        self._database.write(lambda connection: merge_points(connection, given))

    def roll_up(self, from_ms: int, to_ms: int) -> None:
        """See `SeriesStore`; what is to be written is written in small transactions."""
        roll_up(self._database, from_ms, to_ms)

    def find(self, name: str, labels: Mapping[str, str]) -> list[Labels]:
        """See `SeriesStore`."""
        return self._database.read(lambda connection: find_series(connection, name, labels))

    def names(self) -> list[str]:
        """See `SeriesStore`."""
        query = select(series.c.name).distinct()
        return self._database.read(lambda connection: sorted(connection.scalars(query)))

    def since(self) -> int | None:
        """See `SeriesStore`."""
        oldest = [select(func.min(buckets.c.at_ms)).where(buckets.c.step_ms == step_ms) for step_ms in STEPS_MS]
        return oldest_of(self._database.read(lambda connection: [connection.scalar(query) for query in oldest]))

    def alive(self, name: str, series: Sequence[Labels], within: Stretch) -> list[Labels]:
        """See `SeriesStore`."""
        places = {labels: place for place, labels in enumerate(series)}
        found = self._database.read(partial(_rows, statement=self._alive, asked=_asked(name, places, within)))
        return [series[place] for (place,) in sorted(found)]

    def combine(
        self, name: str, groups: Mapping[Labels, int], within: Sequence[Stretch], *, step_ms: int
    ) -> list[tuple[int, Bucket]]:
        """See `SeriesStore`; one query a stretch."""
        found = []
        for stretch in within:
            asked = _asked(name, groups, stretch) | {"step": step_ms}
            for place, at_ms, total, count, least, most in self._database.read(
                partial(_rows, statement=self._combined, asked=asked)
            ):
                found.append((place, Bucket(at_ms, total, min(int(count), MAX_SAFE_INTEGER), least, most)))
        return found

    def sketched(self, name: str, groups: Mapping[Labels, int], within: Sequence[Stretch]) -> list[tuple[int, Bucket]]:
        """See `SeriesStore`."""
        found = []
        for stretch in within:
            asked = _asked(name, groups, stretch)
            rows = self._database.read(partial(_rows, statement=self._single, asked=asked))
            found += [(place, Bucket(*values)) for place, *values in rows]
        return found

    def read(
        self, name: str, labels: Mapping[str, str], *, from_ms: int, to_ms: int, step_ms: int
    ) -> dict[Labels, list[Bucket]]:
        """See `SeriesStore`; buckets that begin at `from_ms` or later and before `to_ms`."""
        wanted = self.find(name, labels)
        places = {carried: place for place, carried in enumerate(wanted)}
        found: dict[Labels, list[Bucket]] = {}
        for place, bucket in self.combine(name, places, [Stretch(step_ms, from_ms, to_ms)], step_ms=step_ms):
            found.setdefault(wanted[place], []).append(bucket)
        return {carried: sorted(some, key=lambda bucket: bucket.at_ms) for carried, some in found.items()}

    def prune(self, *, raw_before_ms: int, minutes_before_ms: int, hours_before_ms: int) -> int:
        """See `SeriesStore`; in slices, so that no other write waits long."""
        edges = {
            _RETIRED_MS: raw_before_ms,
            RAW_MS: raw_before_ms,
            MINUTE_MS: minutes_before_ms,
            QUARTER_HOUR_MS: minutes_before_ms,
            HOUR_MS: hours_before_ms,
            QUARTER_DAY_MS: hours_before_ms,
        }
        gone = 0
        for step_ms, before_ms in edges.items():
            while went := self._database.write(partial(_prune, step_ms=step_ms, before_ms=before_ms)):
                gone += went
        return gone


def _statements(wanted: str, of_these: str) -> tuple[TextClause, TextClause, TextClause]:
    """Buckets combined, buckets one by one, and which series have any."""
    at_ms = "b.at_ms - b.at_ms % :step"
    # Counts as floats: the sum of many that are saturated would overflow an integer.
    figures = "sum(b.sum), sum(CAST(b.count AS DOUBLE PRECISION)), min(b.min), max(b.max)"
    source = f"FROM {wanted} buckets b {of_these} {_WITHIN}"
    combined = f"SELECT w.place, {at_ms}, {figures} {source} GROUP BY 1, 2"
    single = f"SELECT w.place, b.at_ms, b.sum, b.count, b.min, b.max, b.sketch {source}"
    table = wanted.rsplit(" ", 1)[0].removesuffix(" CROSS")
    alive = f"SELECT w.place FROM {table} WHERE EXISTS (SELECT 1 FROM buckets b WHERE b.series_id = w.id AND {_WITHIN})"  # noqa: S608
    return text(combined), text(single), text(alive)


def _asked(name: str, groups: Mapping[Labels, int], within: Stretch) -> dict[str, Any]:
    pairs = [(identity(name, labels)[0], place) for labels, place in groups.items()]
    wanted = json.dumps(pairs, separators=(",", ":"))
    return {"wanted": wanted, "stored": within.step_ms, "begin": within.from_ms, "end": within.to_ms}


def _rows(connection: Connection, statement: TextClause, asked: Mapping[str, Any]) -> Sequence[Any]:
    return connection.execute(statement, asked).all()


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
